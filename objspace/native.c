/* native.c: native functions: their signatures, binding of arguments, CPython's complaints about them, and the type of bound natives.
 * Locks: sig_lock (rank TABLE) around the table of parsed signatures.
 * N1  A parsed signature is constant and lives for ever, as the tables that natives are made of do. */
#include "objspace/function.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/type_make.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/mem.h"
#include "txn/tx.h"
#include <ctype.h>

enum { PARAMS_MAX = 32 };

/* ---- parsing ---- */
typedef struct param { const char *at; size_t len; bool has_default; } param;

/* The next parameter of a signature: text up to a comma outside of brackets and quotes. */
static bool next_param(const char **p, param *out) {
    const char *s = *p + strspn(*p, " ,\n");
    if (!*s) return false;
    const char *start = s;
    int depth = 0;
    char quote = 0;
    *out = (param){start, 0, false};
    for (; *s && (depth || quote || *s != ','); s++) {
        if (quote) { if (*s == quote) quote = 0; continue; }
        if (*s == '\'' || *s == '"') quote = *s;
        else if (strchr("([{", *s)) depth++;
        else if (strchr(")]}", *s)) depth--;
        else if (*s == '=' && !depth && !out->has_default) { out->has_default = true; out->len = (size_t)(s - start); }
    }
    if (!out->has_default) out->len = (size_t)(s - start);
    const char *colon = memchr(start, ':', out->len);   /* annotations are of no use to us */
    if (colon) out->len = (size_t)(colon - start);
    while (out->len && isspace((unsigned char)start[out->len - 1])) out->len--;
    *p = s;
    return true;
}

static ob_sig *parse(const ob_def *def) {
    ob_sig *s = base_mem_zeroed(sizeof *s + PARAMS_MAX * sizeof(ob_val));
    if (!s) return ob_fail_ptr(ob_raise_memory());
    s->def = def;
    s->raw = def->sig == NULL;
    const char *p = def->sig ? def->sig : "";
    bool by_position = true;
    for (param q; next_param(&p, &q);) {
        if (q.len == 1 && *q.at == '/') { s->posonly = s->n; continue; }
        if (q.len == 1 && *q.at == '*') { s->pos = s->n; by_position = false; continue; }
        if (*q.at == '*' || s->n == PARAMS_MAX) { s->raw = true; break; }
        ob_val name = ob_str_from_utf8(q.at, q.len);
        if (ob_is_null(name) || ob_is_null(s->name[s->n] = ob_str_intern(name))) return NULL;
        if (!q.has_default) {
            s->required |= UINT32_C(1) << s->n;
            if (by_position) s->required_pos = (uint8_t)(s->n + 1);
        }
        s->n++;
    }
    if (by_position) s->pos = s->n;
    s->exact = s->n == s->pos ? s->n : UINT32_MAX;
    return s;
}

static base_lock sig_lock = BASE_LOCK_INIT(TABLE, "signatures");
static struct { const ob_sig **at; size_t n, mask; } sigs;      /* under sig_lock */

static bool sigs_grow(void) {
    size_t size = sigs.mask ? (sigs.mask + 1) * 2 : 1024;
    const ob_sig **at = base_mem_zeroed(size * sizeof *at);
    if (!at) return false;
    for (size_t i = 0; sigs.mask && i <= sigs.mask; i++) {
        if (!sigs.at[i]) continue;
        size_t j = (base_hash_pointer(sigs.at[i]->def) >> 32) & (size - 1);
        while (at[j]) j = (j + 1) & (size - 1);
        at[j] = sigs.at[i];
    }
    base_mem_free(sigs.at);
    sigs.at = at;
    sigs.mask = size - 1;
    return true;
}

