/* vm.c: the dispatch loop: runs register bytecode.
 *
 * Locks: none.  One call of py_vm_loop is an *activation*; Python-to-Python calls, generators, __init__ and property getters stay within it.
 * V1  pc, R, K, IC mirror F while it runs; F->pc is stored before anything that may look at the frame (SAVE).
 * V2  T->frame == F except between a frame switch's first and last line.
 * vm_traced.c compiles this file a second time, as py_vm_traced.
 * Why conditions instead of longjmp, and what a restart does: run/README.md.
 */
#include "interp/run/merge.h"
#include "interp/run/parallel.h"
#include "interp/lang/atomic.h"
#include "interp/lang/invariant.h"
#include "interp/run/frame.h"
#include "interp/run/vm_ops.h"
#include "interp/run/import.h"
#include "interp/run/trace.h"
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

/* Operands of the instruction before pc: each a load of its own, which costs less than taking a word apart. */
#define A (pc[-1].a)
#define B (pc[-1].b)
#define C (pc[-1].c)
#define IMM ((int16_t)C)
#define BC vm_bc(pc)
static inline int32_t vm_bc(const py_instr *pc) {
    int32_t bc;
    memcpy(&bc, &pc[-1].b, sizeof bc);
    return bc;
}

#define DISPATCH goto *labels[pc++->op]
#ifdef PY_VM_TRACED
#define VM_LOOP py_vm_traced
#define VM_OTHER py_vm_plain
#define VM_LOOK PY_LOOK_TRACE
#define NEXT goto traced_next
#define NEXT_FRESH goto traced_call      /* F is new, or a generator that goes on */
/* v = expr, a call of native fn (whose receiver is self) */
#define NATIVE(v, fn, self, expr) ob_val v = OB_NULL; if (py_trace_native(T, F, fn, self)) { v = (expr); v = py_trace_native_done(T, F, fn, self, v); }
#define TRACED(call) (call)
#define STOPPED(v) do { const py_instr *y_ = pc - 1; SAVE(); TRY(py_trace_stop(T, F, R[y_->b], R[y_->c], v)); } while (0)     /* the YIELDFROM before pc */
#else
#define VM_LOOP py_vm_plain
#define VM_OTHER py_vm_traced
#define VM_LOOK 0
#define NEXT DISPATCH
#define NEXT_FRESH DISPATCH
#define NATIVE(v, fn, self, expr) ob_val v = (expr)
#define TRACED(call) true
#define STOPPED(v) (void)0
#endif
#define CASE(name) op_##name:
#define SAVE() (F->pc = pc)
#define ENTER_FRAME(f) do { F = (f); T->frame = F; R = F->r; K = F->code->kconsts; IC = F->ic; pc = F->pc; } while (0)
/* Behind everything that may have read a body by itself: did it succeed, and was all that it read there?  (objspace/error.h) */
#define FAILED(bad) (UNLIKELY(bad) || ob_is_unread())
#define TRY(cond) do { if (FAILED(!(cond))) goto error; } while (0)
/* ob_read_mask where pc is not saved for other reasons: the log asks where a shared object was read (--trace-conflicts). */
#ifdef APO_NO_TRANSACTIONS
#define READ_HERE(v, mask) ob_read_mask(v, mask)
#else
#define READ_HERE(v, mask) __extension__({ \
    const void *b_ = tx_inline_body(ob_handle(v)); \
    if (UNLIKELY(!tx_is_private(ob_handle(v)))) { \
        SAVE(); \
        b_ = tx_read_slow(ob_handle(v), mask); \
        if (ob_is_unread()) goto error; \
    } \
    b_; })
#endif
/* a = value of an expression that may fail */
#define SET(expr) do { SAVE(); ob_val v_ = (expr); TRY(!ob_is_null(v_)); R[A] = v_; NEXT; } while (0)

/* a = b op c for numbers, in place; anything else by `slow`. */
#define FLOAT_PAIR(x, y) (ob_is_imm_float(x) && ob_is_imm_float(y))
#define FLOAT_RESULT(d) do { ob_val f_ = ob_float_encode(d); if (LIKELY(ob_is_imm_float(f_))) { R[A] = f_; NEXT; } SET(ob_float_box(d)); } while (0)

#define ADD_BODY(x, y, slow) { \
    int64_t s_; \
    if (LIKELY(ob_both_small(x, y))) { \
        if (LIKELY(!__builtin_add_overflow((int64_t)(x).w, (int64_t)((y).w - 1), &s_))) { R[A] = (ob_val){(uint64_t)s_}; NEXT; } \
    } else if (FLOAT_PAIR(x, y)) FLOAT_RESULT(ob_float_decode(x) + ob_float_decode(y)); \
    SET(slow); }
#define SUB_BODY(x, y, slow) { \
    int64_t s_; \
    if (LIKELY(ob_both_small(x, y))) { \
        if (LIKELY(!__builtin_sub_overflow((int64_t)(x).w, (int64_t)((y).w - 1), &s_))) { R[A] = (ob_val){(uint64_t)s_}; NEXT; } \
    } else if (FLOAT_PAIR(x, y)) FLOAT_RESULT(ob_float_decode(x) - ob_float_decode(y)); \
    SET(slow); }
#define MUL_BODY(x, y, slow) { \
    int64_t s_; \
    if (LIKELY(ob_both_small(x, y))) { \
        if (LIKELY(!__builtin_mul_overflow((int64_t)((x).w - 1), ob_to_small(y), &s_))) { R[A] = (ob_val){(uint64_t)s_ + 1}; NEXT; } \
    } else if (FLOAT_PAIR(x, y)) FLOAT_RESULT(ob_float_decode(x) * ob_float_decode(y)); \
    SET(slow); }
#define FLOORDIV_BODY(x, y, slow) { \
    if (LIKELY(ob_both_small(x, y)) && LIKELY(ob_to_small(y) > 0)) { \
        int64_t n_ = ob_to_small(x), d_ = ob_to_small(y), q_ = n_ / d_; \
        R[A] = ob_from_small(q_ - (n_ % d_ < 0)); NEXT; \
    } SET(slow); }
#define MOD_BODY(x, y, slow) { \
    if (LIKELY(ob_both_small(x, y)) && LIKELY(ob_to_small(y) > 0)) { \
        int64_t d_ = ob_to_small(y), m_ = ob_to_small(x) % d_; \
        R[A] = ob_from_small(m_ < 0 ? m_ + d_ : m_); NEXT; \
    } SET(slow); }
#define TRUEDIV_BODY(x, y, slow) { \
    if (FLOAT_PAIR(x, y)) { double d_ = ob_float_decode(y); if (LIKELY(d_ != 0)) FLOAT_RESULT(ob_float_decode(x) / d_); } \
    SET(slow); }
#define BITS_BODY(x, y, op, fix, slow) { if (LIKELY(ob_both_small(x, y))) { R[A] = (ob_val){((x).w op (y).w) fix}; NEXT; } SET(slow); }
#define LSHIFT_BODY(x, y, slow) { \
    if (LIKELY(ob_both_small(x, y))) { \
        int64_t n_ = ob_to_small(x), s_ = ob_to_small(y); \
        if (s_ >= 0 && s_ < 61) { int64_t r_ = (int64_t)((uint64_t)n_ << s_); \
            if (LIKELY(r_ >> s_ == n_ && ob_small_fits(r_))) { R[A] = ob_from_small(r_); NEXT; } } \
    } SET(slow); }
#define RSHIFT_BODY(x, y, slow) { \
    if (LIKELY(ob_both_small(x, y)) && LIKELY(ob_to_small(y) >= 0)) { \
        int64_t s_ = ob_to_small(y); R[A] = ob_from_small(ob_to_small(x) >> (s_ > 62 ? 62 : s_)); NEXT; \
    } SET(slow); }

