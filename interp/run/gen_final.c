/* gen_final.c: the end of generators that nobody refers to any more, and where coroutines come from.
 *
 * Locks: none.  A generator is listed with the collector when it is made, if closing it could run anything: a coroutine always, for it may never
 * have been awaited; others if their code has handlers; asynchronous ones also if an event loop wants to see to them. */
#include "interp/run/gen_int.h"
#include "interp/run/import.h"
#include "interp/run/vm_ops.h"
#include "objspace/contain.h"
#include "objspace/int.h"
#include "objspace/exc.h"
#include "objspace/tuple.h"

bool py_gen_watch(ob_val gen) { return (ob_flags(ob_ptr(gen)) & OB_F_FINALIZER) || ob_gc_add_finalizer(gen); }

static void never_awaited(ob_val coro, ob_val qualname) {
    ob_val warnings = py_import_c("warnings"), fn = ob_is_null(warnings) ? OB_NULL : ob_getattr_opt(warnings, ob_str_intern_c("_warn_unawaited_coroutine"));
    if (ob_is_null(fn)) ob_err_clear();
    bool told = !ob_is_null(fn) && (!ob_is_null(ob_call1(fn, coro)) || ob_err_matches(&ob_exc_RuntimeWarning));
    if (ob_err.cond == OB_COND_EXCEPTION) ob_err_unraisable(coro);
    if (!told && !ob_failed() && !ob_warn(&ob_exc_RuntimeWarning, 1, "coroutine '%S' was never awaited", qualname)) ob_err_unraisable(coro);
}

void py_gen_finalize(ob_val g) {
    const py_gen_body *b = ob_read(g);
    const ob_type *t = ob_type_of(g);
    if (b->state == PY_GEN_DONE || b->state == PY_GEN_RUNNING) return;
    if (t == &ob_async_gen_type && !ob_is_null(b->extra)) {
        if (!(b->marks & PY_AG_CLOSED) && ob_is_null(ob_call1(b->extra, g))) ob_err_unraisable(g);
    } else if (t == &ob_coroutine_type && b->state == PY_GEN_CREATED) never_awaited(g, b->qualname);
    else if (ob_is_null(py_gen_close(g))) ob_err_unraisable(g);
}

/* (file, line, function) of each of the innermost frames. */
ob_val py_gen_origin(py_thread *T) {
    size_t depth = ((const py_async_body *)ob_read(T->async))->depth, n = 0;
    for (const py_frame *f = T->frame; f && n < depth; f = f->prev) n++;
    if (depth == 0) return OB_NULL;
    ob_val all = ob_tuple_alloc(n);
    if (ob_is_null(all)) return all;
    const py_frame *f = T->frame;
    for (size_t i = 0; i < n; i++, f = f->prev) {
        ob_val one = ob_tuple_of3(f->code->filename, ob_from_small(py_frame_line(f)), f->code->name);
        if (ob_is_null(one)) return one;
        ob_tuple_ptr(all)->items[i] = one;
    }
    return all;
}

/* ---- what sys sets, by thread ---- */

static void async_trace(ob_obj *o UNUSED, const void *body, ob_tracer *t) { ob_trace_vals(t, &((const py_async_body *)body)->firstiter, 2); }
static ob_type async_type = {OB_TYPE_HEAD(&ob_type_type, &ob_flat_kind), .name = "asyncgen_state", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_async_body), .trace_body = async_trace};

bool py_async_start(py_thread *T) {
    if (!ob_type_ready(&async_type)) return false;
    T->async = ob_of(ob_alloc_mut(&async_type, sizeof(py_async_body)));
    return !ob_is_null(T->async);
}
