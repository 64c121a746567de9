/* builtins.c: the built-in functions that need no more than the object space. Those of the interpreter: builtins_vm.c. */
#include "interp/mod/builtins_vm.h"
#include "interp/mod/io.h"
#include "interp/run/frame.h"
#include "interp/run/edit.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/exc.h"
#include "objspace/float.h"
#include "objspace/inst.h"
#include "objspace/int.h"
#include "objspace/iter.h"
#include "objspace/list.h"
#include "objspace/set.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <stdio.h>
#include <unistd.h>

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

/* ---- numbers ---- */

NATIVE(b_abs) { return ob_unary(OB_UN_ABS, a[0]); }
NATIVE(b_divmod) { return ob_binary(OB_BIN_DIVMOD, a[0], a[1]); }
NATIVE(b_pow) { return ob_pow(a[0], a[1], ob_is_null(a[2]) ? OB_NONE : a[2]); }
static ob_val in_base(ob_val v, int base) {
    ob_val i = ob_index(v);
    return ob_is_null(i) ? i : ob_int_to_text(i, base, true);
}
NATIVE(b_bin) { return in_base(a[0], 2); }
NATIVE(b_oct) { return in_base(a[0], 8); }
NATIVE(b_hex) { return in_base(a[0], 16); }
NATIVE(b_chr) {
    ob_val i = ob_index(a[0]);
    if (ob_is_null(i)) return i;
    int64_t c = ob_int_clamp(i);
    if (c < 0 || c > 0x10ffff) return ob_raise(&ob_exc_ValueError, "chr() arg not in range(0x110000)");
    return ob_str_from_char((uint32_t)c);
}
NATIVE(b_ord) {
    size_t len;
    if (ob_is_str(a[0])) {
        len = ob_str_len(a[0]);
        if (len == 1) return ob_from_small(ob_str_at(a[0], 0));
    } else if (ob_is_bytes(a[0]) || ob_is_a(a[0], &ob_bytearray_type)) {
        ob_buffer b;
        if (!ob_buffer_get(a[0], &b, false)) return OB_NULL;
        len = b.len;
        ob_val v = len == 1 ? ob_from_small(b.data[0]) : OB_NULL;
        ob_buffer_release(&b);
        if (len == 1) return v;
    } else return ob_raise(&ob_exc_TypeError, "ord() expected string of length 1, but %T found", a[0]);
    return ob_raise(&ob_exc_TypeError, "ord() expected a character, but string of length %zu found", len);
}
NATIVE(b_round) {
    ob_val m = ob_lookup_special(a[0], OB_NAME(round));
    if (ob_is_null(m)) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "type %T doesn't define __round__ method", a[0]);
    return ob_is_null(a[1]) || ob_is_none(a[1]) ? ob_call0(m) : ob_call1(m, a[1]);
}

NATIVE(b_sorted) {
    if (n != 1) return ob_raise(&ob_exc_TypeError, "sorted expected 1 argument, got %zu", n);
    ob_val l = ob_list_of_iterable(a[0]);
    if (ob_is_null(l)) return l;
    if (ob_is_null(kw)) return ob_list_sort(l, OB_NULL, false) ? l : OB_NULL;
    ob_val sort = ob_getattr(l, OB_NAME(sort));
    return ob_is_null(sort) || ob_is_null(ob_call_kw(sort, a + 1, 0, kw)) ? OB_NULL : l;
}

/* ---- objects ---- */