/* A jump if x compares with y as `when` says. */
#define JUMP_IF(truth) do { if (truth) pc += IMM; NEXT; } while (0)
#define COMPARE_JUMP(x, y, cop, OP, when) { \
    if (LIKELY(ob_both_small(x, y))) JUMP_IF(((int64_t)(x).w cop (int64_t)(y).w) == when); \
    if (FLOAT_PAIR(x, y)) JUMP_IF((ob_float_decode(x) cop ob_float_decode(y)) == when); \
    SAVE(); \
    int t_ = vm_compare_truth(OP, x, y); \
    TRY(t_ >= 0); \
    JUMP_IF(t_ == when); }

#ifndef PY_VM_TRACED
ob_val py_vm_loop(py_thread *T, py_frame *entry) {
    py_frame *below = T->frame;
    T->activation++;
    if (UNLIKELY(ob_paging) && entry->prev) entry->prev->flags |= PY_F_PAGED;
    if (UNLIKELY(T->multi)) {
        T->frame = entry;
        py_vm_entered(T, entry);
    }
    return UNLIKELY(T->look & PY_LOOK_TRACE) ? py_vm_traced(T, below, entry, true) : py_vm_plain(T, below, entry, true);
}
#endif

ob_val VM_LOOP(py_thread *T, py_frame *const below, py_frame *now, bool fresh) {
    static const void *const labels[] = {
#define OP(name, operands, flags, text) &&op_##name,
#include "interp/opcodes.def"
#undef OP
    };
    py_frame *F;
    const py_instr *pc;
    ob_val *R;
    const ob_val *K;
    py_ic *IC;
    /* the call being set up */
    ob_val callee, kw;
    ob_val *av;
    size_t n;
    uint16_t dst;
    uint32_t push_flags;

    ENTER_FRAME(now);
#ifdef PY_VM_TRACED
    if (fresh) goto traced_call;
#else
    (void)fresh;
#endif
    if (ob_failed()) goto error;
    NEXT;

    CASE(NOP) NEXT;
    CASE(EXT) NEXT;
    CASE(MOVE) R[A] = R[B]; NEXT;
    CASE(LOADK) R[A] = K[BC]; NEXT;
    CASE(LOADI) R[A] = ob_from_small(BC); NEXT;
    CASE(LOADNULL) R[A] = OB_NULL; NEXT;
    CASE(CHECK) if (UNLIKELY(ob_is_null(R[A]))) { SAVE(); vm_unbound(F, A); goto error; } NEXT;
    CASE(DELLOCAL) if (UNLIKELY(ob_is_null(R[A]))) { SAVE(); vm_unbound(F, A); goto error; } R[A] = OB_NULL; NEXT;
    CASE(MAKECELL) SET(ob_cell_new(R[A]));
    CASE(LOADCELL) {
        ob_val v = ob_cell_get(R[B]);
        if (UNLIKELY(ob_is_null(v))) {
            SAVE();
            if (C) ob_raise(&ob_exc_RuntimeError, "super(): empty __class__ cell");
            else vm_unbound(F, B);
            goto error;
        }
        R[A] = v;
        NEXT;
    }
    CASE(STORECELL) TRY(A < F->code->nlocals + F->code->ncellregs ? ob_cell_set_local(R[A], R[B]) : ob_cell_set(R[A], R[B])); NEXT;
    CASE(DELCELL)
        if (UNLIKELY(ob_is_null(ob_cell_get(R[A])))) { SAVE(); vm_unbound(F, A); goto error; }
        TRY(A < F->code->nlocals + F->code->ncellregs ? ob_cell_set_local(R[A], OB_NULL) : ob_cell_set(R[A], OB_NULL));
        NEXT;
    CASE(LOADCLASSCELL) SET(vm_load_class_cell(F, R[B], K[C], B));

    /* ---- names ---- */
    CASE(LOADGLOBAL) {
        py_ic *ic = &IC[BC];
        if (LIKELY(ic->epoch == tx_me.epoch) && LIKELY(ic->type == ob_ptr(F->globals))) {
            if (LIKELY(ic->how == PY_IC_VALUE)) { R[A] = ic->value; NEXT; }
            const ob_dict_body *d = OB_DICT_LOOK(F->globals, (SAVE(), ob_str_hash(ic->name)));
            R[A] = d->entries[ic->slot & 0x3ffffff].value;
            NEXT;
        }
        SET(py_load_global(T, F, ic));
    }
    CASE(STOREGLOBAL) SAVE(); TRY(py_store_global(F, &IC[BC], R[A])); NEXT;
    CASE(DELGLOBAL) SAVE(); TRY(vm_del_global(F, K[BC])); NEXT;
    CASE(LOADNAME) SET(py_load_name(F, &IC[BC]));
    CASE(STORENAME) SAVE(); TRY(vm_store_name(F, K[BC], R[A])); NEXT;
    CASE(DELNAME) SAVE(); TRY(vm_del_name(F, K[BC])); NEXT;

    /* ---- attributes ---- */
    CASE(GETATTR) {
        ob_val v = R[B];
        py_ic *ic = &IC[C];
        if (LIKELY(ob_is_ptr(v)) && LIKELY(ob_ptr(v)->type == ic->type) && LIKELY(ic->epoch == tx_me.epoch)) {
            if (LIKELY(ic->how == PY_IC_SLOT)) {
                const ob_inst_body *b = READ_HERE(v, TX_SLOT(ic->slot));
                if (LIKELY(b->shape == ic->shape)) {
                    ob_val x = ob_inst_slot(ob_handle(v), b, ic->slot);
                    if (LIKELY(!ob_is_null(x))) { R[A] = x; NEXT; }
                }
            } else if (ic->how == PY_IC_VALUE) {
                if (!ic->shape || ((const ob_inst_body *)READ_HERE(v, TX_REST))->shape == ic->shape) { R[A] = ic->value; NEXT; }
            } else if (ic->how == PY_IC_PROPERTY) {
                if (!ic->shape || ((const ob_inst_body *)READ_HERE(v, TX_REST))->shape == ic->shape) { callee = ic->value; goto getter; }
            }
        }
        SAVE();
        callee = OB_NULL;
        ob_val x = py_get_attr(ic, v, &callee);
        if (ob_is_unread()) goto error;
        if (!ob_is_null(x)) { R[A] = x; NEXT; }
        if (ob_is_null(callee)) goto error;
    getter:  /* a Python property getter: a call with one argument above this frame */
        av = F->r + F->code->nregs + PY_FRAME_WORDS;
        av[0] = v;
        n = 1; kw = OB_NULL; dst = A; push_flags = 0;
        goto call_function;
    }
    CASE(SETATTR) {
        ob_val v = R[A], x = R[B];
        py_ic *ic = &IC[C];
        if (LIKELY(ob_is_ptr(v)) && LIKELY(ob_ptr(v)->type == ic->type) && LIKELY(ic->epoch == tx_me.epoch)) {
            tx_handle *h = ob_handle(v);
            ob_inst_body *own = tx_mine(h);
            if (LIKELY(own != NULL) && LIKELY(own->shape == ic->shape) && LIKELY(ic->how == PY_IC_SLOT) && LIKELY(ic->slot < h->aux)) {
                own->slot[ic->slot] = x;
                NEXT;
            }
            if (LIKELY(((const ob_inst_body *)READ_HERE(v, 0))->shape == ic->shape)) {
                if (LIKELY(ic->how == PY_IC_SLOT)) {
                    uint32_t inside = h->aux;      /* asked now: after the write the line may be on its way to this core */
                    ob_inst_body *b = ob_write_mask(v, TX_SLOT(ic->slot));
                    if (UNLIKELY(!b)) goto error;
                    *(ic->slot < inside ? &b->slot[ic->slot] : &b->more[ic->slot - inside]) = x;
                    NEXT;
                }
                if (LIKELY(ic->how == PY_IC_ADD) && ic->slot < h->aux) {
                    ob_inst_body *b = ob_write_mask(v, TX_SLOT(ic->slot) | TX_REST);
                    if (UNLIKELY(!b)) goto error;
                    b->slot[ic->slot] = x;
                    b->shape = ic->next_shape;
                    NEXT;
                }
            }
        }
        SAVE();
        callee = OB_NULL;
        if (LIKELY(py_set_attr(ic, v, x, &callee))) NEXT;
        if (FAILED(ob_is_null(callee))) goto error;
        av = F->r + F->code->nregs + PY_FRAME_WORDS;   /* a Python property setter */
        av[0] = v; av[1] = x;
        n = 2; kw = OB_NULL; dst = 0; push_flags = PY_F_DISCARD;
        goto call_function;
    }
    CASE(DELATTR) SAVE(); TRY(ob_setattr(R[A], K[B], OB_NULL)); NEXT;
    CASE(GETMETHOD) {
        ob_val v = R[B];
        py_ic *ic = &IC[C];
        if (LIKELY(ic->epoch == tx_me.epoch) && LIKELY((const void *)ob_type_of(v) == ic->type)) {
            if (LIKELY(ic->how == PY_IC_METHOD) &&
                (!ic->shape || LIKELY(((const ob_inst_body *)READ_HERE(v, TX_REST))->shape == ic->shape))) {
                R[PY_ARGS(A)] = v;
                R[A] = ic->value;
                NEXT;
            }
            if (ic->how == PY_IC_MODULE) {
                const ob_dict_body *d = OB_DICT_LOOK(ob_module_dict(v), (SAVE(), ob_str_hash(ic->name)));
                if (LIKELY(ob_same(ic->value, v))) {
                    R[A] = d->entries[ic->slot & 0x3ffffff].value;
                    R[PY_ARGS(A)] = OB_NULL;
                    NEXT;
                }
            }
        }
        SAVE();
        ob_val func, self;
        TRY(py_get_method(ic, v, &func, &self));
        R[A] = func;
        R[PY_ARGS(A)] = self;
        NEXT;
    }
    CASE(SUPERMETHOD) {
        SAVE();
        ob_val func, self;
        TRY(vm_super_method(R[B], R[B + 1], IC[C].name, &func, &self));
        R[A] = func;
        R[PY_ARGS(A)] = self;
        NEXT;
    }

    /* ---- items ---- */
    CASE(GETITEM) {
        ob_val o = R[B], k = R[C];
        if (LIKELY(ob_is_ptr(o))) {
            const ob_type *t = ob_ptr(o)->type;
            if (t == &ob_list_type && ob_is_small(k)) {
                int64_t i = ob_to_small(k);
                const ob_list_body *l = OB_LIST_LOOK(o, i, SAVE());
                if (i < 0) i += (int64_t)l->len;
                if (LIKELY((uint64_t)i < l->len)) { R[A] = l->items[i]; NEXT; }
            } else if (t == &ob_tuple_type && ob_is_small(k)) {
                const ob_tuple_obj *u = (const ob_tuple_obj *)ob_ptr(o);
                int64_t i = ob_to_small(k);
                if (i < 0) i += (int64_t)u->n;
                if (LIKELY((uint64_t)i < u->n)) { R[A] = u->items[i]; NEXT; }
            } else if (t == &ob_str_type && ob_is_small(k)) {
                int64_t i = ob_to_small(k);
                if (i < 0) i += (int64_t)ob_str_len(o);
                if (LIKELY((uint64_t)i < ob_str_len(o))) SET(ob_str_from_char(ob_str_at(o, (size_t)i)));
            } else if (t == &ob_dict_type) {
                SAVE();
                ob_val x = ob_dict_get(o, k);
                if (LIKELY(!ob_is_null(x))) { R[A] = x; NEXT; }
                if (!ob_failed()) ob_raise_obj(&ob_exc_KeyError, k);
                goto error;
            }
        }
        SET(ob_getitem(o, k));
    }
    CASE(GETITEM_I) {
        ob_val o = R[B];
        int64_t i = IMM;
        if (LIKELY(ob_is_ptr(o))) {
            const ob_type *t = ob_ptr(o)->type;
            if (t == &ob_list_type) {
                const ob_list_body *l = OB_LIST_LOOK(o, i, SAVE());
                if (i < 0) i += (int64_t)l->len;
                if (LIKELY((uint64_t)i < l->len)) { R[A] = l->items[i]; NEXT; }
            } else if (t == &ob_tuple_type) {
                const ob_tuple_obj *u = (const ob_tuple_obj *)ob_ptr(o);
                if (i < 0) i += (int64_t)u->n;
                if (LIKELY((uint64_t)i < u->n)) { R[A] = u->items[i]; NEXT; }
            }
        }
        SET(ob_getitem(o, ob_from_small(IMM)));
    }
    CASE(SETITEM) {
        ob_val o = R[A], k = R[B];
        if (LIKELY(ob_is_ptr(o))) {
            const ob_type *t = ob_ptr(o)->type;
            if (t == &ob_list_type && ob_is_small(k)) {
                int64_t i = ob_to_small(k);
                ob_list_body *own = tx_mine(ob_handle(o));
                if (LIKELY(own != NULL) && LIKELY((uint64_t)i < own->len)) { own->items[i] = R[C]; NEXT; }
                int done = vm_list_set(o, i, R[C]);
                if (LIKELY(done > 0)) goto changed;
                if (done < 0) goto error;
            } else if (t == &ob_dict_type) {
                SAVE();
                TRY(ob_dict_set(o, k, R[C]));
                goto changed;
            }
        }
        SAVE();
        TRY(ob_setitem(o, k, R[C]));
    changed:
        if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
        NEXT;
    }
    CASE(DELITEM) SAVE(); TRY(ob_delitem(R[A], R[B])); goto changed;
    CASE(BUILDSLICE) SET(ob_slice_new(R[B], R[B + 1], R[B + 2]));

    /* ---- operators ---- */
#define SLOW_BIN(OPNAME) vm_arith(OB_BIN_##OPNAME, R[B], R[C])
#define SLOW_INP(OPNAME) vm_inplace(OB_BIN_##OPNAME, R[B], R[C])
#define SLOW_IMM(OPNAME) vm_arith(OB_BIN_##OPNAME, R[B], ob_from_small(IMM))
#define SLOW_IIMM(OPNAME) vm_inplace(OB_BIN_##OPNAME, R[B], ob_from_small(IMM))
    CASE(ADD) ADD_BODY(R[B], R[C], SLOW_BIN(ADD))
    CASE(SUB) SUB_BODY(R[B], R[C], SLOW_BIN(SUB))
    CASE(MUL) MUL_BODY(R[B], R[C], SLOW_BIN(MUL))
    CASE(TRUEDIV) TRUEDIV_BODY(R[B], R[C], SLOW_BIN(TRUEDIV))
    CASE(FLOORDIV) FLOORDIV_BODY(R[B], R[C], SLOW_BIN(FLOORDIV))
    CASE(MOD) MOD_BODY(R[B], R[C], SLOW_BIN(MOD))
    CASE(AND) BITS_BODY(R[B], R[C], &, , SLOW_BIN(AND))
    CASE(OR) BITS_BODY(R[B], R[C], |, , SLOW_BIN(OR))
    CASE(XOR) BITS_BODY(R[B], R[C], ^, | 1, SLOW_BIN(XOR))
    CASE(LSHIFT) LSHIFT_BODY(R[B], R[C], SLOW_BIN(LSHIFT))
    CASE(RSHIFT) RSHIFT_BODY(R[B], R[C], SLOW_BIN(RSHIFT))
    CASE(POW) SET(SLOW_BIN(POW));
    CASE(MATMUL) SET(SLOW_BIN(MATMUL));
    CASE(IADD) ADD_BODY(R[B], R[C], SLOW_INP(ADD))
    CASE(ACCADD) {
        ob_val x = R[A], y = R[C];
        if (LIKELY(ob_is_ptr(x)) && LIKELY(ob_ptr(x)->type == &ob_str_type) && ob_is_ptr(y) && ob_ptr(y)->type == &ob_str_type)
            SET(vm_accumulate(T, A, x, y));
        ADD_BODY(x, y, SLOW_INP(ADD))
    }
    CASE(ISUB) SUB_BODY(R[B], R[C], SLOW_INP(SUB))
    CASE(IMUL) MUL_BODY(R[B], R[C], SLOW_INP(MUL))
    CASE(ITRUEDIV) TRUEDIV_BODY(R[B], R[C], SLOW_INP(TRUEDIV))
    CASE(IFLOORDIV) FLOORDIV_BODY(R[B], R[C], SLOW_INP(FLOORDIV))
    CASE(IMOD) MOD_BODY(R[B], R[C], SLOW_INP(MOD))
    CASE(IAND) BITS_BODY(R[B], R[C], &, , SLOW_INP(AND))
    CASE(IOR) BITS_BODY(R[B], R[C], |, , SLOW_INP(OR))
    CASE(IXOR) BITS_BODY(R[B], R[C], ^, | 1, SLOW_INP(XOR))
    CASE(ILSHIFT) LSHIFT_BODY(R[B], R[C], SLOW_INP(LSHIFT))
    CASE(IRSHIFT) RSHIFT_BODY(R[B], R[C], SLOW_INP(RSHIFT))
    CASE(IPOW) SET(SLOW_INP(POW));
    CASE(IMATMUL) SET(SLOW_INP(MATMUL));
    CASE(ADD_I) ADD_BODY(R[B], ob_from_small(IMM), SLOW_IMM(ADD))
    CASE(SUB_I) SUB_BODY(R[B], ob_from_small(IMM), SLOW_IMM(SUB))
    CASE(MUL_I) MUL_BODY(R[B], ob_from_small(IMM), SLOW_IMM(MUL))
    CASE(FLOORDIV_I) FLOORDIV_BODY(R[B], ob_from_small(IMM), SLOW_IMM(FLOORDIV))
    CASE(MOD_I) MOD_BODY(R[B], ob_from_small(IMM), SLOW_IMM(MOD))
    CASE(AND_I) BITS_BODY(R[B], ob_from_small(IMM), &, , SLOW_IMM(AND))
    CASE(LSHIFT_I) LSHIFT_BODY(R[B], ob_from_small(IMM), SLOW_IMM(LSHIFT))
    CASE(RSHIFT_I) RSHIFT_BODY(R[B], ob_from_small(IMM), SLOW_IMM(RSHIFT))
    CASE(IADD_I) ADD_BODY(R[B], ob_from_small(IMM), SLOW_IIMM(ADD))
    CASE(ISUB_I) SUB_BODY(R[B], ob_from_small(IMM), SLOW_IIMM(SUB))
    CASE(NEG) {
        ob_val x = R[B];
        if (LIKELY(ob_is_small(x)) && LIKELY(ob_to_small(x) != OB_SMALL_MIN)) { R[A] = ob_from_small(-ob_to_small(x)); NEXT; }
        if (ob_is_imm_float(x)) FLOAT_RESULT(-ob_float_decode(x));
        SET(ob_unary(OB_UN_NEG, x));
    }
    CASE(POS) SET(ob_unary(OB_UN_POS, R[B]));
    CASE(INVERT) SET(ob_unary(OB_UN_INVERT, R[B]));
    CASE(NOT) {
        ob_val x = R[B];
        if (ob_same(x, OB_TRUE)) { R[A] = OB_FALSE; NEXT; }
        if (ob_same(x, OB_FALSE) || ob_is_none(x)) { R[A] = OB_TRUE; NEXT; }
        SAVE();
        int t = ob_truth(x);
        TRY(t >= 0);
        R[A] = ob_bool(!t);
        NEXT;
    }
#define CMP_CASE(NAME, cop) CASE(NAME) { \
        ob_val x = R[B], y = R[C]; \
        if (LIKELY(ob_both_small(x, y))) { R[A] = ob_bool((int64_t)x.w cop (int64_t)y.w); NEXT; } \
        if (FLOAT_PAIR(x, y)) { R[A] = ob_bool(ob_float_decode(x) cop ob_float_decode(y)); NEXT; } \
        SET(ob_compare(OB_##NAME, x, y)); }
    CMP_CASE(LT, <) CMP_CASE(LE, <=) CMP_CASE(EQ, ==) CMP_CASE(NE, !=) CMP_CASE(GT, >) CMP_CASE(GE, >=)
    CASE(IS) R[A] = ob_bool(ob_same(R[B], R[C]) || ob_is(R[B], R[C])); NEXT;
    CASE(ISNOT) R[A] = ob_bool(!ob_same(R[B], R[C]) && !ob_is(R[B], R[C])); NEXT;
    CASE(IN) { SAVE(); int t = ob_contains(R[C], R[B]); TRY(t >= 0); R[A] = ob_bool(t); NEXT; }
    CASE(NOTIN) { SAVE(); int t = ob_contains(R[C], R[B]); TRY(t >= 0); R[A] = ob_bool(!t); NEXT; }

    /* ---- jumps ---- */
    CASE(JUMP) pc += BC; NEXT;
    CASE(LOOP)
        if (UNLIKELY(--T->ticks <= 0) || UNLIKELY(atomic_load_explicit(&ob_safepoint_wanted, memory_order_relaxed))) goto tick;
        pc += BC;
        NEXT;
    CASE(JT) {
        ob_val x = R[A];
        if (ob_same(x, OB_TRUE)) { pc += BC; NEXT; }
        if (ob_same(x, OB_FALSE) || ob_is_none(x)) NEXT;
        SAVE();
        int t = vm_truth(x);
        TRY(t >= 0);
        if (t) pc += BC;
        NEXT;
    }
    CASE(JF) {
        ob_val x = R[A];
        if (ob_same(x, OB_TRUE)) NEXT;
        if (ob_same(x, OB_FALSE) || ob_is_none(x)) { pc += BC; NEXT; }
        SAVE();
        int t = vm_truth(x);
        TRY(t >= 0);
        if (!t) pc += BC;
        NEXT;
    }
    CASE(JNONE) if (ob_is_none(R[A])) pc += BC; NEXT;
    CASE(JNOTNONE) if (!ob_is_none(R[A])) pc += BC; NEXT;
#define JCC(NAME, cop, OP) \
    CASE(J##NAME) { ob_val x = R[A], y = R[B]; COMPARE_JUMP(x, y, cop, OP, 1) } \
    CASE(JN##NAME) { ob_val x = R[A], y = R[B]; COMPARE_JUMP(x, y, cop, OP, 0) } \
    CASE(J##NAME##_I) { ob_val x = R[A], y = ob_from_small((int16_t)B); COMPARE_JUMP(x, y, cop, OP, 1) } \
    CASE(JN##NAME##_I) { ob_val x = R[A], y = ob_from_small((int16_t)B); COMPARE_JUMP(x, y, cop, OP, 0) }
    JCC(LT, <, OB_LT) JCC(LE, <=, OB_LE) JCC(EQ, ==, OB_EQ) JCC(NE, !=, OB_NE) JCC(GT, >, OB_GT) JCC(GE, >=, OB_GE)

    CASE(GETITERACC)
        py_acc_forget(T);
        /* fall through */
    CASE(GETITER) {
        ob_val x = R[B];
        if (ob_is_ptr(x) && ob_ptr(x)->type == &ob_generator_type) { R[A] = x; NEXT; }
        SET(ob_iter(x));
    }
    CASE(FOR_ITER) {
        ob_val it = R[B];
        ob_type *t = ob_type_of(it);
        if (t == &ob_range_iter_type) {
            ob_range_iter_body *b = ob_write(it);
            if (UNLIKELY(!b)) goto error;
            if (b->left == 0) goto exhausted;
            b->left--;
            R[A] = ob_int_from_i64(b->next);
            b->next += b->step;
            NEXT;
        }
        if (t == &ob_list_iter_type) {
            ob_seq_iter_body *b = ob_write(it);
            if (UNLIKELY(!b)) goto error;
            if (ob_is_null(b->seq)) goto exhausted;
            const ob_list_body *l = OB_LIST_LOOK_NEXT(b->seq, (int64_t)b->i, SAVE());
            if (UNLIKELY(b->i >= l->len)) {
                ob_val x = vm_list_iter_end(b);
                if (ob_is_null(x)) {
                    TRY(!ob_failed());
                    goto exhausted;
                }
                R[A] = x;
                NEXT;
            }
            ob_items_ahead(l->items, b->i, l->len);
            R[A] = l->items[b->i++];
            NEXT;
        }
        if (t == &ob_tuple_iter_type) {
            ob_seq_iter_body *b = ob_write(it);
            if (UNLIKELY(!b)) goto error;
            if (ob_is_null(b->seq)) goto exhausted;
            const ob_tuple_obj *u = ob_tuple_ptr(b->seq);
            if (UNLIKELY(b->i >= u->n)) { b->seq = OB_NULL; goto exhausted; }
            ob_items_ahead(u->items, b->i, u->n);
            R[A] = u->items[b->i++];
            NEXT;
        }
        SAVE();
        if (t == &ob_generator_type) {
            py_frame *g = py_gen_push(T, F->r + F->code->nregs, it, OB_NULL, PY_F_GEN | PY_F_FORITER, A);
            if (LIKELY(g != NULL)) { ENTER_FRAME(g); NEXT_FRESH; }
            if (ob_failed()) goto error;
            goto exhausted;
        }
        if (UNLIKELY(t == &py_loop_type)) {
            py_loop_how how = py_loop_step(T, F, pc, A, B);
            if (ob_is_unread()) goto error;
            if (how == PY_LOOP_ITEM) NEXT;
            if (how == PY_LOOP_OVER) goto exhausted;
            if (how == PY_LOOP_FAILED) goto error;
            T->frame = F->prev;
            T->activation--;
            return OB_NONE;
        }
        if (UNLIKELY(!t->slots.next)) { ob_raise(&ob_exc_TypeError, "'%T' object is not an iterator", it); goto error; }
        ob_val x = OB_NULL;
        int pair = -1;                   /* a tuple that UNPACK would take apart need not be made */
        if (!VM_LOOK && pc->op == PY_OP_UNPACK && pc->b == A && pc->c == 2) pair = ob_next_pair(it, &R[pc->a]);
        if (pair < 0) x = t->slots.next(it);
        if (ob_is_unread()) goto error;
        if (LIKELY(!ob_is_null(x))) { R[A] = x; NEXT; }
        if (pair > 0) { pc++; NEXT; }
        if (ob_failed() && (!ob_err_matches(&ob_exc_StopIteration) || !TRACED(py_trace_exception(T, F)) || !ob_err_clear_if(&ob_exc_StopIteration))) goto error;
    exhausted:
        R[B] = OB_NULL;
        pc += IMM;
        NEXT;
    }

    /* ---- calls ---- */
    CASE(CALL) callee = R[B]; av = &R[PY_ARGS(B)]; n = C; kw = OB_NULL; dst = A; goto call;
    CASE(CALLM) {
        callee = R[B];
        av = &R[PY_ARGS(B)];
        n = C;
        kw = OB_NULL;
        dst = A;
        if (ob_is_null(av[0])) { av++; goto call; }
        if (ob_is_ptr(callee) && ob_ptr(callee)->type == &ob_method_descr_type) {   /* the receiver's type was checked by GETMETHOD */
            SAVE();
            ob_method_descr *m = (ob_method_descr *)ob_ptr(callee);
            if (UNLIKELY(m->def->flags & OB_DEF_RESUMES) && vm_is_gen_type(m->type) && n == 1) {
                callee = av[0];
                kw = av[1];
                goto resume;
            }
            const ob_sig *sig = ob_sig_at(&m->sig, m->def);
            if (UNLIKELY(sig == NULL)) goto error;
            NATIVE(v, callee, av[0], ob_sig_call(sig, m->def, m->type, av[0], av + 1, n, OB_NULL));
            TRY(!ob_is_null(v));
            R[dst] = v;
            if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
            NEXT;
        }
        n++;
        goto call;
    }
    CASE(CALLKW)
        callee = R[B]; av = &R[PY_ARGS(B)]; n = C; dst = A;
        kw = K[py_instr_ext(*pc++)];
        n -= ob_tuple_len(kw);
        goto call;
    CASE(CALLMKW)
        callee = R[B]; av = &R[PY_ARGS(B)]; n = C; dst = A;
        kw = K[py_instr_ext(*pc++)];
        n -= ob_tuple_len(kw);
        if (ob_is_null(av[0])) av++; else n++;
        goto call;
    CASE(CALLEX) {
        SAVE();
        ob_val args = R[PY_ARGS(B)], kwargs = R[PY_ARGS(B) + 1];
        callee = R[B];
        dst = A;
        TRY(vm_spread(T, F, callee, args, kwargs, &av, &n, &kw));
        goto call;
    }

call:   /* callee(av[0..n-1], keywords kw) -> R[dst] */
    SAVE();
    push_flags = 0;
    if (LIKELY(ob_is_ptr(callee))) {
        ob_type *t = ob_ptr(callee)->type;
        if (LIKELY(t == &ob_function_type)) goto call_function;
        if (t == &ob_native_type) {
            const uint32_t how = ((const ob_native *)ob_ptr(callee))->def->flags;
            if (UNLIKELY(how & OB_DEF_FOLD) && n == 1 && ob_is_null(kw) && ob_type_of(av[0]) == &ob_generator_type) {
                if (OB_DEF_FOLD_OF(how) == PY_FOLD_NONE) {
                    callee = av[0];
                    goto resume;
                }
                if (!VM_LOOK) {
                    py_frame *g = py_fold_push(T, F->r + F->code->nregs, av[0], OB_DEF_FOLD_OF(how), dst);
                    if (LIKELY(g != NULL)) { ENTER_FRAME(g); NEXT_FRESH; }
                    if (ob_failed()) goto error;         /* else it had ended before */
                }
            }
            NATIVE(v, callee, OB_NULL, ob_native_call(callee, av, n, kw));
            TRY(!ob_is_null(v));
            R[dst] = v;
            if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
            NEXT;
        }
        if (t == &ob_method_type) {
            const ob_method *m = (const ob_method *)ob_ptr(callee);
            size_t total = n + (ob_is_null(kw) ? 0 : ob_tuple_len(kw));
            memmove(av + 1, av, total * sizeof *av);
            av[0] = m->self;
            n++;
            callee = m->func;
            goto call;
        }
        if (ob_is_type(callee) && vm_plain_construct(callee, &av, &n, kw, &push_flags, &callee)) {
            if (push_flags) goto call_init;
            TRY(!ob_is_null(callee));
            R[dst] = callee;
            NEXT;
        }
    }
    {
        ob_val v = ob_call_kw(callee, av, n, kw);
        TRY(!ob_is_null(v));
        R[dst] = v;
        if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
        NEXT;
    }

resume: {   /* generator callee goes on with kw (OB_NULL: None), by its method send() or by next(), whose bound forms are called like other natives */
        py_frame *g = py_gen_push(T, F->r + F->code->nregs, callee, kw, PY_F_GEN | PY_F_NEXT, dst);
        if (LIKELY(g != NULL)) { ENTER_FRAME(g); NEXT_FRESH; }
        if (!ob_failed()) ob_raise_none(&ob_exc_StopIteration);
        goto error;
    }

call_init: {   /* callee is the Python __init__, av[0] the new instance */
        ob_val self = av[0];
        py_frame *f = py_frame_push(T, (ob_val *)(void *)py_frame_of(av), callee, av, n, kw, PY_F_INIT, dst);
        if (UNLIKELY(!f)) goto error;
        f->owner = self;
        ENTER_FRAME(f);
        NEXT_FRESH;
    }

call_function: {
        const ob_function *fn = (const ob_function *)ob_ptr(callee);
        if (LIKELY(ob_ptr(callee)->type == &ob_function_type)) {
            py_code *co = py_code_ptr(fn->code);
            if (LIKELY(n == co->argcount) && LIKELY(vm_is_simple(co)) && LIKELY(ob_is_null(kw)) && LIKELY(av + co->nregs < T->stack_end) &&
                LIKELY(++T->depth <= T->limit)) {
                py_frame *f = py_frame_of(av);
                py_ic *ics = vm_ic_table(co, T);
                if (UNLIKELY(!ics)) { T->depth--; goto error; }
                SAVE();
                f->prev = F;
                f->code = co;
                f->func = callee;
                f->globals = fn->globals;
                f->ic = ics;
                f->ns = f->owner = f->object = OB_NULL;
                f->flags = push_flags;
                f->dst = dst;
                f->above = 0;
                for (size_t i = n, e = co->nlocals + co->ncellregs; i < e; i++) av[i] = OB_NULL;
                if (co->nfree) {
                    const ob_tuple_obj *cl = ob_tuple_ptr(fn->closure);
                    ob_val *to = av + co->nlocals + co->ncellregs;
                    for (size_t i = 0; i < co->nfree; i++) to[i] = cl->items[i];
                }
                F = f;
                T->frame = f;
                R = av;
                K = co->kconsts;
                IC = ics;
                pc = co->code;
                if (UNLIKELY(--T->ticks <= 0)) goto tick_call;
                NEXT_FRESH;
            }
            if (T->depth > T->limit) T->depth--;
            SAVE();
            py_frame *f = py_frame_push(T, (ob_val *)(void *)py_frame_of(av), callee, av, n, kw, push_flags, dst);
            if (UNLIKELY(!f)) goto error;
            if (UNLIKELY(f->code->flags & VM_GEN_FLAGS)) {
                ob_val g = py_gen_new(f);
                T->depth--;
                T->frame = F;
                if (ob_is_null(g)) goto error;
                R[dst] = g;
                NEXT;
            }
            ENTER_FRAME(f);
            NEXT_FRESH;
        }
        SAVE();
        ob_val v = ob_call_kw(callee, av, n, kw);
        TRY(!ob_is_null(v));
        if (!(push_flags & PY_F_DISCARD)) R[dst] = v;
        NEXT;
    }

    CASE(RETURN) {
        ob_val v = R[A];
#ifdef PY_VM_TRACED
        SAVE();
        if (!py_trace_return(T, F, v)) goto leave;
#endif
        uint32_t flags = F->flags;
        py_frame *p = F->prev;
        T->depth--;
        if (LIKELY(flags == 0)) {
            dst = F->dst;
            if (UNLIKELY(p < T->slice.watermark) && !py_slice_return(T, p)) goto condition;
            ENTER_FRAME(p);
            R[dst] = v;
            NEXT;
        }
        if (UNLIKELY(flags & PY_F_OBJECT)) {
            SAVE();
            py_frame_retire(F);
        }
        if (flags & PY_F_GEN) py_gen_finish(T, F);
        if (flags & PY_F_ENTRY) {
            if (UNLIKELY(T->slice.open) && !py_vm_leaving(T, F)) { T->depth++; goto error; }
            T->frame = p;
            T->activation--;
            return v;
        }
        if (UNLIKELY(p < T->slice.watermark) && !py_slice_return(T, p)) goto condition;
        ob_val owner = F->owner;
        dst = F->dst;
        ENTER_FRAME(p);
        if (flags & PY_F_INIT) {
            if (UNLIKELY(!ob_is_none(v))) {
                ob_raise(&ob_exc_TypeError, "__init__() should return None, not '%T'", v);
                goto error;
            }
            R[dst] = owner;
        } else if (flags & PY_F_FORITER) {
            goto exhausted;
        } else if (flags & PY_F_FOLD) {
            TRY(!ob_is_null(v = py_fold_rest(owner, OB_NULL)));
            R[dst] = v;
        } else if (flags & PY_F_NEXT) {
            ob_raise_stop(v);
            goto error;
        } else if (UNLIKELY(flags & (PY_F_STEP | PY_F_CLOSE))) {
            TRY(!ob_is_null(v = py_gen_left(F, flags, PY_GEN_RETURNED, v)));
            STOPPED(v);
            R[dst] = v;
        } else if (!(flags & PY_F_DISCARD)) {
            if (flags & PY_F_YIELDFROM) STOPPED(v);
            R[dst] = v;
        }
        NEXT;
    }
    CASE(MAKEFUNC) SET(vm_make_function(F, K[C], B == PY_NO_REG ? NULL : &R[B]));

    /* ---- building ---- */
    CASE(BUILDTUPLE) SET(ob_tuple_from(&R[B], C));
    CASE(BUILDLIST) SET(ob_list_from(&R[B], C));
    CASE(BUILDSET) SET(vm_build_set(&R[B], C));
    CASE(BUILDDICT) SET(vm_build_dict(&R[B], C));
    CASE(BUILDSTR) SET(ob_str_join(OB_NAME(empty), &R[B], C));
    CASE(LISTAPPEND) SAVE(); TRY(ob_list_append(R[A], R[B])); NEXT;
    CASE(SETADD) SAVE(); TRY(ob_set_add(R[A], R[B])); NEXT;
    CASE(DICTSET) SAVE(); TRY(ob_dict_set(R[A], R[B], R[C])); NEXT;
    CASE(LISTEXTEND) SAVE(); TRY(vm_list_extend(R[A], R[B])); NEXT;
    CASE(SETUPDATE) SAVE(); TRY(ob_set_update(R[A], R[B])); NEXT;
    CASE(DICTUPDATE) SAVE(); TRY(vm_dict_update(R[A], R[B])); NEXT;
    CASE(DICTMERGE) SAVE(); TRY(ob_dict_merge_kw(R[A], R[B], R[C])); NEXT;
    CASE(LISTTOTUPLE) SET(ob_list_as_tuple(R[B]));
    CASE(UNPACK) {
        ob_val s = R[B];
        if (LIKELY(ob_is_ptr(s)) && LIKELY(ob_ptr(s)->type == &ob_tuple_type) && LIKELY(ob_tuple_ptr(s)->n == C)) {
            const ob_val *items = ob_tuple_ptr(s)->items;
            ob_val *to = &R[A];
            for (unsigned i = 0, e = C; i < e; i++) to[i] = items[i];
            NEXT;
        }
        SAVE();
        TRY(vm_unpack(s, &R[A], C));
        NEXT;
    }
    CASE(UNPACKEX) SAVE(); TRY(vm_unpack_ex(R[B], &R[A], C & 0xff, C >> 8)); NEXT;
    CASE(CONVERT) SET(IMM == 's' ? ob_str(R[B]) : IMM == 'r' ? ob_repr(R[B]) : ob_ascii(R[B]));
    CASE(FORMATVAL) {
        ob_val v = R[B];
        if (C == PY_NO_REG) {
            if (ob_is_exact(v, &ob_str_type)) { R[A] = v; NEXT; }
            if (ob_is_small(v)) SET(ob_int_to_text(v, 10, false));
        }
        SET(ob_format(v, C == PY_NO_REG ? OB_NULL : R[C]));
    }

    /* ---- functions, classes, imports ---- */
    CASE(LOADBUILDCLASS) SET(vm_builtin(F, OB_NAME(build_class)));
    CASE(LOADASSERT) R[A] = ob_of(&ob_exc_AssertionError); NEXT;
    CASE(SETUPANN) SAVE(); TRY(vm_setup_annotations(F)); NEXT;
    CASE(LOADLOCALS) { ob_val ns = py_frame_ns(F); R[A] = ob_is_null(ns) ? F->globals : ns; NEXT; }
    CASE(PRINTEXPR) SAVE(); TRY(vm_print_expr(R[A])); NEXT;
    CASE(IMPORTNAME) SET(py_import_op(F, K[C], R[B], R[B + 1]));
    CASE(IMPORTFROM) SET(py_import_from(R[B], K[C]));
    CASE(IMPORTSTAR) SAVE(); TRY(py_import_star(F, R[A])); NEXT;

    /* ---- exceptions ---- */
    CASE(RAISE)
        SAVE();
        vm_raise(T, A == PY_NO_REG ? OB_NULL : R[A], B == PY_NO_REG ? OB_NULL : R[B]);
        if (A == PY_NO_REG && !ob_is_null(T->handled)) goto reraise;   /* its traceback has this frame already */
        goto error;
    CASE(RERAISE)
        SAVE();
        ob_err_restore(R[A]);
        goto reraise;
    CASE(POPEXC)
        vm_pop_handled(T, F, A);
        NEXT;
    CASE(EXCMATCH) SAVE(); { int t = vm_exc_match(R[B], R[C]); TRY(t >= 0); R[A] = ob_bool(t); } NEXT;

    /* ---- with ---- */
    CASE(WITHENTER) {
        SAVE();
        ob_val v = R[B];
        if (py_is_atomic(v)) {
            ob_val txn;
            bool asked = pc->a != C + 1;  /* the CALLM that follows, for which there is no __enter__, gives the result to `as` */
            const py_atomic *spec = (const py_atomic *)ob_ptr(v);
            if (!asked && LIKELY(spec->plain) && py_merge_next(T, F, spec->label)) {
                R[A] = v;
                pc++;
                NEXT;
            }
            TRY(py_block_enter(T, F, pc - 1, v, asked ? &txn : NULL));
            R[A] = v;
            if (asked) R[pc->a] = txn;
            pc++;
            NEXT;
        }
        if (py_is_lock(v)) {
            int joined = py_lock_join(T, F, pc - 1, v);
            TRY(joined >= 0);
            if (joined) {
                R[A] = v;
                R[pc->a] = OB_TRUE;
                pc++;
                NEXT;
            }
            ob_val kept = R[pc->a];
            R[A] = v;
            R[pc->a] = OB_TRUE;              /* before the slice that begins then keeps the registers */
            int how = py_lock_enter(T, F, pc, v);
            if (how > 0) { pc++; NEXT; }
            R[pc->a] = kept;
            TRY(how == 0);
        }
        TRY(vm_with_enter(v, &R[A], &R[C]));
        R[PY_ARGS(C)] = OB_NULL;
        NEXT;
    }
    CASE(WITHEXIT) {
        SAVE();
        if (py_is_atomic(R[A])) {
            const py_instr *at = pc;     /* pc itself stays in a register: nobody takes its address */
            if (py_merge_end(T)) NEXT;
            int how = py_block_commit(T, F, &at);
            pc = at;
            if (how > 0) {
                if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
                NEXT;
            }
            if (how < 0) { ENTER_FRAME(T->frame); TRY(!ob_failed()); NEXT; }   /* again, or Conflict */
            goto error;
        }
        if (py_is_lock(R[A])) {
            int how = py_lock_exit(T, F, pc, R[A]);
            if (how > 0) NEXT;
            TRY(how == 0 && vm_with_exit(&R[A]));
        }
        callee = R[A];
        av = &R[PY_ARGS(B)];
        av[0] = av[1] = av[2] = OB_NONE;
        n = 3; kw = OB_NULL; dst = B;
        goto call;
    }
    CASE(WITHEXCEPT) {
        SAVE();
        ob_val e = R[C];
        if (py_is_atomic(R[A])) {
            int how = py_block_fail(T, e);
            if (how < 0) goto error;
            R[B] = ob_bool(how);
            if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
            NEXT;
        }
        if (py_is_lock(R[A])) {
            if (py_lock_part(T, R[A])) {
                R[B] = OB_FALSE;
                NEXT;
            }
            tx_in_lock(-1);
            TRY(vm_with_exit(&R[A]));
        }
        callee = R[A];
        av = &R[PY_ARGS(B)];
        ob_val tb = ob_exc_get_traceback(e);
        av[0] = ob_of(ob_type_of(e));
        av[1] = e;
        av[2] = ob_is_null(tb) ? OB_NONE : tb;
        n = 3; kw = OB_NULL; dst = B;
        goto call;
    }

    /* ---- generators ---- */
    CASE(YIELD) {
        ob_val v = R[B];
        SAVE();
        callee = v;                      /* the value on its way out */
        goto yield_value;
    }
yield_value:   /* callee leaves the generator frame F, which goes on at F->pc */
    {
        if (UNLIKELY(T->merged.depth) && T->merged.frame[T->merged.depth - 1] == F && !py_unmerge(T)) goto error;
        if (UNLIKELY(T->block != NULL) && T->block->frame == F) {
            pc = F->pc + (F->pc->op == PY_OP_YIELDFROM && F->pc[-1].op != PY_OP_YIELD);   /* unwinding looks at the instruction before pc */
            SAVE();
            ob_raise(&ob_exc_TransactionError, "yield inside an atomic block");
            goto error;
        }
        uint32_t flags = F->flags;
        if (!VM_LOOK && UNLIKELY(flags & PY_F_FOLD) && F->pc[-1].op == PY_OP_YIELD && py_fold_more(F->owner, callee)) {
            R[F->pc[-1].a] = OB_NONE;
            NEXT;
        }
#ifdef PY_VM_TRACED
        if (!py_trace_yield(T, F, callee)) {
            pc = F->pc;
            goto error;
        }
#endif
        py_frame *p = F->prev;
        ob_val gen = F->owner;
        dst = F->dst;
        py_gen_suspend(T, F, F->pc);
        if (ob_failed()) goto error;
        T->depth--;
        if (flags & PY_F_ENTRY) {
            T->frame = p;
            T->activation--;
            return callee;
        }
        if (UNLIKELY(p < T->slice.watermark) && !py_slice_return(T, p)) goto condition;
        bool left = UNLIKELY(flags & (PY_F_STEP | PY_F_CLOSE)) && (flags & PY_F_CLOSE || F->pc[-1].op == PY_OP_YIELD);
        ENTER_FRAME(p);
        if (left) {
            TRY(!ob_is_null(callee = py_gen_left(F, flags, PY_GEN_YIELDED, callee)));
            STOPPED(callee);
        } else if (flags & PY_F_YIELDFROM) {
            pc--;                        /* resumes at the YIELDFROM itself */
            SAVE();
            goto yield_value;
        } else if (UNLIKELY(flags & PY_F_FOLD)) {
            TRY(!ob_is_null(callee = py_fold_rest(gen, callee)));
            R[dst] = callee;
            if (UNLIKELY(T->look != VM_LOOK)) goto after_native;
            NEXT;
        }
        R[dst] = callee;
        NEXT;
    }
    CASE(YIELDFROM) {
        SAVE();
        ob_val it = R[B];
        ob_type *t = ob_type_of(it);
        if (vm_is_gen_type(t)) {
            py_frame *g = py_gen_push(T, F->r + F->code->nregs, it, ob_is_none(R[C]) ? OB_NULL : R[C], PY_F_GEN | PY_F_YIELDFROM, A);
            if (LIKELY(g != NULL)) { ENTER_FRAME(g); NEXT_FRESH; }
            if (ob_failed()) goto error;
            R[A] = OB_NONE;
            NEXT;
        }
        if (vm_is_step_type(t)) {
            py_step_how how = py_step_push(T, F->r + F->code->nregs, it, R[C], PY_F_GEN | PY_F_YIELDFROM | PY_F_STEP, A, &callee);
            if (LIKELY(how == PY_STEP_RUNS)) { ENTER_FRAME(T->frame); if (ob_failed()) goto error; NEXT_FRESH; }
            if (how == PY_STEP_ENDS) { TRY(!ob_is_null(callee)); STOPPED(callee); R[A] = callee; NEXT; }
            pc--;
            SAVE();
            goto yield_value;
        }
        bool done;
        ob_val x = vm_send(it, R[C], &done);
        TRY(!ob_is_null(x));
        if (done) { R[A] = x; NEXT; }
        callee = x;
        pc--;
        SAVE();
        goto yield_value;
    }
    CASE(YIELDITER) SET(vm_yield_iter(F, R[B]));
    CASE(AWAITABLE) SET(vm_awaitable(R[B], IMM));
    CASE(GETAITER) SET(vm_aiter(R[B]));
    CASE(GETANEXT) SET(vm_anext(R[B]));
    CASE(ENDASYNCFOR)
        if (ob_is_a(R[A], &ob_exc_StopAsyncIteration)) NEXT;
        SAVE();
        ob_err_restore(R[A]);
        goto reraise;
    CASE(AWITHENTER) SAVE(); TRY(vm_async_with_enter(R[B], &R[A], &R[C])); R[PY_ARGS(C)] = OB_NULL; NEXT;

    /* ---- match ---- */
    CASE(MATCHSEQ) R[A] = ob_bool(ob_has_tflag(R[B], OB_TF_SEQUENCE)); NEXT;
    CASE(MATCHMAP) R[A] = ob_bool(ob_has_tflag(R[B], OB_TF_MAPPING)); NEXT;
    CASE(MATCHKEYS) SET(vm_match_keys(R[B], R[C]));
    CASE(MATCHCLASS) {
        ob_val subject = R[B], cls = R[C];
        dst = A;
        uint64_t x = py_instr_ext(*pc++);
        SAVE();
        ob_val v = vm_match_class(subject, cls, x & 0xffff, K[x >> 16]);
        TRY(!ob_is_null(v));
        R[dst] = v;
        NEXT;
    }
    CASE(LEN) { SAVE(); ssize_t len = ob_len(R[B]); TRY(len >= 0); R[A] = ob_from_small(len); NEXT; }
    CASE(EXCGROUPMATCH) SAVE(); TRY(vm_group_match(T, R[B], R[C], &R[A])); NEXT;
    CASE(EXCGROUPRAISE) SET(vm_group_raise(R[B], R[B + 1]));

tick_call:   /* F has just been called */
    SAVE();
    if (!py_tick(T, F, pc)) goto error;
    if (T->frame != F) ENTER_FRAME(T->frame);
    if (UNLIKELY((T->look & PY_LOOK_TRACE) != VM_LOOK)) return VM_OTHER(T, below, F, true);
    NEXT_FRESH;

tick: {   /* ticks are used up, or the collector wants us */
        const py_instr *back = pc;           /* lies in the region of a try or with whose first instruction it may lead to */
        pc += BC;
        SAVE();
        if (!py_tick(T, F, pc)) {
            pc = back;
            goto error;
        }
    }
    if (T->frame != F) ENTER_FRAME(T->frame);
    if (UNLIKELY((T->look & PY_LOOK_TRACE) != VM_LOOK)) return VM_OTHER(T, below, F, false);
    NEXT;

after_native:
    SAVE();
    if (UNLIKELY(T->look & PY_LOOK_GUARDED) && !py_guard_settle(T)) goto error;
    if (T->look & PY_LOOK_EXTERNAL && !py_after_native(T, F, pc)) goto error;
    if (UNLIKELY((T->look & PY_LOOK_TRACE) != VM_LOOK)) return VM_OTHER(T, below, F, false);
    NEXT;

#ifdef PY_VM_TRACED
traced_call:
    SAVE();
    if (!py_trace_call(T, F) || ob_failed()) goto error;
    goto traced_next;
traced_next:
    pc++;
    SAVE();
    if (!py_trace_instruction(T, F)) goto error;
    pc = F->pc - 1;
    DISPATCH;
#endif

error:
    if (ob_is_unread()) ob_unread_raise();
    if (UNLIKELY(T->look & PY_LOOK_GUARDED)) py_guard_settle(T);
    if (UNLIKELY(ob_err.cond != OB_COND_EXCEPTION)) goto condition;
    vm_add_traceback(T, F, pc);
#ifdef PY_VM_TRACED
    SAVE();
    if (!py_trace_exception(T, F)) goto error_in_trace;
#endif
reraise: {
        const py_instr *handler = py_unwind(T, F, pc);
        if (handler) { pc = handler; NEXT; }
        if (UNLIKELY(ob_err.cond != OB_COND_EXCEPTION)) goto condition;
#ifdef PY_VM_TRACED
        SAVE();
        if (!py_trace_return(T, F, OB_NULL)) goto leave;
#endif
        goto leave;
    }
#ifdef PY_VM_TRACED
error_in_trace:
    if (UNLIKELY(ob_err.cond != OB_COND_EXCEPTION)) goto condition;
    vm_add_traceback(T, F, pc);
    goto reraise;
#endif

leave: {   /* F ends by the pending exception */
        if (UNLIKELY(ob_err.cond != OB_COND_EXCEPTION)) goto condition;
        uint32_t flags = F->flags;
        py_frame *p = F->prev;
        SAVE();
        py_frame_leave(F);
        if (flags & PY_F_GEN) py_gen_finish(T, F);
        if (flags & PY_F_ENTRY) {
            if (UNLIKELY(T->slice.open)) {
                ob_pending keep = ob_err;
                ob_err = (ob_pending){0};
                if (!py_vm_leaving(T, F)) goto error;
                ob_err = keep;
            }
            T->depth--;
            T->frame = p;
            T->activation--;
            return OB_NULL;
        }
        T->depth--;
        if (UNLIKELY(p < T->slice.watermark) && !py_slice_return(T, p)) goto condition;
        dst = F->dst;
        ENTER_FRAME(p);
        if (UNLIKELY(flags & (PY_F_STEP | PY_F_CLOSE))) {
            ob_val v = py_gen_left(F, flags, PY_GEN_RAISED, OB_NULL);
            if (!ob_is_null(v)) { STOPPED(v); R[dst] = v; NEXT; }
        }
        goto error;
    }

condition: {   /* CONFLICT, RETRY, EXIT: no handler sees them */
        ob_unread_forget();
        py_frame *f = py_restart(T);
        if (f) {
            ENTER_FRAME(f);
            if (ob_failed()) goto error;
            NEXT;
        }
        py_frames_drop(T, below);
        T->frame = below;
        T->activation--;
        return OB_NULL;
    }
}
