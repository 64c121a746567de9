/* structseq.c: struct sequences: tuples with named fields, some of which are attributes only (os.stat_result, time.struct_time …).
 * Locks: none. The types live for ever; an instance's aux word is the number of all its fields. */
#include "objspace/contain.h"
#include "objspace/dict.h"
#include "objspace/tuple.h"
#include "base/mem.h"

typedef struct seq_type {
    ob_type t;
    const char *const *fields;               /* ended by NULL; "" marks an unnamed one */
    size_t visible, total, named;
    const char *names[];                     /* the named ones, in order */
} seq_type;

static seq_type *seq_type_of(ob_val v) { return (seq_type *)(void *)ob_type_of(v); }

/* ---- one getter a position ---- */
#define POSITIONS(P) P(0) P(1) P(2) P(3) P(4) P(5) P(6) P(7) P(8) P(9) P(10) P(11) P(12) P(13) P(14) P(15) P(16) P(17) P(18) P(19) \
    P(20) P(21) P(22) P(23) P(24) P(25) P(26) P(27) P(28) P(29)
#define P(i) static ob_val get_##i(ob_val self) { return ob_tuple_ptr(self)->items[i]; }
POSITIONS(P)
#undef P
#define P(i) get_##i,
static ob_val (*const getters[])(ob_val) = {POSITIONS(P)};
#undef P

static void seq_trace(ob_obj *o, ob_tracer *t) { ob_trace_vals(t, ((ob_tuple_obj *)o)->items, o->aux); }

static ob_val seq_alloc(seq_type *s) {
    ob_tuple_obj *o = ob_alloc(&s->t, sizeof *o + s->total * sizeof(ob_val));
    if (!o) return OB_NULL;
    o->o.aux = (uint32_t)s->total;
    o->n = s->visible;
    for (size_t i = 0; i < s->total; i++) o->items[i] = OB_NONE;
    return ob_of(o);
}

ob_val ob_structseq_new(ob_type *t, const ob_val *all_fields) {
    seq_type *s = (seq_type *)(void *)t;
    ob_val v = seq_alloc(s);
    if (!ob_is_null(v)) memcpy(ob_tuple_ptr(v)->items, all_fields, s->total * sizeof(ob_val));
    return v;
}

static bool check_count(const seq_type *s, size_t n) {
    if (n >= s->visible && n <= s->total) return true;
    bool exact = s->visible == s->total;
    bool few = n < s->visible;
    ob_raise(&ob_exc_TypeError, "%.500s() takes %s %zu-sequence (%zu-sequence given)", s->t.name, exact ? "a" : few ? "an at least" : "an at most",
             few ? s->visible : s->total, n);
    return false;
}

static ob_val seq_from(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)n, (void)kw;
    seq_type *s = (seq_type *)(void *)ob_type_ptr(self);
    ob_val dict = a[1];
    if (!ob_is_null(dict) && !ob_is_dict(dict))
        return ob_raise(&ob_exc_TypeError, "%.500s() takes a dict as second arg, if any", s->t.name);
    if (!ob_type_of(a[0])->slots.iter && !ob_type_of(a[0])->slots.getitem) return ob_raise(&ob_exc_TypeError, "constructor requires a sequence");
    ob_val t = ob_tuple_of_iterable(a[0]);
    if (ob_is_null(t) || !check_count(s, ob_tuple_len(t))) return OB_NULL;
    ob_val v = seq_alloc(s);
    if (ob_is_null(v)) return v;
    size_t given = ob_tuple_len(t);
    for (size_t i = 0; i < given; i++) ob_tuple_ptr(v)->items[i] = ob_tuple_at(t, i);
    if (!ob_is_null(dict))
        for (size_t i = given; i < s->total; i++) {
            ob_val x = ob_dict_get_c(dict, s->fields[i]);
            if (ob_failed()) return OB_NULL;
            if (!ob_is_null(x)) ob_tuple_ptr(v)->items[i] = x;
        }
    return v;
}

static ob_val seq_make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"structseq", seq_from, "sequence, dict=None", NULL, 0};
    return ob_def_call(&def, ob_type_val(type), a, n, kw);
}