NATIVE(b_callable) { return ob_bool(ob_is_callable(a[0])); }
NATIVE(b_hash) {
    uint64_t h;
    return ob_hash(a[0], &h) ? ob_int_from_i64((int64_t)h) : OB_NULL;
}
NATIVE(b_id) { return ob_int_from_u64(a[0].w); }
NATIVE(b_repr) { return ob_repr(a[0]); }
NATIVE(b_ascii) { return ob_ascii(a[0]); }
NATIVE(b_format) {
    if (!ob_is_null(a[1]) && !ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "format() argument 2 must be str, not %T", a[1]);
    return ob_format(a[0], a[1]);
}
NATIVE(b_isinstance) { return ob_isinstance_val(a[0], a[1]); }
NATIVE(b_issubclass) { int r = ob_issubclass(a[0], a[1]); return r < 0 ? OB_NULL : ob_bool(r); }
NATIVE(b_len) { ssize_t len = ob_len(a[0]); return len < 0 ? OB_NULL : ob_int_from_i64(len); }

static bool name_of(const char *who, ob_val v, ob_val *name) {
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s: attribute name must be string, not '%T'", who, v));
    *name = ob_is_exact(v, &ob_str_type) ? ob_str_intern(v) : v;
    return !ob_is_null(*name);
}
NATIVE(b_getattr) {
    ob_val name;
    if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", a[1]);
    if (!name_of("getattr()", a[1], &name)) return OB_NULL;
    if (ob_is_null(a[2])) return ob_getattr(a[0], name);
    ob_val v = ob_getattr_opt(a[0], name);
    return !ob_is_null(v) || ob_failed() ? v : a[2];
}
NATIVE(b_hasattr) {
    ob_val name;
    if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", a[1]);
    if (!name_of("hasattr()", a[1], &name)) return OB_NULL;
    ob_val v = ob_getattr_opt(a[0], name);
    return ob_is_null(v) && ob_failed() ? OB_NULL : ob_bool(!ob_is_null(v));
}
NATIVE(b_setattr) {
    ob_val name;
    if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", a[1]);
    return name_of("setattr()", a[1], &name) && ob_setattr(a[0], name, a[2]) ? OB_NONE : OB_NULL;
}
NATIVE(b_delattr) {
    ob_val name;
    if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "attribute name must be string, not '%T'", a[1]);
    return name_of("delattr()", a[1], &name) && ob_setattr(a[0], name, OB_NULL) ? OB_NONE : OB_NULL;
}
NATIVE(b_dir) {
    ob_val names;
    if (n == 0 || ob_is_null(a[0])) {
        ob_val locals = py_me->frame ? py_frame_locals(py_me->frame) : OB_NULL;
        if (ob_is_null(locals)) return ob_failed() ? locals : ob_raise(&ob_exc_SystemError, "frame does not exist");
        names = ob_is_exact(locals, &ob_dict_type) ? ob_dict_keys_list(locals) : ob_list_of_iterable(ob_call_method(locals, OB_NAME(keys), NULL, 0));
    } else {
        ob_val m = ob_lookup_special(a[0], OB_NAME(dir));
        if (ob_is_null(m)) return ob_failed() ? OB_NULL : ob_raise(&ob_exc_TypeError, "object does not provide __dir__");
        ob_val v = ob_call0(m);
        names = ob_is_null(v) ? v : ob_list_of_iterable(v);
    }
    return ob_is_null(names) || !ob_list_sort(names, OB_NULL, false) ? OB_NULL : names;
}
NATIVE(b_vars) {
    if (n == 0 || ob_is_null(a[0])) return py_me->frame ? py_frame_locals(py_me->frame) : ob_raise(&ob_exc_SystemError, "frame does not exist");
    ob_val d = ob_getattr_opt(a[0], OB_NAME(dict));
    if (ob_is_null(d) && !ob_failed()) return ob_raise(&ob_exc_TypeError, "vars() argument must have __dict__ attribute");
    return d;
}

/* ---- iteration ---- */

