/* stub.h: what stands in a tree (pages.h, dict_tree.h) for a part that is still in the store: it is brought in when it is first looked at, and may be let go
 * of again.
 *
 * A stub is a block; all versions that share the part share the stub, so that "the same pointer: nothing has changed" holds whether the part is there or not.
 *
 * Why a reader in any snapshot finds what belongs to it.  A stub is made from a record that was the newest, with no commit of its container waiting to be
 * written; all versions of the container in memory that have the stub have what that record says.
 *   S1  A commit that changes the part has written a copy of it, so it has pinned the stub and brought the part in, before it was given its place in the order
 *       (ob__own; the trie in dict_tree.c). A pinned stub keeps its part until it dies. (ob__stub_let_go)
 *   S2  Who brings a part in reads the store at some moment, then installs what it has found if nobody has installed anything (ob__stub_install). If the record
 *       was overwritten before that moment, the stub had its part by then (S1), and the reader takes that. If not, it has read the right record.
 * Nobody else overwrites these records: the id table has one handle an object, and a handle that is let go of (a ghost) has no older version and no reader.
 */
#ifndef OBJSPACE_STUB_H
#define OBJSPACE_STUB_H
#include "objspace/heap.h"

enum { OB__STUB = 2, OB__STUB_PAGE = 1, OB__STUB_LEAF = 2 };
typedef struct ob__stub {
    _Atomic(void *) at;          /* what it stands for; OB__STUB_NOTHING: nothing; NULL: it is in the store.  (MO: STUB) */
    uint64_t owner;              /* id of the container */
    uint64_t from;               /* of a page or node: its first element; of a part of a trie: its first hash */
    uint64_t end;                /* elements from here on are absent, as are those before `first` */
    uint64_t first;
    uint8_t what, level;         /* level: of nodes above the pages; of the trie: below its root */
    uint8_t kind;                /* the upper layer's */
    _Atomic(uint8_t) pinned;     /* relaxed: set by the thread that then brings it in */
    _Atomic(uint32_t) used;      /* when it was last looked at, by ob__stub_now.  relaxed */
} ob__stub;
#define OB__STUB_NOTHING ((void *)8)

/* Brings the part in by ob__stub_install, or raises and counts up ob__stub_trouble.  Set by the upper layer. */
extern void (*ob__stub_load)(ob__stub *s);
void ob__stub_install(ob__stub *s, void *part);  /* unless another thread was first */
bool ob__stub_let_go(ob__stub *s);               /* the world stopped: the next look brings it in again.  false: it must stay */
extern _Thread_local uint64_t ob__stub_trouble;
extern _Atomic(uint32_t) ob__stub_now;           /* goes up with each collection that lets go of something */
/* Where nothing may be loaded (inside of a commit): what is not there is trouble, without an exception.  Returns what to give to ob__stub_loud; that is true
 * if there was none. */
uint64_t ob__stub_hush(void);
bool ob__stub_loud(uint64_t was);

static inline bool ob__is_stub(const void *p) { return ((uintptr_t)p & 3) == OB__STUB; }
static inline ob__stub *ob__stub_of(const void *p) { return (ob__stub *)((uintptr_t)p - OB__STUB); }
const void *ob__stub_open(const void *p);
/* What a pointer of a tree means: itself, or what the stub stands for. */
static inline void *ob__solid(const void *p) { return (void *)(uintptr_t)(LIKELY(!ob__is_stub(p)) ? p : ob__stub_open(p)); }
static inline void ob__stub_pin(const void *p) { atomic_store_explicit(&ob__stub_of(p)->pinned, 1, memory_order_relaxed); }
/* A new one, tagged; NULL: no memory. */
void *ob__stub_new(const ob__stub *like) MUST_CHECK;
/* For trace functions: marks a stub; what it stands for, or NULL; anything else as it is. */
const void *ob__stub_trace(const void *p, ob_tracer *t);

#endif
