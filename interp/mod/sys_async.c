/* sys_async.c: what sys says of asynchronous generators and coroutines: hooks of the event loop, where coroutines come from; each thread its own.
 * Locks: none. */
#include "interp/mod/sys.h"
#include "interp/mod/native.h"
#include "interp/run/frame.h"

static py_async_body *write_mine(void) { return ob_write(py_me->async); }

static bool is_hook(ob_val v, const char *what) {
    return py_absent(v) || ob_is_callable(v) || ob_fail(ob_raise(&ob_exc_TypeError, "callable %s expected, got %.50T", what, v));
}
METHOD(set_asyncgen_hooks) {
    if (!is_hook(a[1], "finalizer") || !is_hook(a[0], "firstiter")) return OB_NULL;
    py_async_body *b = write_mine();
    if (!b) return OB_NULL;
    if (!ob_is_null(a[0])) b->firstiter = ob_is_none(a[0]) ? OB_NULL : a[0];
    if (!ob_is_null(a[1])) b->finalizer = ob_is_none(a[1]) ? OB_NULL : a[1];
    return OB_NONE;
}

static ob_val hooks_type;
METHOD(get_asyncgen_hooks) {
    const py_async_body *b = ob_read(py_me->async);
    ob_val v[] = {ob_is_null(b->firstiter) ? OB_NONE : b->firstiter, ob_is_null(b->finalizer) ? OB_NONE : b->finalizer};
    return ob_structseq_new(ob_type_ptr(hooks_type), v);
}

METHOD(get_origin_depth) { return ob_int_from_u64(((const py_async_body *)ob_read(py_me->async))->depth); }
METHOD(set_origin_depth) {
    int64_t depth;
    if (!ob_index_i64(a[0], &depth)) return OB_NULL;
    if (depth < 0) return ob_raise(&ob_exc_ValueError, "depth must be >= 0");
    py_async_body *b = write_mine();
    if (b) b->depth = (uint64_t)depth;
    return b ? OB_NONE : OB_NULL;
}

static const ob_def defs[] = {{"set_asyncgen_hooks", m_set_asyncgen_hooks, "firstiter=None, finalizer=None", NULL, 0},
    {"get_asyncgen_hooks", m_get_asyncgen_hooks, "", NULL, 0}, {"get_coroutine_origin_tracking_depth", m_get_origin_depth, "", NULL, 0},
    {"set_coroutine_origin_tracking_depth", m_set_origin_depth, "depth", NULL, 0}, {0}};

bool py_sys_async_init(ob_val sys) {
    static const char *const fields[] = {"firstiter", "finalizer", NULL};
    hooks_type = ob_of(ob_structseq_type_new("asyncgen_hooks", fields, 2));
    return !ob_is_null(hooks_type) && ob_gc_add_static(&hooks_type) && ob_module_add_defs(sys, defs);
}
