/* native.h: small helpers for native modules. */
#ifndef INTERP_MOD_NATIVE_H
#define INTERP_MOD_NATIVE_H
#include "objspace/bytes.h"
#include "objspace/function.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

#define METHOD(name) static ob_val m_##name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)
#define GETTER(name) static ob_val get_##name(ob_val self UNUSED)

/* An optional argument that may be None: absent. */
static inline bool py_absent(ob_val v) { return ob_is_null(v) || ob_is_none(v); }
/* A size argument: OB_NULL and None mean `otherwise`. TypeError "argument should be integer or None, not 'T'". */
static inline MUST_CHECK bool py_size_arg(ob_val v, int64_t otherwise, int64_t *out) {
    if (py_absent(v)) { *out = otherwise; return true; }
    if (ob_is_small(v)) { *out = ob_to_small(v); return true; }
    if (ob_type_of(v)->slots.unary[OB_UN_INDEX] == NULL)
        return ob_fail(ob_raise(&ob_exc_TypeError, "argument should be integer or None, not '%.200T'", v));
    if (ob_index_i64(v, out)) return true;
    if (ob_err_clear_if(&ob_exc_IndexError)) ob_raise(&ob_exc_OverflowError, "cannot fit '%.200T' into an index-sized integer", v);
    return false;
}
static inline MUST_CHECK bool py_int_arg(ob_val v, int64_t *out) {
    if (ob_is_small(v)) { *out = ob_to_small(v); return true; }
    if (ob_index_i64(v, out)) return true;
    if (ob_err_clear_if(&ob_exc_IndexError)) ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C ssize_t");
    return false;
}
static inline MUST_CHECK bool py_bool_arg(ob_val v, bool otherwise, bool *out) {
    int t = ob_is_null(v) ? otherwise : ob_truth(v);
    *out = t > 0;
    return t >= 0;
}
/* Text of a str argument in UTF-8; NULL raised. what: "f() argument 1" */
static inline const char *py_text_arg(ob_val v, const char *what) {
    size_t n;
    if (!ob_is_str(v)) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "%s must be str, not %.50T", what, v));
    const char *s = ob_str_utf8(v, &n);
    if (s && strlen(s) != n) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "embedded null character"));
    return s;
}
/* A writable buffer argument: TypeError "f() argument must be read-write bytes-like object, not T". To be released. */
static inline MUST_CHECK bool py_writable_arg(ob_val v, const char *function, ob_buffer *b) {
    if (ob_is_buffer(v) && ob_buffer_get(v, b, true)) return true;
    if (ob_failed() && !ob_err_clear_if(&ob_exc_TypeError) && !ob_err_clear_if(&ob_exc_BufferError)) return false;
    return ob_fail(ob_raise(&ob_exc_TypeError, "%s() argument must be read-write bytes-like object, not %.50T", function, v));
}
static inline ob_val py_call_method1(ob_val self, const char *name, ob_val x) { return ob_call_method_c(self, name, &x, 1); }
static inline ob_val py_call_method0(ob_val self, const char *name) { return ob_call_method_c(self, name, NULL, 0); }
/* isinstance() of an abstract class of collections.abc, as far as that module is to be had. */
static inline MUST_CHECK bool py_abc_register(ob_type *t, const char *abstract) {
    ob_val name = ob_str_intern_c("_collections_abc"), type = ob_type_val(t);
    ob_val module = ob_is_null(name) || !ob_the_vm.import ? OB_NULL : ob_the_vm.import(name, OB_NULL, OB_NULL, OB_NONE, 0);
    ob_val cls = ob_is_null(module) ? module : ob_getattr_c(module, abstract);
    return !ob_is_null(cls) && !ob_is_null(ob_call_method_c(cls, "register", &type, 1));
}
/* Binds raw arguments (of make and init slots) by a signature and calls fn with them. */
#define PY_BIND_CALL(fn_, name_, sig_, self_, a_, n_, kw_) \
    __extension__({ static const ob_def py_bound_def = {name_, fn_, sig_, NULL, 0}; ob_def_call(&py_bound_def, self_, a_, n_, kw_); })
#endif
