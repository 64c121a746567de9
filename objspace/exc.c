/* exc.c: exception objects: the types of exc.def, BaseException's behaviour, and the layouts with one field or none.
 * Locks: none; an exception is a versioned object. */
#include "objspace/exc_int.h"
#include "objspace/dict.h"
#include "objspace/list.h"

/* ---- types ---- */
enum { N_base = 0, N_exit = 1, N_group = 2, N_stop = 1, N_attribute = 2, N_import = 3, N_name = 1, N_os = 6, N_syntax = 8, N_unicode = 5 };
enum {
#define EXC(name, base, layout) AT_##name,
#include "objspace/exc.def"
#undef EXC
};
#define BODY(layout) (offsetof(ob_exc_body, extra) + N_##layout * sizeof(ob_val))

static size_t exc_size(const tx_handle *h) { return ((const ob_type *)h->cls)->size; }
static size_t fields(const tx_handle *h) { return (exc_size(h) - offsetof(ob_exc_body, extra)) / sizeof(ob_val); }

static void exc_visit(const tx_handle *h, const void *body, void (*visit)(void *arg, uint64_t word), void *arg) {
    const ob_exc_body *b = body;
    const ob_val own[] = {b->args, b->traceback, b->cause, b->context, b->dict};
    for (size_t i = 0; i < BASE_LENGTH(own); i++)
        if (ob_is_ptr(own[i]) && own[i].w) visit(arg, own[i].w);
    for (size_t i = 0; i < fields(h); i++)
        if (ob_is_ptr(b->extra[i]) && b->extra[i].w) visit(arg, b->extra[i].w);
}
static void exc_trace_body(ob_obj *o, const void *body, ob_tracer *t) {
    const ob_exc_body *b = body;
    ob_trace_vals(t, &b->args, 5);
    ob_trace_vals(t, b->extra, fields((const tx_handle *)o));
}
static const tx_kind exc_kind = {.name = "exception", .body_size = exc_size, .trace = exc_visit};

static ob_val exc_dict(ob_val self, bool create) {
    ob_val d = ob__exc_body(self)->dict;
    if (!ob_is_null(d) || !create) return d;
    d = ob_dict_new();
    ob_exc_body *b = ob_is_null(d) ? NULL : ob_write(self);
    if (!b) return OB_NULL;
    b->dict = d;
    return d;
}

#define ob_exc_object ob_object_type
#define EXC(name_, base_, layout) \
    ob_type ob_exc_##name_ = { \
        OB_TYPE_HEAD(&ob_type_type, &exc_kind), \
        .name = AT_##name_ >= AT_TransactionError ? "apodora." #name_ : #name_, .base = &ob_exc_##base_, .size = BODY(layout), \
        .flags = OB_TF_BASE | OB_TF_EXC, .trace_body = exc_trace_body, .own_dict = exc_dict, .has_dict = true, .has_weakref = true, \
        .slots = {.make = ob__exc_make}, \
    };
#include "objspace/exc.def"
#undef EXC

/* ---- making ---- */
ob_val ob__exc_alloc(ob_type *t, ob_val args) {
    tx_handle *h = ob_is_null(args) ? NULL : ob_alloc_mut(t, t->size);
    if (!h) return OB_NULL;
    ((ob_exc_body *)tx_inline_body(h))->args = args;
    return ob_of(h);
}

ob_val ob__exc_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    (void)kw;
    return ob__exc_alloc(type, ob_tuple_from(a, n));
}

bool ob__exc_set_args(ob_val self, const ob_val *a, size_t n) {
    ob_val t = ob__exc_body(self)->args;
    bool same = !ob_is_null(t) && ob_tuple_len(t) == n;
    for (size_t i = 0; same && i < n; i++) same = ob_same(ob_tuple_at(t, i), a[i]);
    if (same) return true;
    t = ob_tuple_from(a, n);
    ob_exc_body *b = ob_is_null(t) ? NULL : ob_write(self);
    if (b) b->args = t;
    return b != NULL;
}