static ob_val seq_repr(ob_val self) {
    const seq_type *s = seq_type_of(self);
    ob_strbuf b;
    ob_strbuf_init(&b);
    if (!ob_strbuf_c(&b, s->t.name) || !ob_strbuf_char(&b, '(')) return OB_NULL;
    for (size_t i = 0; i < s->visible; i++) {
        ob_val r = ob_repr(ob_tuple_at(self, i));
        if (ob_is_null(r)) return r;
        if (i && !ob_strbuf_ascii(&b, ", ", 2)) return OB_NULL;
        if (i < s->named && (!ob_strbuf_c(&b, s->names[i]) || !ob_strbuf_char(&b, '='))) return OB_NULL;
        if (!ob_strbuf_str(&b, r)) return OB_NULL;
    }
    return ob_strbuf_char(&b, ')') ? ob_strbuf_finish(&b) : OB_NULL;
}

static ob_val seq_reduce(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    const seq_type *s = seq_type_of(self);
    ob_val t = ob_tuple_from(ob_tuple_ptr(self)->items, s->visible), d = ob_dict_new();
    if (ob_is_null(t) || ob_is_null(d)) return OB_NULL;
    for (size_t i = s->visible; i < s->total; i++)
        if (!ob_dict_set_c(d, s->fields[i], ob_tuple_ptr(self)->items[i])) return OB_NULL;
    ob_val args = ob_tuple_of2(t, d);
    return ob_is_null(args) ? args : ob_tuple_of2(ob_type_val(&s->t), args);
}

static const ob_def seq_methods[] = {{"__reduce__", seq_reduce, "", NULL, 0}, {0}};

static bool fill_dict(seq_type *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->visible; i++) n += *s->fields[i] != 0;
    ob_val d = s->t.dict, names = ob_tuple_alloc(n);
    if (ob_is_null(names)) return false;
    for (size_t i = 0, k = 0; i < s->visible; i++)
        if (*s->fields[i]) {
            ob_val name = ob_str_intern_c(s->fields[i]);
            if (ob_is_null(name)) return false;
            ob_tuple_ptr(names)->items[k++] = name;
        }
    return ob_dict_set_c(d, "__match_args__", names) && ob_dict_set_c(d, "n_fields", ob_from_small((int64_t)s->total)) &&
           ob_dict_set_c(d, "n_sequence_fields", ob_from_small((int64_t)s->visible)) &&
           ob_dict_set_c(d, "n_unnamed_fields", ob_from_small((int64_t)(s->total - s->named)));
}

ob_type *ob_structseq_type_new(const char *dotted_name, const char *const *fields, size_t visible) {
    size_t total = 0, named = 0;
    while (fields[total]) named += *fields[total++] != 0;
    if (total > BASE_LENGTH(getters)) return ob_fail_ptr(ob_raise(&ob_exc_SystemError, "too many fields in %s", dotted_name));
    seq_type *s = base_mem_zeroed(sizeof *s + named * sizeof *s->names);
    ob_getset *g = base_mem_zeroed((named + 1) * sizeof *g);
    if (!s || !g) {
        base_mem_free(s);
        base_mem_free(g);
        return ob_fail_ptr(ob_raise_memory());
    }
    s->fields = fields, s->visible = visible, s->total = total;
    for (size_t i = 0; i < total; i++)
        if (*fields[i]) {
            g[s->named] = (ob_getset){fields[i], getters[i], ob_readonly_member, NULL};
            s->names[s->named++] = fields[i];
        }
    s->t = (ob_type){OB_TYPE_HEAD(&ob_type_type, NULL), .name = dotted_name, .base = &ob_tuple_type, .flags = OB_TF_TUPLE | OB_TF_SEQUENCE,
                     .size = sizeof(ob_tuple_obj), .trace = seq_trace, .slots = {.repr = seq_repr, .make = seq_make},
                     .methods = seq_methods, .getsets = g};
    return ob_type_ready(&s->t) && fill_dict(s) ? &s->t : NULL;
}
