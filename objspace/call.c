/* call.c: calling anything, truth, hashes, texts, and class membership: the generic operations of call.h that are no operators.
 * Locks: none. */
#include "objspace/call.h"
#include "objspace/float_int.h"
#include "objspace/dict.h"
#include "objspace/generic.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/slotcall.h"
#include "objspace/type_make.h"
#include "base/mem.h"
#include <stdarg.h>
#include <stdio.h>

ob_vm ob_the_vm;
_Thread_local unsigned ob_paging;
_Atomic(unsigned) ob_recursion_limit = 1000;

/* ---- calls ---- */
static ob_val call_any(ob_val f, const ob_val *a, size_t n, ob_val kw) {
    ob_val (*call)(ob_val, const ob_val *, size_t, ob_val) = ob_type_of(f)->slots.call;
    if (UNLIKELY(!call)) return ob_raise(&ob_exc_TypeError, "'%T' object is not callable", f);
    if (UNLIKELY(!ob_c_enter())) return OB_NULL;
    ob_val r = call(f, a, n, kw);
    DEBUG_ASSERT(ob_is_null(r) == ob_failed());
    return r;
}

ob_val ob_call(ob_val f, const ob_val *a, size_t n) { return call_any(f, a, n, OB_NULL); }
ob_val ob_call0(ob_val f) { return call_any(f, NULL, 0, OB_NULL); }
ob_val ob_call1(ob_val f, ob_val a) { return call_any(f, &a, 1, OB_NULL); }
ob_val ob_call2(ob_val f, ob_val a, ob_val b) { return call_any(f, (ob_val[]){a, b}, 2, OB_NULL); }
ob_val ob_call3(ob_val f, ob_val a, ob_val b, ob_val c) { return call_any(f, (ob_val[]){a, b, c}, 3, OB_NULL); }

ob_val ob_call_kw(ob_val f, const ob_val *a, size_t n, ob_val kw) {
    if (!ob_is_null(kw) && ob_tuple_len(kw) == 0) kw = OB_NULL;
    return call_any(f, a, n, kw);
}

enum { CALL_SMALL = 16 };

ob_val ob__call_prepended(ob_val f, ob_val self, const ob_val *a, size_t n, ob_val kw) {
    size_t total = n + (ob_is_null(kw) ? 0 : ob_tuple_len(kw));
    ob_val small[CALL_SMALL], *all = small;
    if (total + 1 > CALL_SMALL) {
        ob_val t = ob_tuple_alloc(total + 1);           /* traced, so that the arguments stay alive */
        if (ob_is_null(t)) return t;
        all = ob_tuple_ptr(t)->items;
    }
    all[0] = self;
    if (total) memcpy(all + 1, a, total * sizeof *a);
    return call_any(f, all, n + 1, kw);
}

ob_val ob_call_ex(ob_val f, ob_val args, ob_val kwargs) {
    size_t n = ob_is_null(args) ? 0 : ob_tuple_len(args), k = ob_is_null(kwargs) ? 0 : ob_dict_len(kwargs);
    if (k == 0) return call_any(f, n ? ob_tuple_ptr(args)->items : NULL, n, OB_NULL);
    ob_val all = ob_tuple_alloc(n + k), names = ob_tuple_alloc(k);
    if (ob_is_null(all) || ob_is_null(names)) return OB_NULL;
    ob_val *to = ob_tuple_ptr(all)->items, key, value;
    if (n) memcpy(to, ob_tuple_ptr(args)->items, n * sizeof *to);
    size_t i = 0;
    for (size_t pos = 0; i < k && ob_dict_next(kwargs, &pos, &key, &value); i++) {
        if (!ob_is_str(key)) return ob_raise(&ob_exc_TypeError, "keywords must be strings");
        ob_tuple_ptr(names)->items[i] = key;
        to[n + i] = value;
    }
    return call_any(f, to, n, names);
}

/* A method found in the class that is to be called with self in front; OB_NULL: take the long way. */
static ob_val unbound_method(ob_val self, ob_val name) {
    ob_type *t = ob_type_of(self);
    if (t->slots.getattr != ob_generic_getattr || t->own_dict) return OB_NULL;
    ob_val m = ob_type_lookup(t, name);
    if (ob_is_null(m) || !ob__is_method_like(m)) return OB_NULL;
    if (t->has_dict && !ob_is_null(ob_attr_get(self, name))) return OB_NULL;
    return m;
}

ob_val ob_call_method(ob_val self, ob_val name, const ob_val *a, size_t n) {
    if (!ob_str_interned(name) && ob_is_null(name = ob_str_intern(name))) return name;
    ob_val m = unbound_method(self, name);
    if (!ob_is_null(m)) return ob__call_prepended(m, self, a, n, OB_NULL);
    m = ob_getattr(self, name);
    return ob_is_null(m) ? m : call_any(m, a, n, OB_NULL);
}

