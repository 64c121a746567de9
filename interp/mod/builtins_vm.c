/* builtins_vm.c: the built-in functions that need the interpreter: exec, eval, compile, globals, locals, __build_class__, __import__. */
#include "interp/mod/builtins_vm.h"
#include "interp/front/compile.h"
#include "interp/mod/ast_convert.h"
#include "interp/run/codecache.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/bytes.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

#define NATIVE(name) static ob_val name(ob_val self UNUSED, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED)

NATIVE(b_globals) { return py_me->frame ? py_me->frame->globals : OB_NONE; }
NATIVE(b_locals) { return py_me->frame ? py_frame_locals(py_me->frame) : ob_raise(&ob_exc_SystemError, "frame does not exist"); }

NATIVE(b_import) {
    int64_t level = 0;
    if (!ob_is_null(a[4]) && !ob_index_i64(a[4], &level)) return OB_NULL;
    return py_import(a[0], ob_is_null(a[1]) || ob_is_none(a[1]) ? OB_NULL : a[1], OB_NULL, ob_is_null(a[3]) || ob_is_none(a[3]) ? OB_NULL : a[3], (int)level);
}

/* ---- compile, eval, exec ---- */

/* Compiles what a str or bytes-like object holds. */
static ob_val compile_text(ob_val source, ob_val filename, py_parse_mode mode, uint32_t flags, int optimize, const char *who) {
    if (ob_is_str(source)) {
        size_t len;
        const char *s = ob_str_utf8(source, &len);
        return s ? py_compile_source(s, len, filename, mode, flags | PY_PARSE_IS_STR, optimize) : OB_NULL;
    }
    if (!ob_is_buffer(source)) return ob_raise(&ob_exc_TypeError, strcmp(who, "compile() arg 1") ? "%s must be a string, bytes or code object" : "%s must be a string, bytes or AST object", who);
    ob_buffer b;
    if (!ob_buffer_get(source, &b, false)) return OB_NULL;
    ob_val code = py_compile_source((const char *)b.data, b.len, filename, mode, flags, optimize);
    ob_buffer_release(&b);
    return code;
}

static uint32_t inherited_flags(void) {
    const py_frame *f = py_me->frame;
    return f ? f->code->flags & PY_CO_FUTURE_ANNOTATIONS : 0;
}

enum { ONLY_AST = 0x400, DONT_IMPLY_DEDENT = 0x200, ALLOW_INCOMPLETE = 0x4000, TYPE_COMMENTS = 0x1000, TOP_LEVEL_AWAIT = 0x2000, ALL_FUTURES = 0x1ff0010,
       KNOWN_FLAGS = ONLY_AST | DONT_IMPLY_DEDENT | ALLOW_INCOMPLETE | TYPE_COMMENTS | TOP_LEVEL_AWAIT | ALL_FUTURES | 0x100 };

/* What a str or bytes-like object holds, as a tree of objects. */
static ob_val tree_of_text(ob_val source, ob_val filename, py_parse_mode mode, unsigned flags) {
    if (ob_is_str(source)) {
        size_t len;
        const char *s = ob_str_utf8(source, &len);
        return s ? py_ast_of_source(s, len, filename, mode, flags | PY_PARSE_IS_STR) : OB_NULL;
    }
    if (!ob_is_buffer(source)) return ob_raise(&ob_exc_TypeError, "compile() arg 1 must be a string, bytes or AST object");
    ob_buffer b;
    if (!ob_buffer_get(source, &b, false)) return OB_NULL;
    ob_val v = py_ast_of_source((const char *)b.data, b.len, filename, mode, flags);
    ob_buffer_release(&b);
    return v;
}

ob_val py_filename_arg(ob_val v) {
    if (ob_is_str(v)) return v;
    if (ob_is_buffer(v) && !ob_is_bytes(v)) {
        ob_buffer b;
        if (!ob_warn(&ob_exc_DeprecationWarning, 1, "path should be string, bytes, or os.PathLike, not %.200T", v) || !ob_buffer_get(v, &b, false)) return OB_NULL;
        v = ob_bytes_from(b.data, b.len);
        ob_buffer_release(&b);
    } else v = ob_fspath(v);
    return ob_is_null(v) || ob_is_str(v) ? v : ob_str_fsdecode((const char *)ob_bytes_ptr(v)->data, ob_bytes_ptr(v)->len);
}

