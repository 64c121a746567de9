/* stub.c: parts of trees that are still in the store.  Locks: none.  Invariants: stub.h. */
#include "objspace/stub.h"
#include <string.h>

void (*ob__stub_load)(ob__stub *s);
_Thread_local uint64_t ob__stub_trouble;
_Atomic(uint32_t) ob__stub_now = 1;
static _Thread_local bool hushed;

uint64_t ob__stub_hush(void) {
    uint64_t was = ob__stub_trouble << 1 | hushed;
    hushed = true;
    return was;
}

bool ob__stub_loud(uint64_t was) {
    hushed = was & 1;
    return ob__stub_trouble == was >> 1;
}

static void *part_of(const ob__stub *s) { return atomic_load_explicit(&((ob__stub *)(uintptr_t)s)->at, memory_order_acquire); } /* MO: STUB acquire */

NOINLINE const void *ob__stub_open(const void *p) {
    ob__stub *s = ob__stub_of(p);
    uint32_t now = atomic_load_explicit(&ob__stub_now, memory_order_relaxed);
    void *at = part_of(s);
    if (UNLIKELY(at == NULL)) {
        if (hushed || ob__stub_load == NULL) return ob__stub_trouble++, NULL;
        ob__stub_load(s);
        if ((at = part_of(s)) == NULL) return NULL;
    }
    if (UNLIKELY(atomic_load_explicit(&s->used, memory_order_relaxed) != now)) atomic_store_explicit(&s->used, now, memory_order_relaxed);
    return at == OB__STUB_NOTHING ? NULL : at;
}

void ob__stub_install(ob__stub *s, void *part) {
    void *was = NULL;
    if (part == NULL) part = OB__STUB_NOTHING;
    atomic_store_explicit(&s->used, atomic_load_explicit(&ob__stub_now, memory_order_relaxed), memory_order_relaxed);
    (void)atomic_compare_exchange_strong_explicit(&s->at, &was, part, memory_order_release, memory_order_relaxed); /* MO: STUB release */
}

bool ob__stub_let_go(ob__stub *s) {
    if (atomic_load_explicit(&s->pinned, memory_order_relaxed)) return false;
    atomic_store_explicit(&s->at, NULL, memory_order_relaxed);           /* the stopped world orders it */
    return true;
}

void *ob__stub_new(const ob__stub *like) {
    ob__stub *s = ob_block_alloc(sizeof *s);
    if (!s) return NULL;
    *s = *like;
    return (char *)s + OB__STUB;
}

const void *ob__stub_trace(const void *p, ob_tracer *t) {
    if (LIKELY(!ob__is_stub(p))) return p;
    const ob__stub *s = ob__stub_of(p);
    if (!t->block(t, s)) return NULL;
    const void *at = part_of(s);
    return at == OB__STUB_NOTHING ? NULL : at;
}