NATIVE(b_iter) {
    if (ob_is_null(a[1])) return ob_iter(a[0]);
    if (!ob_is_callable(a[0])) return ob_raise(&ob_exc_TypeError, "iter(v, w): v must be callable");
    return ob_callable_iter_new(a[0], a[1]);
}
NATIVE(b_next) {
    ob_type *t = ob_type_of(a[0]);
    if (!t->slots.next) return ob_raise(&ob_exc_TypeError, "'%T' object is not an iterator", a[0]);
    ob_val v = t->slots.next(a[0]);
    if (!ob_is_null(v)) return v;
    if (ob_failed()) return !ob_is_null(a[1]) && ob_err_clear_if(&ob_exc_StopIteration) ? a[1] : OB_NULL;
    return ob_is_null(a[1]) ? ob_raise_none(&ob_exc_StopIteration) : a[1];
}
NATIVE(b_aiter) {
    ob_type *t = ob_type_of(a[0]);
    return t->slots.aiter ? t->slots.aiter(a[0]) : ob_raise(&ob_exc_TypeError, "'%T' object is not an async iterable", a[0]);
}
NATIVE(b_anext) {
    ob_type *t = ob_type_of(a[0]);
    if (!t->slots.anext) return ob_raise(&ob_exc_TypeError, "'%T' object is not an async iterator", a[0]);
    ob_val v = t->slots.anext(a[0]);
    return ob_is_null(v) || ob_is_null(a[1]) ? v : py_anext_with_default(v, a[1]);
}

/* ---- input and output ---- */

static bool write_to(ob_val file, ob_val s) { return py_io_write_text(file, s); }

NATIVE(b_print) {
    ob_val sep = OB_NULL, end = OB_NULL, file = OB_NULL, flush = OB_NULL;
    for (size_t i = 0; !ob_is_null(kw) && i < ob_tuple_len(kw); i++) {
        ob_val name = ob_tuple_at(kw, i), v = a[n + i];
        ob_val *to = ob_str_equal_c(name, "sep") ? &sep : ob_str_equal_c(name, "end") ? &end : ob_str_equal_c(name, "file") ? &file
                     : ob_str_equal_c(name, "flush") ? &flush : NULL;
        if (!to) return ob_raise(&ob_exc_TypeError, "'%S' is an invalid keyword argument for print()", name);
        *to = v;
    }
    if (ob_is_null(file) || ob_is_none(file)) {
        file = ob_dict_get_str(py_sys, OB_NAME(stdout));
        if (ob_is_null(file)) return ob_raise(&ob_exc_RuntimeError, "lost sys.stdout");
        if (ob_is_none(file)) return OB_NONE;
    }
    if (!ob_is_null(sep) && !ob_is_none(sep) && !ob_is_str(sep)) return ob_raise(&ob_exc_TypeError, "sep must be None or a string, not %T", sep);
    if (!ob_is_null(end) && !ob_is_none(end) && !ob_is_str(end)) return ob_raise(&ob_exc_TypeError, "end must be None or a string, not %T", end);
    /* one write for the whole line: lines of several threads do not mix */
    ob_strbuf b;
    ob_strbuf_init(&b);
    for (size_t i = 0; i < n; i++) {
        if (i) { if (ob_is_null(sep) || ob_is_none(sep)) ob_strbuf_char(&b, ' '); else ob_strbuf_str(&b, sep); }
        ob_val s = ob_is_exact(a[i], &ob_str_type) ? a[i] : ob_str(a[i]);
        if (ob_is_null(s)) return s;
        ob_strbuf_str(&b, s);
    }
    if (ob_is_null(end) || ob_is_none(end)) ob_strbuf_char(&b, '\n');
    else ob_strbuf_str(&b, end);
    ob_val line = ob_strbuf_finish(&b);
    if (ob_is_null(line) || !write_to(file, line)) return OB_NULL;
    int f = ob_is_null(flush) ? 0 : ob_truth(flush);
    if (f < 0 || (f && ob_is_null(ob_call_method(file, OB_NAME(flush), NULL, 0)))) return OB_NULL;
    return OB_NONE;
}