const ob_sig *ob_sig_of(const ob_def *def) {
    base_lock_take(&sig_lock);
    bool ok = sigs.n * 2 < sigs.mask || sigs_grow();
    size_t i = ok ? (base_hash_pointer(def) >> 32) & sigs.mask : 0;
    while (ok && sigs.at[i] && sigs.at[i]->def != def) i = (i + 1) & sigs.mask;
    const ob_sig *found = ok ? sigs.at[i] : NULL;
    base_lock_drop(&sig_lock);
    if (found) return found;
    if (!ok) return ob_fail_ptr(ob_raise_memory());
    ob_sig *made = parse(def);                          /* interning takes a lock of the same rank: not under ours */
    if (!made) return NULL;
    base_lock_take(&sig_lock);
    i = (base_hash_pointer(def) >> 32) & sigs.mask;
    while (sigs.at[i] && sigs.at[i]->def != def) i = (i + 1) & sigs.mask;
    if (sigs.at[i]) {
        base_mem_free(made);
    } else {
        sigs.at[i] = made;
        sigs.n++;
    }
    found = sigs.at[i];
    base_lock_drop(&sig_lock);
    return found;
}

/* ---- complaints ---- */
static bool only_positional(const ob_sig *s) { return s->posonly == s->n; }

/* The type in whose table a method is, or the name of a function's module, when the caller did not say. */
static ob_val owner_by_table(const ob_def *def, ob_val self) {
    if (ob_is_null(self)) return OB_NULL;
    if (ob_is_exact(self, &ob_module_type)) {
        ob_val name = ob_dict_get_str(ob_module_dict(self), OB_NAME(name));
        return !ob_is_null(name) && ob_is_str(name) ? name : OB_NULL;
    }
    ob_val mro = (ob_is_type(self) && def->flags & OB_DEF_CLASS ? ob_type_ptr(self) : ob_type_of(self))->mro;
    for (size_t i = 0; !ob_is_null(mro) && i < ob_tuple_len(mro); i++)
        for (const ob_def *d = ob_type_ptr(ob_tuple_at(mro, i))->methods; d && d->name; d++)
            if (d == def) return ob_tuple_at(mro, i);
    return OB_NULL;
}

/* "list.append()", "math.sqrt()", "len()".  owner: a type, a module's name, or OB_NULL. */
static ob_val full_name(const ob_def *def, ob_val owner) {
    if (ob_is_null(owner) || (ob_is_str(owner) && ob_str_equal_c(owner, "builtins"))) return ob_str_format_c("%s()", def->name);
    if (ob_is_str(owner)) return ob_str_format_c("%S.%s()", owner, def->name);
    return ob_str_format_c("%s.%s()", ob_type_short_name(ob_type_ptr(owner)), def->name);
}

static ob_val wrong_count(const ob_sig *s, ob_val owner, size_t n) {
    const ob_def *d = s->def;
    if (s->n == 0 || (s->n == 1 && s->required == 1)) {
        ob_val name = full_name(d, owner);
        if (ob_is_null(name)) return name;
        return ob_raise(&ob_exc_TypeError, s->n ? "%S takes exactly one argument (%zu given)" : "%S takes no arguments (%zu given)", name, n);
    }
    size_t min = s->required_pos, max = s->n, shown = n < min ? min : max;
    const char *how = min == max ? "" : n < min ? "at least " : "at most ";
    return ob_raise(&ob_exc_TypeError, "%s expected %s%zu argument%s, got %zu", d->name, how, shown, shown == 1 ? "" : "s", n);
}

static ob_val no_keywords(const ob_sig *s, ob_val owner) {
    ob_val name = full_name(s->def, owner);
    return ob_is_null(name) ? name : ob_raise(&ob_exc_TypeError, "%S takes no keyword arguments", name);
}

static bool counts_fit(const ob_sig *s, size_t n, size_t k) {
    const char *f = s->def->name;
    size_t max = s->pos, min = s->required_pos < s->posonly ? s->required_pos : s->posonly;
    if (n + k > s->n)
        return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes %s %u %sargument%s (%zu given)", f, s->required == (s->n ? (UINT32_MAX >> (32 - s->n)) : 0) ? "exactly" : "at most",
                                s->n, n == 0 ? "keyword " : "", s->n == 1 ? "" : "s", n + k));
    if (n > max) {
        if (max == 0) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no positional arguments", f));
        return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes %s %zu positional argument%s (%zu given)", f, s->required_pos < max ? "at most" : "exactly", max,
                                max == 1 ? "" : "s", n));
    }
    if (n < min)
        return ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes %s %zu positional argument%s (%zu given)", f, min < max ? "at least" : "exactly", min, min == 1 ? "" : "s", n));
    return true;
}

