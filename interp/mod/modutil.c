/* modutil.c: small services that native modules share.  Locks: none. */
#include "interp/mod/modutil.h"
#include "base/mono.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/error.h"
#include "objspace/float.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <limits.h>
#include <math.h>

ob_val py_mod_exception(ob_val m, const char *module, const char *name, ob_type *base) {
    ob_val ns = ob_dict_new(), where = ob_str_intern_c(module), what = ob_str_intern_c(name), bases = ob_tuple_of1(ob_type_val(base));
    if (ob_is_null(ns) || ob_is_null(where) || ob_is_null(what) || ob_is_null(bases)) return OB_NULL;
    if (!ob_dict_set(ns, OB_NAME(module), where)) return OB_NULL;
    ob_val t = ob_type_new_class(&ob_type_type, what, bases, ns, NULL, OB_NULL);
    return !ob_is_null(t) && ob_module_add(m, name, t) ? t : OB_NULL;
}

bool py_mod_error(ob_val m, ob_val *kept, const char *module, const char *name, ob_type *base) {
    if (!ob_is_null(*kept)) return ob_module_add(m, name, *kept);
    *kept = py_mod_exception(m, module, name, base);
    return !ob_is_null(*kept) && ob_gc_add_static(kept);
}

bool py_mod_no_keywords(const char *name, ob_val kw) {
    return ob_is_null(kw) || ob_tuple_len(kw) == 0 || ob_fail(ob_raise(&ob_exc_TypeError, "%s() takes no keyword arguments", name));
}

int py_fd_of(ob_val v) {
    int64_t fd;
    if (!ob_is_int(v)) {
        ob_val m = ob_getattr_opt(v, ob_str_intern_c("fileno"));
        if (ob_is_null(m)) return ob_failed() ? -1 : ob_fail_int(ob_raise(&ob_exc_TypeError, "argument must be an int, or have a fileno() method."));
        v = ob_call0(m);
        if (ob_is_null(v)) return -1;
        if (!ob_is_int(v)) return ob_fail_int(ob_raise(&ob_exc_TypeError, "fileno() returned a non-integer"));
    }
    if (!ob_int_to_i64(v, &fd)) return -1;
    if (fd > INT_MAX || fd < INT_MIN) return ob_fail_int(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
    if (fd < 0) return ob_fail_int(ob_raise(&ob_exc_ValueError, "file descriptor cannot be a negative integer (%d)", (int)fd));
    return (int)fd;
}

bool py_timeout_ns(ob_val v, const char *type_message, const char *negative, int64_t *out) {
    double d;
    *out = -1;
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (ob_is_float(v)) {
        d = ob_float_value(v);
        if (isnan(d)) return ob_fail(ob_raise(&ob_exc_ValueError, "Invalid value NaN (not a number)"));
        d = d < 0 ? floor(d * 1e9) : ceil(d * 1e9);
    } else {
        if (!ob_type_of(v)->slots.unary[OB_UN_INDEX]) {
            return ob_fail(type_message ? ob_raise(&ob_exc_TypeError, "%s", type_message) : ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", v));
        }
        ob_val i = ob_index(v);
        if (ob_is_null(i)) return false;
        d = (double)ob_int_clamp(i) * 1e9;
    }
    if (d >= 9.2e18 || d <= -9.2e18) return ob_fail(ob_raise(&ob_exc_OverflowError, "timestamp too large to convert to C _PyTime_t"));
    if (d < 0) return !negative || ob_fail(ob_raise(&ob_exc_ValueError, "%s", negative));
    *out = (int64_t)d;
    return true;
}

int64_t py_time_left(int64_t deadline) {
    int64_t left = deadline - base_mono_ns();
    return left > 0 ? left : 0;
}

ob_val py_bytes_of(ob_val v) {
    ob_buffer b;
    if (ob_is_bytes(v)) return v;
    if (!ob_buffer_get(v, &b, false)) return OB_NULL;
    ob_val copy = ob_bytes_from(b.data, b.len);
    ob_buffer_release(&b);
    return copy;
}

bool py_mod_constants(ob_val m, const py_constant *table, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!ob_module_add_int(m, table[i].name, table[i].value)) return false;
    return true;
}