NATIVE(b_input) {
    ob_val in = ob_dict_get_str(py_sys, OB_NAME(stdin)), out = ob_dict_get_str(py_sys, OB_NAME(stdout));
    if (ob_is_null(in) || ob_is_none(in)) return ob_raise(&ob_exc_RuntimeError, "input(): lost sys.stdin");
    if (ob_is_null(out) || ob_is_none(out)) return ob_raise(&ob_exc_RuntimeError, "input(): lost sys.stdout");
    if (py_edit_ready() && ob_same(in, ob_dict_get_c(py_sys, "__stdin__")) && ob_same(out, ob_dict_get_c(py_sys, "__stdout__"))) {
        ob_val p = ob_is_null(a[0]) ? OB_NAME(empty) : ob_str(a[0]);
        if (ob_is_null(p) || ob_is_null(ob_call_method(out, OB_NAME(flush), NULL, 0))) return OB_NULL;
        ob_val typed = py_edit_line(p);
        return ob_is_null(typed) && !ob_failed() ? ob_raise_none(&ob_exc_EOFError) : typed;
    }
    if (!ob_is_null(a[0])) {
        ob_val p = ob_str(a[0]);
        if (ob_is_null(p) || !write_to(out, p)) return OB_NULL;
    }
    ob_val err = ob_dict_get_str(py_sys, OB_NAME(stderr));
    if (!ob_is_null(err) && !ob_is_none(err) && ob_is_null(ob_call_method(err, OB_NAME(flush), NULL, 0))) ob_err_clear();
    if (ob_is_null(ob_call_method(out, OB_NAME(flush), NULL, 0))) ob_err_clear();
    if (ob_failed()) return OB_NULL;
    ob_val line = ob_call_method(in, OB_NAME(readline), NULL, 0);
    if (ob_is_null(line)) return line;
    if (!ob_is_str(line)) return ob_raise(&ob_exc_TypeError, "object.readline() returned non-string");
    size_t len = ob_str_len(line);
    if (!len) return ob_raise(&ob_exc_EOFError, "EOF when reading a line");
    return ob_str_at(line, len - 1) == '\n' ? ob_str_slice(line, 0, len - 1) : line;
}

NATIVE(b_open) {
    ob_val io = py_import_c("_io"), open = ob_is_null(io) ? io : ob_getattr_c(io, "open");
    return ob_is_null(open) ? open : ob_call_kw(open, a, n, kw);
}
NATIVE(b_breakpoint) {
    ob_val hook = ob_dict_get_c(py_sys, "breakpointhook");
    return ob_is_null(hook) ? ob_raise(&ob_exc_RuntimeError, "lost sys.breakpointhook") : ob_call_kw(hook, a, n, kw);
}