/* ---- binding ---- */
static int param_named(const ob_sig *s, ob_val name) {
    for (int i = s->posonly; i < s->n; i++)
        if (ob_same(s->name[i], name)) return i;
    for (int i = s->posonly; i < s->n; i++)
        if (ob_str_equal(s->name[i], name)) return i;
    return -1;
}

static bool bind_keywords(const ob_sig *s, const ob_val *a, size_t n, ob_val kw, ob_val *out) {
    for (size_t i = 0; i < ob_tuple_len(kw); i++) {
        ob_val name = ob_tuple_at(kw, i);
        int at = param_named(s, name);
        if (at < 0) return ob_fail(ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for %s()", name, s->def->name));
        if (!ob_is_null(out[at]))
            return ob_fail(ob_raise(&ob_exc_TypeError, "argument for %s() given by name ('%S') and position (%d)", s->def->name, name, at + 1));
        out[at] = a[n + i];
    }
    return true;
}

ob_val ob__sig_bind(const ob_sig *s, ob_val owner, ob_val self, const ob_val *a, size_t n, ob_val kw) {
    ob_val out[s->n + 1u];               /* no larger than it is filled: what lies in the rest of it would keep objects alive */
    size_t k = ob_is_null(kw) ? 0 : ob_tuple_len(kw);
    if (only_positional(s)) {
        if ((k || n < s->required_pos || n > s->n) && ob_is_null(owner)) owner = owner_by_table(s->def, self);
        if (k) return no_keywords(s, owner);
        if (n < s->required_pos || n > s->n) return wrong_count(s, owner, n);
    } else if (!counts_fit(s, n, k)) {
        return OB_NULL;
    }
    for (size_t i = 0; i < s->n; i++) out[i] = i < n ? a[i] : OB_NULL;
    if (k && !bind_keywords(s, a, n, kw, out)) return OB_NULL;
    for (unsigned i = 0; i < s->n; i++) {
        if (!ob_is_null(out[i]) || !(s->required >> i & 1)) continue;
        if (i < s->pos) return ob_raise(&ob_exc_TypeError, "%s() missing required argument '%S' (pos %u)", s->def->name, s->name[i], i + 1);
        return ob_raise(&ob_exc_TypeError, "%s() missing required keyword-only argument: '%S'", s->def->name, s->name[i]);
    }
    return s->def->fn(self, out, s->n, OB_NULL);
}

ob_val ob_def_call(const ob_def *def, ob_val self, const ob_val *a, size_t n, ob_val kw) {
    const ob_sig *s = ob_sig_of(def);
    return s ? ob_sig_call(s, def, NULL, self, a, n, kw) : OB_NULL;
}

ob_val ob__def_signature(const ob_def *d, const char *self) {
    if (!d->sig) return OB_NONE;
    if (!*self) return ob_str_format_c("(%s)", d->sig);
    const char *slash = strstr(d->sig, "/") ? "" : ", /";   /* self itself is positional-only */
    return ob_str_format_c(*d->sig ? "(%s%s, %s)" : "(%s%s%s)", self, slash, d->sig);
}

/* ---- builtin_function_or_method ---- */
static ob_native *native(ob_val v) { return (ob_native *)ob_ptr(v); }
static bool is_function(const ob_native *f) { return ob_is_null(f->self) || ob_is_exact(f->self, &ob_module_type); }

ob_val ob_native_new(const ob_def *def, ob_val self, ob_val module) {
    ob_native *f = ob_alloc(&ob_native_type, sizeof *f);
    if (!f) return OB_NULL;
    f->def = def;
    f->self = self;
    f->module = module;
    return ob_of(f);
}

static ob_type *owner_of(const ob_native *f) {
    if (is_function(f)) return NULL;
    return ob_is_type(f->self) ? ob_type_ptr(f->self) : ob_type_of(f->self);
}

ob_val ob__native_call(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    ob_native *f = native(v);
    const ob_sig *s = ob_sig_at(&f->sig, f->def);
    if (s == NULL) return OB_NULL;
    if (ob_sig_fits(s, n, kw)) return f->def->fn(f->self, a, n, kw);
    return ob__sig_bind(s, is_function(f) ? f->module : ob_of(owner_of(f)), f->self, a, n, kw);
}

static void native_trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((ob_native *)o)->self);
    ob_trace_val(t, ((ob_native *)o)->module);
}
static ob_val native_repr(ob_val v) {
    ob_native *f = native(v);
    if (is_function(f)) return ob_str_format_c("<built-in function %s>", f->def->name);
    return ob_str_format_c("<built-in method %s of %T object at %p>", f->def->name, f->self, (void *)(uintptr_t)f->self.w);
}
static ob_val native_cmp(ob_val a, ob_val b, ob_cmp_op op) {
    if (ob_type_of(a) != ob_type_of(b) || (op != OB_EQ && op != OB_NE)) return OB_NOT_IMPLEMENTED;
    bool same = native(a)->def->fn == native(b)->def->fn && native(a)->def == native(b)->def && ob_same(native(a)->self, native(b)->self);
    return ob_bool(same == (op == OB_EQ));
}
static bool native_hash(ob_val v, uint64_t *out) {
    *out = ((uint64_t)(uintptr_t)native(v)->def >> 3) ^ base_hash_word(native(v)->self.w);
    return true;
}
static ob_val native_name(ob_val v) { return ob_str_intern_c(native(v)->def->name); }
static ob_val native_qualname(ob_val v) {
    ob_native *f = native(v);
    if (is_function(f)) return native_name(v);
    ob_val q = ob_type_getattr(ob_type_val(owner_of(f)), OB_NAME(qualname));
    return ob_is_null(q) ? q : ob_str_format_c("%S.%s", q, f->def->name);
}
static ob_val native_self(ob_val v) { return ob_is_null(native(v)->self) ? OB_NONE : native(v)->self; }
static ob_val native_module(ob_val v) { return ob_is_null(native(v)->module) ? OB_NONE : native(v)->module; }
static ob_val native_doc(ob_val v) { return native(v)->def->doc ? ob_str_from_c(native(v)->def->doc) : OB_NONE; }
static ob_val native_signature(ob_val v) {
    ob_native *f = native(v);
    if (ob_is_null(f->self) && !(f->def->flags & OB_DEF_STATIC)) return ob__def_signature(f->def, "");
    return ob__def_signature(f->def, ob_is_exact(f->self, &ob_module_type) ? "$module" : f->def->flags & OB_DEF_STATIC ? "" : f->def->flags & OB_DEF_CLASS ? "$type" : "$self");
}
static ob_val native_reduce(ob_val v, const ob_val *a, size_t n, ob_val kw) {
    (void)a, (void)n, (void)kw;
    if (is_function(native(v))) return native_name(v);
    ob_val get = ob__from_builtins("getattr");
    return ob_is_null(get) ? get : ob_tuple_of2(get, ob_tuple_of2(native(v)->self, native_name(v)));
}

ob_type ob_native_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "builtin_function_or_method", .size = sizeof(ob_native), .trace = native_trace, .flags = OB_TF_NO_MAKE,
    .slots = {.repr = native_repr, .call = ob__native_call, .cmp = native_cmp, .hash = native_hash},
    .methods = (const ob_def[]){{"__reduce__", native_reduce, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"__name__", native_name, NULL, NULL}, {"__qualname__", native_qualname, NULL, NULL}, {"__self__", native_self, NULL, NULL},
                                   {"__module__", native_module, NULL, NULL}, {"__doc__", native_doc, NULL, NULL},
                                   {"__text_signature__", native_signature, NULL, NULL}, {0}},
};
