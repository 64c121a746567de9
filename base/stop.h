/* stop.h: named stop points. A test installs a function that is called whenever a thread passes one and may hold it there;
 * in builds without APO_DEBUG a stop point is no code at all. */
#ifndef BASE_STOP_H
#define BASE_STOP_H

/* Every stop point of the program. */
#define BASE_STOPS(X)                                                         \
    X(TX_SNAPSHOT_ANNOUNCED, "a snapshot is announced, the clock not re-read") \
    X(TX_COMMIT_ENTER, "before the commit lock is asked for")                  \
    X(TX_COMMIT_VALID, "validated, nothing installed")                         \
    X(TX_COMMIT_STAMPED, "versions have their stamp, none is installed")       \
    X(TX_COMMIT_INSTALLED, "installed, the clock not yet advanced")            \
    X(TX_COMMIT_DONE, "the commit lock was dropped")                           \
    X(TX_WAIT_LISTED, "a retrier is in its buckets and has not validated")     \
    X(TX_WAIT_SLEEP, "a retrier is about to sleep")

typedef enum base_stop_name {
#define X(name, doc) BASE_STOP_##name,
    BASE_STOPS(X)
#undef X
    BASE_STOP_COUNT
} base_stop_name;

#ifdef APO_DEBUG
extern void (*base_stop_hook)(base_stop_name name); /* set before threads start; NULL: none */
#define BASE_STOP(name) (base_stop_hook ? base_stop_hook(BASE_STOP_##name) : (void)0)
const char *base_stop_text(base_stop_name name);
#else
#define BASE_STOP(name) ((void)0)
#endif

#endif