ob_val ob_call_method_c(ob_val self, const char *name, const ob_val *a, size_t n) {
    ob_val s = ob_str_intern_c(name);
    return ob_is_null(s) ? s : ob_call_method(self, s, a, n);
}

int ob_is_callable(ob_val v) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.call) return 0;
    return !ob__slot_is_generic(&t->slots, OB_SLOT_call) || !ob_is_null(ob_type_lookup(t, OB_NAME(call)));
}

ob_val ob__from_builtins(const char *name) {
    if (!ob_the_vm.import) return ob_raise(&ob_exc_RuntimeError, "no interpreter to find builtins.%s in", name);
    ob_val m = ob_the_vm.import(ob_str_intern_c("builtins"), OB_NULL, OB_NULL, OB_NULL, 0);
    return ob_is_null(m) ? m : ob_getattr_c(m, name);
}

bool ob_warn(ob_type *category, int stacklevel, const char *format, ...) {
    if (!ob_the_vm.warn) return true;
    va_list ap;
    va_start(ap, format);
    ob_val text = ob_str_vformat_c(format, ap);
    va_end(ap);
    const char *s = ob_is_null(text) ? NULL : ob_str_wtf8(text, NULL);
    return s && ob_the_vm.warn(category, s, stacklevel);
}

/* ---- truth, hash ---- */
int ob_truth(ob_val v) {
    if (ob_same(v, OB_TRUE)) return 1;
    if (ob_same(v, OB_FALSE) || ob_is_none(v)) return 0;
    ob_type *t = ob_type_of(v);
    if (t->slots.truth) return t->slots.truth(v);
    if (!t->slots.len) return 1;
    if (t->slots.len == ob__slot_len) return ob__slot_truth(v);       /* its __len__ may have gone */
    ssize_t n = t->slots.len(v);
    return n < 0 ? -1 : n > 0;
}

bool ob_hash(ob_val v, uint64_t *out) {
    if (!ob_c_enter() || !ob_type_of(v)->slots.hash(v, out)) return false;
    if (*out == UINT64_MAX) *out = (uint64_t)-2;
    return true;
}

/* ---- texts ---- */
ob_val ob_repr(ob_val v) {
    if (!ob_c_enter()) return OB_NULL;
    ob_val r = ob_type_of(v)->slots.repr(v);
    if (!ob_is_null(r) && !ob_is_str(r)) return ob_raise(&ob_exc_TypeError, "__repr__ returned non-string (type %T)", r);
    return r;
}

ob_val ob_str(ob_val v) {
    if (ob_is_exact(v, &ob_str_type)) return v;
    if (!ob_c_enter()) return OB_NULL;
    ob_val r = ob_type_of(v)->slots.str(v);
    if (!ob_is_null(r) && !ob_is_str(r)) return ob_raise(&ob_exc_TypeError, "__str__ returned non-string (type %T)", r);
    return r;
}

ob_val ob_ascii(ob_val v) {
    ob_val r = ob_repr(v);
    if (ob_is_null(r) || ob_str_is_ascii(r)) return r;
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < ob_str_len(r); i++) {
        uint32_t c = ob_str_at(r, i);
        char text[12];
        if (c < 128) { ob_strbuf_char(&b, c); continue; }
        snprintf(text, sizeof text, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
        ob_strbuf_c(&b, text);
    }
    return ob_strbuf_finish(&b);
}

ob_val ob_format(ob_val v, ob_val spec) {
    if (ob_is_null(spec)) spec = OB_NAME(empty);
    if (!ob_is_str(spec)) return ob_raise(&ob_exc_SystemError, "Format specifier must be a string, not %T", spec);
    if (ob_str_len(spec) == 0) {
        if (ob_is_exact(v, &ob_str_type)) return v;
        if (ob_is_exact(v, &ob_int_type)) return ob_str(v);
    }
    if (ob_is_exact(v, &ob_int_type)) return ob__format_int(v, spec);
    if (ob_is_exact(v, &ob_float_type)) return ob__format_float(v, spec);
    ob_val r = OB_NULL;
    int done = ob__call_special(v, OB_NAME(format), &spec, 1, &r);
    if (done == 0) return ob_raise(&ob_exc_TypeError, "Type %T doesn't define __format__", v);
    if (done > 0 && !ob_is_str(r)) return ob_raise(&ob_exc_TypeError, "__format__ must return a str, not %T", r);
    return r;
}