NATIVE(b_compile) {
    int64_t flags = 0, optimize = -1, version = -1;
    if (!ob_is_null(a[3]) && !ob_index_i64(a[3], &flags)) return OB_NULL;
    if (!ob_is_null(a[5]) && !ob_index_i64(a[5], &optimize)) return OB_NULL;
    if (!ob_is_null(a[6]) && !ob_index_i64(a[6], &version)) return OB_NULL;
    int dont_inherit = ob_is_null(a[4]) ? 0 : ob_truth(a[4]);
    if (dont_inherit < 0) return OB_NULL;
    ob_val filename = py_filename_arg(a[1]);
    if (ob_is_null(filename)) return filename;
    if (!ob_is_str(a[2])) return ob_raise(&ob_exc_TypeError, "compile() argument 'mode' must be str, not %T", a[2]);
    py_parse_mode mode = ob_str_equal_c(a[2], "exec") ? PY_PARSE_EXEC : ob_str_equal_c(a[2], "eval") ? PY_PARSE_EVAL
                         : ob_str_equal_c(a[2], "single") ? PY_PARSE_SINGLE : PY_PARSE_FUNC_TYPE;
    if (mode == PY_PARSE_FUNC_TYPE) {
        if (!ob_str_equal_c(a[2], "func_type"))
            return ob_raise(&ob_exc_ValueError, flags & ONLY_AST ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'" : "compile() mode must be 'exec', 'eval' or 'single'");
        if (!(flags & ONLY_AST)) return ob_raise(&ob_exc_ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST");
    }
    if (flags & ~(int64_t)KNOWN_FLAGS) return ob_raise(&ob_exc_ValueError, "compile(): unrecognised flags");
    if (optimize < -1 || optimize > 2) return ob_raise(&ob_exc_ValueError, "compile(): invalid optimize value");
    if (py_is_code(a[0])) return a[0];
    uint32_t f = (flags & DONT_IMPLY_DEDENT ? PY_PARSE_DONT_IMPLY_DEDENT : 0) | (flags & ALLOW_INCOMPLETE ? PY_PARSE_INTERACTIVE : 0) |
                 (flags & PY_COMPILE_FUTURE_BARRY ? PY_PARSE_BARRY : 0);
    if (py_ast_is_node(a[0])) {
        if (flags & ONLY_AST) return a[0];
        return py_ast_compile(a[0], filename, mode, ((uint32_t)flags & (PY_COMPILE_FUTURE_ANNOTATIONS | PY_COMPILE_FUTURE_BARRY | PY_COMPILE_TOP_LEVEL_AWAIT)) |
                              (dont_inherit ? 0 : inherited_flags()), optimize < 0 ? py_optimize_level : (int)optimize);
    }
    if (flags & ONLY_AST) {
        if (version >= 0) f |= (uint32_t)(version > 100 ? 100 : version + 1) * PY_PARSE_VERSION;
        if (flags & TYPE_COMMENTS) f |= PY_PARSE_TYPE_COMMENTS;
        return tree_of_text(a[0], filename, mode, f);
    }
    f |= (uint32_t)flags & (PY_COMPILE_FUTURE_ANNOTATIONS | PY_COMPILE_FUTURE_BARRY | PY_COMPILE_TOP_LEVEL_AWAIT);
    if (!dont_inherit) f |= inherited_flags();
    return compile_text(a[0], filename, mode, f, optimize < 0 ? py_optimize_level : (int)optimize, "compile() arg 1");
}

static bool namespaces(const ob_val *a, ob_val *globals, ob_val *locals, const char *who) {
    py_frame *f = py_me->frame;
    *globals = ob_is_null(a[1]) || ob_is_none(a[1]) ? OB_NULL : a[1];
    *locals = ob_is_null(a[2]) || ob_is_none(a[2]) ? OB_NULL : a[2];
    if (ob_is_null(*globals)) {
        *globals = f ? f->globals : OB_NULL;
        if (ob_is_null(*globals)) return ob_fail(ob_raise(&ob_exc_SystemError, "globals and locals cannot be NULL"));
        if (ob_is_null(*locals) && ob_is_null(*locals = py_frame_locals(f))) return false;
    } else if (ob_is_null(*locals)) *locals = *globals;
    if (!ob_is_dict(*globals)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() globals must be a dict, not %T", who, *globals));
    if (!ob_type_of(*locals)->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "%s() locals must be a mapping or None, not %T", who, *locals));
    int has = ob_dict_contains(*globals, OB_NAME(builtins));
    if (has < 0) return false;
    return has || ob_dict_set(*globals, OB_NAME(builtins), f ? py_frame_builtins(f) : py_builtins);
}

static ob_val run_text(const ob_val *a, bool eval) {
    ob_val globals, locals, code = a[0], closure = eval ? OB_NULL : a[3];
    const char *who = eval ? "eval" : "exec";
    if (!namespaces(a, &globals, &locals, who)) return OB_NULL;
    if (!py_is_code(code)) {
        char arg[32];
        strcpy(arg, who);
        strcat(arg, "() arg 1");
        ob_val filename = ob_str_intern_c("<string>");
        if (eval && ob_is_str(code)) {       /* leading blanks do not count */
            size_t i = 0;
            while (i < ob_str_len(code) && (ob_str_at(code, i) == ' ' || ob_str_at(code, i) == '\t')) i++;
            if (i && ob_is_null(code = ob_str_slice(code, i, ob_str_len(code)))) return code;
        }
        code = compile_text(code, filename, eval ? PY_PARSE_EVAL : PY_PARSE_EXEC, inherited_flags(), py_optimize_level, arg);
        if (ob_is_null(code)) return code;
    }
    if (py_code_ptr(code)->nfree) {
        if (eval) return ob_raise(&ob_exc_TypeError, "code object passed to %s() may not contain free variables", who);
        if (ob_is_null(closure) || !ob_is_tuple(closure) || ob_tuple_len(closure) != py_code_ptr(code)->nfree)
            return ob_raise(&ob_exc_TypeError, "code object requires a closure of exactly length %u", py_code_ptr(code)->nfree);
        for (size_t i = 0; i < ob_tuple_len(closure); i++)
            if (!ob_is_exact(ob_tuple_at(closure, i), &ob_cell_type))
                return ob_raise(&ob_exc_TypeError, "code object requires a closure of exactly length %u", py_code_ptr(code)->nfree);
    } else if (!ob_is_null(closure) && !ob_is_none(closure)) {
        return ob_raise(&ob_exc_TypeError, "cannot use a closure with this code object");
    }
    ob_val v = py_run_code(code, globals, locals, closure);
    return ob_is_null(v) || eval ? v : OB_NONE;
}
NATIVE(b_eval) { return run_text(a, true); }
NATIVE(b_exec) { return run_text(a, false); }

/* ---- __build_class__ ---- */

static bool resolve_bases(const ob_val *bases, size_t n, ob_val *out) {
    ob_val list = OB_NULL, given = ob_tuple_from(bases, n);
    if (ob_is_null(given)) return false;
    *out = given;
    for (size_t i = 0; i < n; i++) {
        ob_val b = bases[i], m = ob_is_type(b) ? OB_NULL : ob_getattr_opt(b, OB_NAME(mro_entries));
        if (ob_failed()) return false;
        if (ob_is_null(m)) { if (!ob_is_null(list) && !ob_list_append(list, b)) return false; continue; }
        ob_val more = ob_call1(m, given);
        if (ob_is_null(more)) return false;
        if (!ob_is_tuple(more)) return ob_fail(ob_raise(&ob_exc_TypeError, "__mro_entries__ must return a tuple"));
        if (ob_is_null(list) && ob_is_null(list = ob_list_from(bases, i))) return false;
        if (!ob_list_extend(list, more)) return false;
    }
    if (!ob_is_null(list)) *out = ob_list_as_tuple(list);
    return !ob_is_null(*out);
}

static ob_val winner(ob_val meta, ob_val bases) {
    ob_type *w = ob_type_ptr(meta);
    for (size_t i = 0; i < ob_tuple_len(bases); i++) {
        ob_type *t = ob_type_of(ob_tuple_at(bases, i));
        if (ob_type_is_subtype(w, t)) continue;
        if (!ob_type_is_subtype(t, w))
            return ob_raise(&ob_exc_TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases");
        w = t;
    }
    return ob_of(w);
}

static ob_val prepare(ob_val meta, ob_val name, ob_val bases, const ob_val *kwvalues, ob_val kwnames) {
    ob_val p = ob_getattr_opt(meta, OB_NAME(prepare));
    if (ob_is_null(p)) return ob_failed() ? OB_NULL : ob_dict_new();
    size_t nk = ob_is_null(kwnames) ? 0 : ob_tuple_len(kwnames);
    ob_val *args = ob_block_alloc((2 + nk) * sizeof *args);
    if (!args) return OB_NULL;
    args[0] = name;
    args[1] = bases;
    memcpy(args + 2, kwvalues, nk * sizeof *args);
    ob_val ns = ob_call_kw(p, args, 2, kwnames);
    if (!ob_is_null(ns) && !ob_is_dict(ns) && !ob_type_of(ns)->slots.getitem)
        return ob_raise(&ob_exc_TypeError, "%s.__prepare__() must return a mapping, not %T", ob_is_type(meta) ? ob_type_short_name(ob_type_ptr(meta)) : "<metaclass>", ns);
    return ns;
}

/* Takes metaclass= out of the keywords. */
static bool split_keywords(const ob_val *values, ob_val names, ob_val *meta, ob_val **rest, ob_val *rest_names) {
    size_t nk = ob_is_null(names) ? 0 : ob_tuple_len(names), k = 0;
    *meta = OB_NULL;
    *rest_names = OB_NULL;
    *rest = ob_block_alloc((nk + 1) * sizeof **rest);
    ob_val kept = ob_list_new(nk);
    if (!*rest || ob_is_null(kept)) return false;
    for (size_t i = 0; i < nk; i++) {
        if (ob_str_equal_c(ob_tuple_at(names, i), "metaclass")) { *meta = values[i]; continue; }
        (*rest)[k++] = values[i];
        if (!ob_list_append(kept, ob_tuple_at(names, i))) return false;
    }
    if (k) *rest_names = ob_list_as_tuple(kept);
    return !k || !ob_is_null(*rest_names);
}

static ob_val call_metaclass(ob_val meta, ob_val name, ob_val bases, ob_val ns, const ob_val *kwvalues, ob_val kwnames) {
    size_t nk = ob_is_null(kwnames) ? 0 : ob_tuple_len(kwnames);
    ob_val *args = ob_block_alloc((3 + nk) * sizeof *args);
    if (!args) return OB_NULL;
    args[0] = name;
    args[1] = bases;
    args[2] = ns;
    memcpy(args + 3, kwvalues, nk * sizeof *args);
    return ob_call_kw(meta, args, 3, kwnames);
}

static ob_val b_build_class(ob_val self UNUSED, const ob_val *a, size_t n, ob_val kw) {
    if (n < 2) return ob_raise(&ob_exc_TypeError, "__build_class__: not enough arguments");
    if (!ob_is_exact(a[0], &ob_function_type)) return ob_raise(&ob_exc_TypeError, "__build_class__: func must be a function");
    if (!ob_is_str(a[1])) return ob_raise(&ob_exc_TypeError, "__build_class__: name is not a string");
    ob_val bases, meta, *kwv, kwn;
    if (!resolve_bases(a + 2, n - 2, &bases) || !split_keywords(a + n, kw, &meta, &kwv, &kwn)) return OB_NULL;
    if (ob_is_null(meta)) meta = ob_tuple_len(bases) ? ob_of(ob_type_of(ob_tuple_at(bases, 0))) : ob_of(&ob_type_type);
    if (ob_is_type(meta) && ob_is_null(meta = winner(meta, bases))) return OB_NULL;
    ob_val ns = prepare(meta, a[1], bases, kwv, kwn);
    if (ob_is_null(ns)) return ns;
    const ob_function *fn = (const ob_function *)ob_ptr(a[0]);
    ob_val cell = py_run_code(fn->code, fn->globals, ns, fn->closure);
    if (ob_is_null(cell)) return cell;
    if (ob_tuple_len(bases) != n - 2 || memcmp(ob_tuple_ptr(bases)->items, a + 2, (n - 2) * sizeof *a)) {
        ob_val given = ob_tuple_from(a + 2, n - 2), key = ob_str_intern_c("__orig_bases__");
        if (ob_is_null(given) || !(ob_is_exact(ns, &ob_dict_type) ? ob_dict_set(ns, key, given) : ob_setitem(ns, key, given))) return OB_NULL;
    }
    ob_val cls = call_metaclass(meta, a[1], bases, ns, kwv, kwn);
    if (ob_is_null(cls) || !ob_is_type(cls) || !ob_is_exact(cell, &ob_cell_type)) return cls;
    ob_val in = ob_cell_get(cell);
    if (ob_is_null(in))
        return ob_raise(&ob_exc_RuntimeError, "__class__ not set defining %R as %R. Was __classcell__ propagated to type.__new__?", a[1], cls);
    if (!ob_same(in, cls)) return ob_raise(&ob_exc_TypeError, "__class__ set to %R defining %R as %R", in, a[1], cls);
    return cls;
}

const ob_def py_builtins_vm[] = {
    {"__build_class__", b_build_class, NULL, NULL, 0},
    {"__import__", b_import, "name, globals=None, locals=None, fromlist=(), level=0", NULL, 0},
    {"compile", b_compile, "source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1", NULL, 0},
    {"eval", b_eval, "source, globals=None, locals=None, /", NULL, 0},
    {"exec", b_exec, "source, globals=None, locals=None, /, *, closure=None", NULL, 0},
    {"globals", b_globals, "", NULL, 0}, {"locals", b_locals, "", NULL, 0}, {0}};
