/* debug.h: looking at chains and transactions, from gdb and from tests. */
#ifndef TXN_DEBUG_H
#define TXN_DEBUG_H
#include "txn/tx.h"

void tx_dump_chain(const tx_handle *h);        /* to stderr: version word, stamps, up to what live snapshots need */
void tx_dump_thread(void);                     /* to stderr: this thread's transaction, its log and undo records */
/* NULL: sound; else what is wrong with the chain of h (static text). Call in a transaction (or sole). */
const char *tx_check_chain(const tx_handle *h);
/* Does a mirror show its newest version? */
bool tx_is_mirrored(const tx_handle *h);
/* tx_check_chain for this thread's map and undo log. */
const char *tx_check_thread(void);
/* Versions that wait to be freed on this thread's ring. */
size_t tx_retired_count(void);

#endif