/* ---- isinstance, issubclass ---- */
/* __bases__ of something that acts as a class; OB_NULL without exception if it does not. */
static ob_val abstract_bases(ob_val c) {
    ob_val b = ob_getattr_opt(c, OB_NAME(bases));
    return ob_is_null(b) || !ob_is_tuple(b) ? OB_NULL : b;
}

static int abstract_subclass(ob_val c, ob_val cls) {
    if (!ob_c_enter()) return -1;
    for (;;) {
        if (ob_same(c, cls)) return 1;
        ob_val bases = abstract_bases(c);
        if (ob_is_null(bases)) return ob_failed() ? -1 : 0;
        size_t n = ob_tuple_len(bases);
        if (n == 0) return 0;
        for (size_t i = 0; i + 1 < n; i++) {
            int r = abstract_subclass(ob_tuple_at(bases, i), cls);
            if (r) return r;
        }
        c = ob_tuple_at(bases, n - 1);
    }
}

static bool acts_as_class(ob_val c, const char *message) {
    if (!ob_is_null(abstract_bases(c))) return true;
    return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "%s", message));
}

int ob__real_isinstance(ob_val v, ob_val cls) {
    if (ob_is_type(cls)) {
        if (ob_is_a(v, ob_type_ptr(cls))) return 1;
        if (ob__uses_generic_getattr(ob_type_of(v)) && ob_is_exact(ob_type_lookup(ob_type_of(v), OB_NAME(class)), &ob_getset_descr_type)) return 0;
        ob_val c = ob_getattr_opt(v, OB_NAME(class));
        if (ob_is_null(c)) return ob_failed() ? -1 : 0;
        return ob_is_type(c) && ob_type_ptr(c) != ob_type_of(v) && ob_type_is_subtype(ob_type_ptr(c), ob_type_ptr(cls));
    }
    if (!acts_as_class(cls, "isinstance() arg 2 must be a type, a tuple of types, or a union")) return -1;
    ob_val c = ob_getattr_opt(v, OB_NAME(class));
    if (ob_is_null(c)) return ob_failed() ? -1 : 0;
    return abstract_subclass(c, cls);
}

int ob__real_issubclass(ob_val c, ob_val cls) {
    if (ob_is_type(c) && ob_is_type(cls)) return ob_type_is_subtype(ob_type_ptr(c), ob_type_ptr(cls));
    if (!acts_as_class(c, "issubclass() arg 1 must be a class")) return -1;
    if (!ob_is_exact(cls, &ob_union_type) && !acts_as_class(cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union")) return -1;
    return abstract_subclass(c, cls);
}

static _Thread_local unsigned level;
bool ob__level_enter(const char *where) {
    if (level < atomic_load_explicit(&ob_recursion_limit, memory_order_relaxed)) return ob_c_enter() && ++level;
    return ob_fail(ob_raise(&ob_exc_RecursionError, "maximum recursion depth exceeded %s", where));
}
void ob__level_leave(void) { level--; }

/* Nested tuples of classes; as deep as Python's own recursion may be. */
static int check_classes(ob_val v, ob_val tuple, bool sub) {
    if (!ob__level_enter(sub ? "in __subclasscheck__" : "in __instancecheck__")) return -1;
    int r = 0;
    for (size_t i = 0; !r && i < ob_tuple_len(tuple); i++) r = sub ? ob_issubclass(v, ob_tuple_at(tuple, i)) : ob_isinstance(v, ob_tuple_at(tuple, i));
    ob__level_leave();
    return r;
}

static int check_class(ob_val v, ob_val cls, bool sub) {
    if (ob_is_tuple(cls)) return check_classes(v, cls, sub);
    ob_val r = OB_NULL;
    int done = ob__call_special(cls, sub ? OB_NAME(subclasscheck) : OB_NAME(instancecheck), &v, 1, &r);
    if (done < 0) return -1;
    if (done) return ob_truth(r);
    return sub ? ob__real_issubclass(v, cls) : ob__real_isinstance(v, cls);
}

int ob_isinstance(ob_val v, ob_val cls) {
    if (ob_same(ob_type_val(ob_type_of(v)), cls)) return 1;
    if (ob_is_exact(cls, &ob_type_type)) return ob__real_isinstance(v, cls);
    return check_class(v, cls, false);
}
int ob_issubclass(ob_val c, ob_val cls) {
    if (ob_is_exact(cls, &ob_type_type)) return ob_same(c, cls) ? 1 : ob__real_issubclass(c, cls);
    return check_class(c, cls, true);
}
ob_val ob_isinstance_val(ob_val v, ob_val cls) {
    int r = ob_isinstance(v, cls);
    return r < 0 ? OB_NULL : ob_bool(r);
}