bool ob__exc_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_is_null(kw) && ob_tuple_len(kw)) return ob_fail(ob_raise(&ob_exc_TypeError, "%T() takes no keyword arguments", self));
    return ob__exc_set_args(self, a, n);
}

ob_val ob_exc_new(ob_type *t, const ob_val *a, size_t n) {
    if (t->flags & OB_TF_HEAP || !t->slots.make || !t->slots.init) return ob_call(ob_type_val(t), a, n);
    ob_val e = t->slots.make(t, a, n, OB_NULL);
    return ob_is_null(e) || !ob_type_of(e)->slots.init(e, a, n, OB_NULL) ? OB_NULL : e;
}

bool ob__exc_set_extra(ob_val e, int i, ob_val v) {
    ob_exc_body *b = ob_write(e);
    if (b) b->extra[i] = v;
    return b != NULL;
}

bool ob__exc_keywords(const char *what, const ob_val *a, size_t n, ob_val kw, const char *const *allowed, size_t n_allowed, ob_val *out) {
    size_t k = ob_is_null(kw) ? 0 : ob_tuple_len(kw);
    if (k > n_allowed) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes at most %zu keyword argument%s (%zu given)", what, n_allowed, n_allowed == 1 ? "" : "s", k));
    for (size_t i = 0; i < k; i++) {
        size_t j = 0;
        while (j < n_allowed && !ob_str_equal_c(ob_tuple_at(kw, i), allowed[j])) j++;
        if (j == n_allowed) return ob_fail(ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for %s()", ob_tuple_at(kw, i), what));
        out[j] = a[n + i];
    }
    return true;
}

/* ---- BaseException ---- */
ob_val ob__exc_str(ob_val self) {
    ob_val args = ob__exc_body(self)->args;
    if (ob_tuple_len(args) == 0) return OB_NAME(empty);
    return ob_str(ob_tuple_len(args) == 1 ? ob_tuple_at(args, 0) : args);
}
static ob_val exc_repr(ob_val self) {
    ob_val args = ob__exc_body(self)->args, name = ob_type_name_val(ob_type_of(self));
    if (ob_is_null(name)) return name;
    if (ob_tuple_len(args) == 1) return ob_str_format_c("%S(%R)", name, ob_tuple_at(args, 0));
    return ob_str_format_c("%S%R", name, args);
}

static ob_val exc_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const ob_exc_body *b = ob__exc_body(self);
    ob_val cls = ob_type_val(ob_type_of(self));
    return ob_is_null(b->dict) ? ob_tuple_of2(cls, b->args) : ob_tuple_of3(cls, b->args, b->dict);
}
static ob_val exc_setstate(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    if (ob_is_none(a[0])) return OB_NONE;
    if (!ob_is_dict(a[0])) return ob_raise(&ob_exc_TypeError, "state is not a dictionary");
    ob_val key, v;
    for (size_t pos = 0; ob_dict_next(a[0], &pos, &key, &v);)
        if (!ob_setattr(self, key, v)) return OB_NULL;
    return OB_NONE;
}

static bool set_traceback(ob_val self, ob_val tb) {
    if (ob_is_null(tb)) return ob_fail(ob_raise(&ob_exc_TypeError, "__traceback__ may not be deleted"));
    if (!ob_is_none(tb) && !ob_is_exact(tb, &ob_traceback_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "__traceback__ must be a traceback or None"));
    return ob_exc_set_traceback(self, ob_is_none(tb) ? OB_NULL : tb);
}
static ob_val exc_with_traceback(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    return set_traceback(self, a[0]) ? self : OB_NULL;
}
static ob_val exc_add_note(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    if (!ob_is_str(a[0])) return ob_raise(&ob_exc_TypeError, "note must be a str, not '%T'", a[0]);
    ob_val name = ob_str_intern_c("__notes__"), notes = ob_is_null(name) ? name : ob_getattr_opt(self, name);
    if (ob_failed()) return OB_NULL;
    if (ob_is_null(notes)) {
        notes = ob_list_new(1);
        if (ob_is_null(notes) || !ob_setattr(self, name, notes)) return OB_NULL;
    }
    if (!ob_is_list(notes)) return ob_raise(&ob_exc_TypeError, "Cannot add note: __notes__ is not a list");
    return ob_list_append(notes, a[0]) ? OB_NONE : OB_NULL;
}

