/* unwind.c: from a pending exception to its handler. */
#include "interp/run/frame.h"
#include "interp/run/vm_ops.h"

ob_val py_handled_now(void) { return py_me ? py_me->handled : OB_NULL; }

static const py_handler *find(const py_code *c, uint32_t at) {
    for (uint32_t i = 0; i < c->nhandlers; i++)
        if (c->handlers[i].start <= at && at < c->handlers[i].end) return &c->handlers[i];
    return NULL;
}

const py_instr *py_unwind(py_thread *T, py_frame *f, const py_instr *pc) {
    const py_handler *h = find(f->code, (uint32_t)(pc - 1 - f->code->code));
    if (!h) return NULL;
    ob_val outer = T->handled;
    if (f->flags & PY_F_GEN) {
        if (!(f->flags & PY_F_HANDLING)) outer = OB_NULL;                /* the resumer's may be another one when POPEXC comes */
        f->flags |= PY_F_HANDLING;
    }
    py_op first = (py_op)f->code->code[h->handler].op;      /* does it only clean up? (f_lineno) */
    f->flags = (f->flags & ~(uint32_t)PY_F_CLEANUP) | (first == PY_OP_POPEXC || first == PY_OP_WITHEXCEPT || first == PY_OP_LOADNULL ? PY_F_CLEANUP : 0);
    f->r[h->reg] = ob_err_fetch();
    f->r[h->reg + 1] = outer;
    T->handled = f->r[h->reg];
    return f->code->code + h->handler;
}
