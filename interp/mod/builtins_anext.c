/* builtins_anext.c: what anext(it, default) gives: an awaitable that turns the end of the iterator into the default.
 * Locks: none; constant. */
#include "interp/mod/builtins_vm.h"
#include "interp/mod/native.h"
#include "interp/run/vm_ops.h"

typedef struct anext_object { ob_obj o; ob_val wrapped, otherwise; } anext_object;
static anext_object *anext_of(ob_val v) { return (anext_object *)ob_ptr(v); }

static ob_val awaited(ob_val self) {
    ob_val w = anext_of(self)->wrapped;
    ob_val it = vm_awaited(w);
    if (ob_is_null(it)) return ob_failed() ? it : ob_raise(&ob_exc_TypeError, "object %T can't be used in 'await' expression", w);
    return ob_type_of(it)->slots.next ? it : ob_type_of(it)->slots.await(it);     /* a coroutine */
}

/* The result of one step; StopAsyncIteration becomes StopIteration(default). */
static ob_val stepped(ob_val self, ob_val result) {
    if (!ob_is_null(result) || !ob_err_clear_if(&ob_exc_StopAsyncIteration)) return result;
    return ob_raise_stop(anext_of(self)->otherwise);
}
static ob_val proxy(ob_val self, const char *method, const ob_val *a, size_t n) {
    ob_val it = awaited(self);
    return stepped(self, ob_is_null(it) ? it : ob_call_method_c(it, method, a, n));
}

static ob_val next(ob_val self) {
    ob_val it = awaited(self);
    if (ob_is_null(it)) return stepped(self, it);
    if (!ob_type_of(it)->slots.next) return ob_raise(&ob_exc_TypeError, "__await__() returned non-iterator of type '%T'", it);
    return stepped(self, ob_type_of(it)->slots.next(it));
}
static ob_val itself(ob_val self) { return self; }
METHOD(send) { return proxy(self, "send", a, n); }
METHOD(throw) { return proxy(self, "throw", a, n); }
METHOD(close) { return proxy(self, "close", a, n); }

static void trace(ob_obj *o, ob_tracer *t) {
    ob_trace_val(t, ((anext_object *)o)->wrapped);
    ob_trace_val(t, ((anext_object *)o)->otherwise);
}
static ob_type anext_type = {
    OB_TYPE_HEAD(&ob_type_type, NULL),
    .name = "anext_awaitable", .size = sizeof(anext_object), .trace = trace, .flags = OB_TF_NO_MAKE,
    .slots = {.await = itself, .iter = itself, .next = next},
    .methods = (const ob_def[]){{"send", m_send, "value, /", NULL, 0}, {"throw", m_throw, "*args", NULL, 0}, {"close", m_close, "", NULL, 0}, {0}},
};

ob_val py_anext_with_default(ob_val awaitable, ob_val otherwise) {
    if (!ob_type_ready(&anext_type)) return OB_NULL;
    anext_object *o = ob_alloc(&anext_type, sizeof *o);
    if (!o) return OB_NULL;
    o->wrapped = awaitable;
    o->otherwise = otherwise;
    return ob_of(o);
}
