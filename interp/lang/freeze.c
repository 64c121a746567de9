/* freeze.c: freeze(): makes an object and what it holds unchangeable; and what @isolated asks of a function's code. Locks: none. */
#include "interp/lang/freeze.h"
#include "interp/lang/library.h"
#include "interp/run/frame.h"
#include "base/vec.h"
#include "objspace/dict.h"
#include "objspace/function.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"

/* ---- freeze ---- */

typedef struct walk { VEC(uint64_t) todo; uint64_t *met; size_t n, room; bool failed; } walk;

static bool is_new(walk *w, uint64_t word) {
    if (w->n * 2 >= w->room) {
        size_t room = w->room ? 2 * w->room : 256;
        uint64_t *met = base_mem_zeroed(room * sizeof *met);
        if (!met) return w->failed = true, false;
        for (size_t i = 0; i < w->room; i++) {
            if (!w->met[i]) continue;
            size_t k = (size_t)(w->met[i] * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (room - 1);
            while (met[k]) k = (k + 1) & (room - 1);
            met[k] = w->met[i];
        }
        base_mem_free(w->met);
        w->met = met;
        w->room = room;
    }
    size_t k = (size_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (w->room - 1);
    while (w->met[k] && w->met[k] != word) k = (k + 1) & (w->room - 1);
    if (w->met[k]) return false;
    w->met[k] = word;
    w->n++;
    return true;
}

/* Classes, functions, modules, code and what runs stay as they are. */
static bool stops(ob_val v) {
    const ob_type *t = ob_type_of(v);
    return (t->flags & OB_TF_TYPE) || t == &ob_function_type || t == &ob_native_type || t == &ob_module_type || t == &ob_code_type || t == &ob_frame_type || t == &ob_generator_type ||
           ob_is_a(v, &ob_module_type);
}

static void meet(void *arg, uint64_t word) {
    walk *w = arg;
    ob_val v = {word};
    if (!ob_is_ptr(v) || ob_is_null(v) || stops(v) || !is_new(w, word)) return;
    if (!VEC_PUSH(&w->todo, word)) w->failed = true;
}

static bool freeze(ob_val v) {
    walk w = {0};
    meet(&w, v.w);
    while (w.todo.n && !w.failed) {
        ob_val x = {VEC_POP(&w.todo)};
        ob_kind_model.trace_immutable(ob_ptr(x), meet, &w);
        if (!(ob_flags(ob_ptr(x)) & OB_F_MUTABLE)) continue;
        tx_handle *h = ob_handle(x);
        const tx_kind *k = h->cls->kind;
        const void *body = ob_read(x);
        if (ob_failed()) break;
        if (k && k->trace) k->trace(h, body, meet, &w);
        if (!tx_freeze(h)) w.failed = true;
    }
    VEC_RELEASE(&w.todo);
    base_mem_free(w.met);
    if (w.failed && !ob_failed()) ob_raise_memory();
    return !ob_failed();
}

static ob_val l_freeze(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) { return freeze(a[0]) ? a[0] : OB_NULL; }

/* ---- _globals_of(function): the names of globals that it reads, and that it binds ---- */

static bool scan(const py_code *c, ob_val reads, ob_val writes) {
    for (uint32_t i = 0; i < c->ncode; i++) {
        uint64_t w;
        memcpy(&w, &c->code[i], sizeof w);
        uint32_t bc = (uint32_t)(w >> 32);
        switch ((uint16_t)w) {
        case PY_OP_LOADGLOBAL: if (!ob_list_append(reads, c->caches[bc].name)) return false; break;
        case PY_OP_STOREGLOBAL: if (!ob_list_append(writes, c->caches[bc].name)) return false; break;
        case PY_OP_DELGLOBAL: if (!ob_list_append(writes, c->kconsts[bc])) return false; break;
        default: break;
        }
    }
    for (size_t i = 0; i < ob_tuple_len(c->consts); i++) {
        ob_val x = ob_tuple_at(c->consts, i);
        if (!ob_is_null(x) && py_is_code(x) && !scan(py_code_ptr(x), reads, writes)) return false;
    }
    return true;
}
static ob_val globals_of(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    if (!ob_is_exact(a[0], &ob_function_type)) return ob_raise(&ob_exc_TypeError, "a Python function is needed, not %T", a[0]);
    ob_val reads = ob_list_new(0), writes = ob_list_new(0);
    if (ob_is_null(reads) || ob_is_null(writes) || !scan(py_code_ptr(((ob_function *)ob_ptr(a[0]))->code), reads, writes)) return OB_NULL;
    return ob_tuple_of2(reads, writes);
}

/* _is_frozen(x): immutable through and through, or frozen, as far as x itself goes */
static ob_val is_frozen(ob_val self UNUSED, const ob_val *a, size_t n UNUSED, ob_val kw UNUSED) {
    return ob_bool(!ob_is_ptr(a[0]) || !(ob_flags(ob_ptr(a[0])) & OB_F_MUTABLE) || (ob_flags(ob_ptr(a[0])) & TX_F_FROZEN));
}

static const ob_def defs[] = {{"_globals_of", globals_of, "function, /", NULL, 0}, {"_is_frozen", is_frozen, "x, /", NULL, 0}, {0}};
static const ob_def module_defs[] = {{"freeze", l_freeze, "obj, /", "Makes obj and all that it holds unchangeable, in place, and returns it: writing raises FrozenError. Classes, functions and modules stay as they are.", 0}, {0}};

bool py_freeze_fill(ob_val m) {
    for (const ob_def *d = defs; d->name; d++) if (!py_library_give(d->name, ob_native_new(d, OB_NULL, OB_NULL))) return false;
    return ob_module_add_defs(m, module_defs);
}
