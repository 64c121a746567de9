/* gen_types.c: what Python sees of generators and coroutines: their types and attributes.
 * Locks: none. */
#include "interp/run/gen_int.h"
#include "interp/run/vm_ops.h"
#include "objspace/exc.h"
#include "objspace/str.h"

static const py_gen_body *gen_read(ob_val g) { return ob_read(g); }
static ob_val or_none(ob_val v) { return ob_is_null(v) ? OB_NONE : v; }

static ob_val itself(ob_val g) { return g; }
static ob_val m_send(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return py_gen_send(g, a[0]); }
static ob_val m_throw(ob_val g, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return py_gen_send_thrown(g, (py_thrown){a[0], a[1], a[2]}); }
static ob_val m_close(ob_val g, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) { return py_gen_close(g); }
#define METHODS(noun) {{"send", m_send, "arg, /", "Resumes it, passing a value into " noun "; the next yielded value, or StopIteration.", OB_DEF_RESUMES}, \
    {"throw", m_throw, "typ, val=None, tb=None, /", "Raises an exception in " noun " where it waits; the next yielded value, or StopIteration.", 0}, \
    {"close", m_close, "", "Raises GeneratorExit inside " noun ", which must end.", 0}, {0}}
static const ob_def gen_methods[] = METHODS("generator"), coro_methods[] = METHODS("coroutine");

ob_val py_gen_repr(ob_val g) { return ob_str_format_c("<%T object %S at 0x%lx>", g, gen_read(g)->qualname, (unsigned long)g.w); }
ob_val py_gen_get_suspended(ob_val g) { return ob_bool(gen_read(g)->state == PY_GEN_SUSPENDED); }
ob_val py_gen_get_code(ob_val g) { return ob_of(gen_read(g)->code); }
ob_val py_gen_get_delegate(ob_val g) { return or_none(py_gen_yielding_from(g)); }
ob_val py_gen_get_name(ob_val g) { return gen_read(g)->name; }
ob_val py_gen_get_qualname(ob_val g) { return gen_read(g)->qualname; }
ob_val py_gen_get_frame(ob_val g) { return gen_read(g)->state == PY_GEN_DONE ? OB_NONE : py_gen_frame_object(g); }
static ob_val get_running(ob_val g) { return ob_bool(gen_read(g)->state == PY_GEN_RUNNING); }
static ob_val get_origin(ob_val g) { return or_none(gen_read(g)->extra); }

static bool set_text(ob_val g, ob_val v, bool qual) {
    if (ob_is_null(v) || !ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "__%s__ must be set to a string object", qual ? "qualname" : "name"));
    py_gen_body *b = ob_write(g);
    if (b) *(qual ? &b->qualname : &b->name) = v;
    return b != NULL;
}
bool py_gen_set_name(ob_val g, ob_val v) { return set_text(g, v, false); }
bool py_gen_set_qualname(ob_val g, ob_val v) { return set_text(g, v, true); }

static const ob_getset gen_getsets[] = {PY_GEN_GETSETS("gi", "generator"), {"gi_running", get_running, NULL, NULL}, {"gi_yieldfrom", py_gen_get_delegate, NULL, NULL}, {0}};
static const ob_getset coro_getsets[] = {PY_GEN_GETSETS("cr", "coroutine"), {"cr_running", get_running, NULL, NULL}, {"cr_await", py_gen_get_delegate, NULL, NULL},
    {"cr_origin", get_origin, NULL, NULL}, {0}};

ob_type ob_generator_type = {OB_TYPE_HEAD(&ob_type_type, &py_gen_kind), .name = "generator", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = py_gen_repr, .iter = itself, .next = py_gen_next}, .trace_body = py_gen_trace,
    .finalize = py_gen_finalize, .methods = gen_methods, .getsets = gen_getsets, .has_weakref = true};

/* What coroutine.__await__() gives: an iterator that drives it. */
typedef struct coro_wrapper { ob_obj o; ob_val coro; } coro_wrapper;
static void wrapper_trace(ob_obj *o, ob_tracer *t) { ob_trace_val(t, ((coro_wrapper *)o)->coro); }
static ob_val wrapped(ob_val w) { return ((coro_wrapper *)ob_ptr(w))->coro; }
static ob_val wrapper_next(ob_val w) { return py_gen_next(wrapped(w)); }
static ob_val wrapper_send(ob_val w, const ob_val *a, size_t n, ob_val kw) { return m_send(wrapped(w), a, n, kw); }
static ob_val wrapper_throw(ob_val w, const ob_val *a, size_t n, ob_val kw) { return m_throw(wrapped(w), a, n, kw); }
static ob_val wrapper_close(ob_val w, const ob_val *a, size_t n, ob_val kw) { return m_close(wrapped(w), a, n, kw); }
static const ob_def wrapper_methods[] = {{"send", wrapper_send, "arg, /", NULL, 0}, {"throw", wrapper_throw, "typ, val=None, tb=None, /", NULL, 0},
    {"close", wrapper_close, "", NULL, 0}, {0}};
ob_type ob_coro_wrapper_type = {OB_TYPE_HEAD(&ob_type_type, NULL), .name = "coroutine_wrapper", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(coro_wrapper), .slots = {.iter = itself, .next = wrapper_next}, .trace = wrapper_trace, .methods = wrapper_methods};

static ob_val coro_await(ob_val g) {
    coro_wrapper *w = ob_alloc(&ob_coro_wrapper_type, sizeof *w);
    if (!w) return OB_NULL;
    w->coro = g;
    return ob_of(w);
}
ob_type ob_coroutine_type = {OB_TYPE_HEAD(&ob_type_type, &py_gen_kind), .name = "coroutine", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(py_gen_body), .slots = {.repr = py_gen_repr, .await = coro_await}, .trace_body = py_gen_trace, .finalize = py_gen_finalize,
    .methods = coro_methods, .getsets = coro_getsets, .has_weakref = true};

bool py_gen_init(void) {
    return ob_type_ready(&ob_generator_type) && ob_type_ready(&ob_coroutine_type) && ob_type_ready(&ob_coro_wrapper_type) && py_asyncgen_init();
}
