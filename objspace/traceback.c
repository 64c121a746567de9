/* traceback.c: traceback objects.
 * Locks: none. Entries are constant, but for tb_next and tb_lineno, which Python may set before it shares them. */
#include "objspace/exc.h"
#include "objspace/function.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/type_make.h"
#include "objspace/unversioned.h"

#pragma weak ob_frame_type      /* the interpreter's; absent where the object space is used alone */

static ob_traceback *tb_of(ob_val v) { return (ob_traceback *)ob_ptr(v); }

ob_val ob_traceback_new(ob_val next, ob_val frame, ob_val code, ob_val globals, int32_t lasti, int32_t lineno) {
    ob_traceback *t = ob_alloc(&ob_traceback_type, sizeof *t);
    if (!t) return OB_NULL;
    ob_born_now(t);
    t->next = next;
    t->frame = frame;
    t->code = code;
    t->globals = globals;
    t->lasti = lasti;
    t->lineno = lineno;
    return ob_of(t);
}

static ob_val make_fn(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)n, (void)kw;
    int64_t lasti, lineno;
    if (!ob_is_none(a[0]) && !ob_is_exact(a[0], &ob_traceback_type)) return ob_raise(&ob_exc_TypeError, "expected traceback object or None, got '%T'", a[0]);
    if (!ob_is_exact(a[1], &ob_frame_type)) return ob_raise(&ob_exc_TypeError, "traceback() argument 'tb_frame' must be frame, not %T", a[1]);
    if (!ob_index_i64(a[2], &lasti) || !ob_index_i64(a[3], &lineno)) return OB_NULL;
    ob_val code = ob_getattr_c(a[1], "f_code"), globals = ob_is_null(code) ? code : ob_getattr_c(a[1], "f_globals");
    if (ob_is_null(globals)) return OB_NULL;
    return ob_traceback_new(ob_is_none(a[0]) ? OB_NULL : a[0], a[1], code, globals, (int32_t)lasti, (int32_t)lineno);
}
static ob_val make(ob_type *type, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"traceback", make_fn, "tb_next, tb_frame, tb_lasti, tb_lineno", NULL, 0};
    return ob_def_call(&def, ob_type_val(type), a, n, kw);
}

static ob_val get_next(ob_val v) { return ob_is_null(tb_of(v)->next) ? OB_NONE : tb_of(v)->next; }
static bool set_next(ob_val v, ob_val x) {
    if (ob_is_null(x)) return ob_fail(ob_raise(&ob_exc_TypeError, "can't delete tb_next attribute"));
    if (ob_is_none(x)) x = OB_NULL;
    else if (!ob_is_exact(x, &ob_traceback_type)) return ob_fail(ob_raise(&ob_exc_TypeError, "expected traceback object, got '%T'", x));
    for (ob_val t = x; !ob_is_null(t); t = tb_of(t)->next)
        if (ob_same(t, v)) return ob_fail(ob_raise(&ob_exc_ValueError, "traceback loop detected"));
    return ob_field_set(ob_ptr(v), &tb_of(v)->next, x);
}
static ob_val get_frame(ob_val v) {
    ob_traceback *t = tb_of(v);
    if (ob_is_null(t->frame) && ob_the_vm.traceback_frame) t->frame = ob_the_vm.traceback_frame(v);
    return ob_is_null(t->frame) && !ob_failed() ? OB_NONE : t->frame;
}
static ob_val get_lasti(ob_val v) { return ob_from_small(tb_of(v)->lasti); }
static ob_val get_lineno(ob_val v) { return tb_of(v)->lineno < 0 ? OB_NONE : ob_from_small(tb_of(v)->lineno); }    /* an instruction may have no place */
static ob_val dir(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    (void)self, (void)a, (void)n, (void)kw;
    static const char *const names[] = {"tb_frame", "tb_next", "tb_lasti", "tb_lineno"};
    ob_val v[4];
    for (int i = 0; i < 4; i++)
        if (ob_is_null(v[i] = ob_str_intern_c(names[i]))) return OB_NULL;
    return ob_list_from(v, 4);
}
static void trace(ob_obj *o, ob_tracer *t) {
    ob_traceback *b = (ob_traceback *)o;
    ob_trace_val(t, b->next);
    ob_trace_val(t, b->frame);
    ob_trace_val(t, b->code);
    ob_trace_val(t, b->globals);
}

ob_type ob_traceback_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "traceback", .size = sizeof(ob_traceback), .trace = trace,
    .slots = {.make = make},
    .methods = (const ob_def[]){{"__dir__", dir, "", NULL, 0}, {0}},
    .getsets = (const ob_getset[]){{"tb_next", get_next, set_next, NULL}, {"tb_frame", get_frame, NULL, NULL}, {"tb_lasti", get_lasti, NULL, NULL},
                                   {"tb_lineno", get_lineno, NULL, NULL}, {0}},
};
