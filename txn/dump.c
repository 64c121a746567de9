/* dump.c: prints chains and transactions for people.  Locks: none; for debuggers, and for tests on quiet objects. */
#include "txn/debug.h"
#include "txn/txn_int.h"
#include <inttypes.h>
#include <stdio.h>

void tx_dump_chain(const tx_handle *h) {
    uint64_t vw = tx__vw(h), oldest = tx__snapshot_oldest();
    fprintf(stderr, "handle %p kind %s vw %#" PRIx64 "%s\n", (const void *)h, tx__kind(h)->name, vw,
            vw == TX_SHARED ? " shared" : vw == TX_GHOST ? " ghost" : vw & 1 ? " private" : "");
    if (vw & 1 || vw == TX_GHOST) return;
    for (tx_version *v = tx__head(vw); v; v = tx__older(v)) {
        fprintf(stderr, "  version %p stamp %" PRIu64 "\n", (void *)v, (uint64_t)v->stamp);
        if (v->stamp <= oldest) return;
    }
    fprintf(stderr, "  inline\n");
}

void tx_dump_thread(void) {
    static const char *const types[] = {"inline", "first", "again", "op", "freeze", "epoch", "note", "gone"};
    tx_thread *t = tx_me.txn;
    if (t == NULL) return;
    fprintf(stderr, "thread tid %" PRIu64 " step %#" PRIx64 " %s%s%s snapshot %" PRIu64 " epoch %#" PRIx64 " attempt %u\n", t->tid, tx_me.id,
            t->active ? "active" : "outside", t->sole ? " sole" : "", t->doomed ? " doomed" : "", t->snapshot, tx_me.epoch, t->attempt);
    for (size_t i = 0; i < t->entries.n; i++) {
        tx_entry *e = &t->entries.at[i];
        fprintf(stderr, "  %p read %#" PRIx64 " dirty %#" PRIx64 " seen %p mine %p\n", (void *)e->h, e->read, e->dirty, e->seen, (void *)e->mine);
    }
    for (size_t i = 0; i < t->undo.n; i++)
        fprintf(stderr, "  undo %s %p copy %p old %#" PRIx64 "\n", types[t->undo.at[i].type], (void *)t->undo.at[i].h, t->undo.at[i].copy, t->undo.at[i].old);
}