const ob_def py_builtins_defs[] = {
    {"abs", b_abs, "x, /", "The absolute value.", 0}, {"aiter", b_aiter, "async_iterable, /", NULL, 0}, {"all", py_builtin_all, "iterable, /", NULL, OB_DEF_FOLDS(PY_FOLD_ALL)},
    {"anext", b_anext, "async_iterator, default=None, /", NULL, 0}, {"any", py_builtin_any, "iterable, /", NULL, OB_DEF_FOLDS(PY_FOLD_ANY)}, {"ascii", b_ascii, "obj, /", NULL, 0},
    {"bin", b_bin, "number, /", "The digits of a whole number in base 2.\n\n   >>> bin(10)\n   '0b1010'", 0}, {"breakpoint", b_breakpoint, "*args, **kws", NULL, 0}, {"callable", b_callable, "obj, /", NULL, 0},
    {"chr", b_chr, "i, /", NULL, 0}, {"delattr", b_delattr, "obj, name, /", NULL, 0}, {"dir", b_dir, "object=None, /", NULL, 0},
    {"divmod", b_divmod, "x, y, /", NULL, 0}, {"format", b_format, "value, format_spec='', /", NULL, 0},
    {"getattr", b_getattr, "object, name, default=None, /", NULL, 0}, {"hasattr", b_hasattr, "obj, name, /", NULL, 0}, {"hash", b_hash, "obj, /", NULL, 0},
    {"hex", b_hex, "number, /", "The digits of a whole number in base 16.\n\n   >>> hex(255)\n   '0xff'", 0}, {"id", b_id, "obj, /", NULL, 0}, {"input", b_input, "prompt='', /", NULL, 0},
    {"isinstance", b_isinstance, "obj, class_or_tuple, /", NULL, 0}, {"issubclass", b_issubclass, "cls, class_or_tuple, /", NULL, 0},
    {"iter", b_iter, "object, sentinel=None, /", NULL, 0}, {"len", b_len, "obj, /", NULL, 0}, {"max", py_builtin_max, "*args, **kwargs", "max(values, *, default=obj, key=func) -> largest item\nmax(a, b, *more, *, key=func) -> largest argument", OB_DEF_FOLDS(PY_FOLD_MAX)},
    {"min", py_builtin_min, "*args, **kwargs", "min(values, *, default=obj, key=func) -> smallest item\nmin(a, b, *more, *, key=func) -> smallest argument", OB_DEF_FOLDS(PY_FOLD_MIN)}, {"next", b_next, "iterator, default=None, /", NULL, OB_DEF_FOLDS(PY_FOLD_NONE)}, {"oct", b_oct, "number, /", "The digits of a whole number in base 8.\n\n   >>> oct(64)\n   '0o100'", 0},
    {"open", b_open, NULL, NULL, 0}, {"ord", b_ord, "c, /", NULL, 0}, {"pow", b_pow, "base, exp, mod=None", NULL, 0}, {"print", b_print, "*args, **kwargs", NULL, 0},
    {"repr", b_repr, "obj, /", NULL, 0}, {"round", b_round, "number, ndigits=None", NULL, 0}, {"setattr", b_setattr, "obj, name, value, /", NULL, 0},
    {"sorted", b_sorted, "iterable, /, *args, key=None, reverse=False", NULL, 0}, {"sum", py_builtin_sum, "iterable, /, start=0", NULL, OB_DEF_FOLDS(PY_FOLD_SUM)},
    {"vars", b_vars, "object=None, /", NULL, 0}, {0}};

/* Types that are names of builtins. */
#define BUILTIN_TYPES(T) T(bool) T(bytearray) T(bytes) T(classmethod) T(complex) T(dict) T(enumerate) T(filter) T(float) T(frozenset) T(int) T(list) T(map) \
    T(memoryview) T(object) T(property) T(range) T(reversed) T(set) T(slice) T(staticmethod) T(str) T(super) T(tuple) T(type) T(zip)

bool py_builtins_fill(ob_val m) {
#define T(name) if (!ob_module_add(m, #name, ob_of(&ob_##name##_type))) return false;
    BUILTIN_TYPES(T)
#undef T
#define EXC(name, base, layout) if (!ob_module_add(m, #name, ob_of(&ob_exc_##name))) return false;
#include "objspace/exc.def"
#undef EXC
    static const char *const own[] = {"TransactionError", "Conflict", "RetryTimeout", "InvariantError", "ContextError", "PersistenceError", "StoreError",
        "StoreLocked", "StoreFull", "StoreCorrupt", "FrozenError"};   /* apodora's, not builtins */
    for (size_t i = 0; i < BASE_LENGTH(own); i++) if (ob_dict_del(ob_module_dict(m), ob_str_intern_c(own[i])) < 0) return false;
    return ob_module_add(m, "None", OB_NONE) && ob_module_add(m, "True", OB_TRUE) && ob_module_add(m, "False", OB_FALSE) &&
           ob_module_add(m, "Ellipsis", OB_ELLIPSIS) && ob_module_add(m, "NotImplemented", OB_NOT_IMPLEMENTED) &&
           ob_module_add(m, "EnvironmentError", ob_of(&ob_exc_OSError)) && ob_module_add(m, "IOError", ob_of(&ob_exc_OSError));
}