static ob_val get_args(ob_val self) { return ob__exc_body(self)->args; }
static bool set_args(ob_val self, ob_val v) {
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "args may not be deleted"));
    ob_val t = ob_tuple_of_iterable(v);
    ob_exc_body *b = ob_is_null(t) ? NULL : ob_write(self);
    if (b) b->args = t;
    return b != NULL;
}
ob_val ob_exc_get_traceback(ob_val e) { return ob__exc_body(e)->traceback; }
bool ob_exc_set_traceback(ob_val e, ob_val tb) {
    ob_exc_body *b = ob_write(e);
    if (b) b->traceback = tb;
    return b != NULL;
}
static ob_val get_traceback(ob_val e) { return ob__or_none(ob__exc_body(e)->traceback); }
static ob_val get_context(ob_val e) { return ob__or_none(ob__exc_body(e)->context); }
static ob_val get_cause(ob_val e) { return ob__or_none(ob__exc_body(e)->cause); }
static ob_val get_suppress(ob_val e) { return ob_bool(ob__exc_body(e)->suppress_context); }
static ob_val get_exc_dict(ob_val e) { return exc_dict(e, true); }

static bool check_chain(ob_val *v, const char *what) {
    if (ob_is_null(*v)) return ob_fail(ob_raise(&ob_exc_TypeError, "__%s__ may not be deleted", what));
    if (ob_is_none(*v)) *v = OB_NULL;
    else if (!ob_is_exception(*v)) return ob_fail(ob_raise(&ob_exc_TypeError, "exception %s must be None or derive from BaseException", what));
    return true;
}
static bool set_context(ob_val e, ob_val v) {
    if (!check_chain(&v, "context")) return false;
    ob_exc_body *b = ob_write(e);
    if (b) b->context = v;
    return b != NULL;
}
bool ob_exc_set_cause(ob_val e, ob_val v) {
    ob_exc_body *b = ob_write(e);
    if (!b) return false;
    b->cause = v;
    b->suppress_context = true;
    return true;
}
static bool set_cause(ob_val e, ob_val v) { return check_chain(&v, "cause") && ob_exc_set_cause(e, v); }
static bool set_suppress(ob_val e, ob_val v) {
    if (ob_is_null(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "can't delete numeric/char attribute"));
    if (!ob_is_exact(v, ob_type_of(OB_TRUE))) return ob_fail(ob_raise(&ob_exc_TypeError, "attribute value type must be bool"));
    ob_exc_body *b = ob_write(e);
    if (b) b->suppress_context = ob_same(v, OB_TRUE);
    return b != NULL;
}
static bool set_exc_dict(ob_val e, ob_val d) {
    if (ob_is_null(d) || !ob_is_dict(d)) return ob_fail(ob_raise(&ob_exc_TypeError, "__dict__ must be set to a dictionary, not a '%T'", ob__or_none(d)));
    ob_exc_body *b = ob_write(e);
    if (b) b->dict = d;
    return b != NULL;
}

static const ob_def base_methods[] = {
    {"__reduce__", exc_reduce, "", NULL, 0}, {"__setstate__", exc_setstate, "state, /", NULL, 0},
    {"with_traceback", exc_with_traceback, "tb, /", "Exception.with_traceback(tb) --\n    set self.__traceback__ to tb and return self.", 0},
    {"add_note", exc_add_note, "note, /", "Exception.add_note(note) --\n    add a note to the exception", 0}, {0}};
static const ob_getset base_getsets[] = {
    {"args", get_args, set_args, NULL}, {"__traceback__", get_traceback, set_traceback, NULL}, {"__context__", get_context, set_context, NULL},
    {"__cause__", get_cause, set_cause, NULL}, {"__suppress_context__", get_suppress, set_suppress, NULL}, {"__dict__", get_exc_dict, set_exc_dict, NULL}, {0}};

/* ---- StopIteration, SystemExit, KeyError ---- */
OB_EXC_FIELD(field0, 0)

static bool stop_init(ob_val self, const ob_val *a, size_t n, ob_val kw) { return ob__exc_init(self, a, n, kw) && ob__exc_set_extra(self, 0, n ? a[0] : OB_NONE); }
ob_val ob_exc_stop_value(ob_val e) { return ob__or_none(ob__exc_extra(e, 0)); }
static const ob_getset stop_getsets[] = {{"value", get_field0, set_field0, "generator return value"}, {0}};

static bool exit_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    if (!ob__exc_init(self, a, n, kw)) return false;
    return ob__exc_set_extra(self, 0, n == 0 ? OB_NONE : n == 1 ? a[0] : ob__exc_body(self)->args);
}
static const ob_getset exit_getsets[] = {{"code", get_field0, set_field0, "exception code"}, {0}};

static ob_val key_str(ob_val self) {
    ob_val args = ob__exc_body(self)->args;
    return ob_tuple_len(args) == 1 ? ob_repr(ob_tuple_at(args, 0)) : ob__exc_str(self);
}

/* ---- start-up ---- */
static const ob__exc_part stop = {&ob_exc_StopIteration, NULL, stop_init, NULL, NULL, stop_getsets}, leave = {&ob_exc_SystemExit, NULL, exit_init, NULL, NULL, exit_getsets},
    key = {&ob_exc_KeyError, NULL, NULL, key_str, NULL, NULL};

bool ob_exc_early_init(void);
bool ob_exc_early_init(void) {
    static const ob__exc_part *const parts[] = {&stop, &leave, &key, &ob__exc_os, &ob__exc_syntax, &ob__exc_encode, &ob__exc_decode, &ob__exc_translate, &ob__exc_group,
                                                &ob__exc_name, &ob__exc_attribute, &ob__exc_import};
    ob_type *base = &ob_exc_BaseException;
    base->slots.init = ob__exc_init;
    base->slots.str = ob__exc_str;
    base->slots.repr = exc_repr;
    base->methods = base_methods;
    base->getsets = base_getsets;
    for (size_t i = 0; i < BASE_LENGTH(parts); i++) {
        ob_type *t = parts[i]->type;
        if (parts[i]->make) t->slots.make = parts[i]->make;
        t->slots.init = parts[i]->init;
        t->slots.str = parts[i]->str;
        t->methods = parts[i]->methods;
        t->getsets = parts[i]->getsets;
    }
#define EXC(name_, base_, layout) \
    if (ob_exc_##name_.base != &ob_object_type && ob_exc_##name_.slots.make == ob__exc_make) ob_exc_##name_.slots.make = ob_exc_##name_.base->slots.make;
#include "objspace/exc.def"
#undef EXC
    ob_exc_ExceptionGroup.bases = ob_tuple_of2(ob_type_val(&ob_exc_BaseExceptionGroup), ob_type_val(&ob_exc_Exception));
    return !ob_is_null(ob_exc_ExceptionGroup.bases);
}

/* MemoryError must not need memory: one for all threads. */
static ob_val no_memory;
bool ob_exc_init(void);
bool ob_exc_init(void) {
    no_memory = ob__exc_alloc(&ob_exc_MemoryError, ob_empty_tuple);
    return !ob_is_null(no_memory) && ob_gc_add_static(&no_memory);
}

ob_val ob_raise_memory(void) {
    if (ob_err.cond > OB_COND_EXCEPTION) return OB_NULL;
    ob_err = (ob_pending){OB_COND_EXCEPTION, no_memory};
    if (ob_is_null(no_memory)) ob_err.cond = OB_COND_EXIT;      /* before the types are there: nothing can run */
    return OB_NULL;
}

ob_val ob_raise_from(ob_type *t, ob_val cause, ob_val text) {
    if (ob_is_null(text)) return text;
    ob_val e = ob_exc_new(t, &text, 1);
    if (ob_is_null(e) || !ob_exc_set_cause(e, cause) || !ob_exc_set_context(e, cause)) return OB_NULL;
    ob_err_restore(e);
    return OB_NULL;
}
