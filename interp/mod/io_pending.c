/* io_pending.c: flushes what a program has written when it may be looked at.
 *
 * CPython closes a file with the last reference to it: after `open(p, "w").write(s)` all is in the file. Here the stream waits for a collection. So the
 * streams that open() has made for writing to regular files are listed by descriptor; and before a file is opened or stat'ed by name, those that write to the
 * same file are flushed; before a process is started, and at a thread's end, those that the thread has opened. A stream that somebody still refers to is
 * flushed with them, which nobody can count on not to happen.
 * Locks: list_lock, a leaf; nothing is allocated on the heap or called under it. The list changes only while its thread is in no blocking region, so that the
 * collector finds it whole. Nothing of it is versioned: a stream in it may belong to a block that was undone, then its flush fails or writes nothing. */
#include "interp/mod/io_pending.h"
#include "interp/run/frame.h"
#include "objspace/weakref.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef struct writer { ob_val ref; dev_t dev; ino_t ino; uint64_t owner; } writer;     /* ref OB_NULL: none */

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static writer *writers;                      /* by descriptor.  All under list_lock */
static int nwriters;
static _Atomic(int) open_writers;            /* changed under list_lock; relaxed reads: a thread has at least seen its own */

static bool room_for(int fd) {
    if (fd < nwriters) return true;
    int n = nwriters ? nwriters : 64;
    while (n <= fd) n *= 2;
    writer *more = realloc(writers, (size_t)n * sizeof *more);
    if (!more) return false;
    memset(more + nwriters, 0, (size_t)(n - nwriters) * sizeof *more);
    writers = more;
    nwriters = n;
    return true;
}

bool py_io_writer_opened(ob_val stream, int fd) {
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) return true;
    ob_val ref = ob_weakref_new(stream, OB_NULL);
    if (ob_is_null(ref)) return false;
    pthread_mutex_lock(&list_lock);
    bool ok = room_for(fd);
    if (ok) {
        if (ob_is_null(writers[fd].ref)) atomic_fetch_add_explicit(&open_writers, 1, memory_order_relaxed);
        writers[fd] = (writer){ref, st.st_dev, st.st_ino, py_me->ident};
    }
    pthread_mutex_unlock(&list_lock);
    return ok || ob_fail(ob_raise_memory());
}

void py_io_writer_closed(int fd) {
    if (!atomic_load_explicit(&open_writers, memory_order_relaxed)) return;
    pthread_mutex_lock(&list_lock);
    if (fd >= 0 && fd < nwriters && !ob_is_null(writers[fd].ref)) {
        writers[fd].ref = OB_NULL;
        atomic_fetch_sub_explicit(&open_writers, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&list_lock);
}

/* The stream of the next descriptor from *fd on that writes to st's file, or, st NULL, that this thread has opened. */
static ob_val next_writer(int *fd, const struct stat *st) {
    ob_val ref = OB_NULL;
    pthread_mutex_lock(&list_lock);
    for (; *fd < nwriters && ob_is_null(ref); ++*fd) {
        const writer *w = &writers[*fd];
        if (!ob_is_null(w->ref) && (st ? w->dev == st->st_dev && w->ino == st->st_ino : w->owner == py_me->ident)) ref = w->ref;
    }
    pthread_mutex_unlock(&list_lock);
    return ref;
}

static bool flush_all(const struct stat *st) {
    ob_pending keep = ob_err;
    ob_err = (ob_pending){0};
    int fd = 0;
    for (ob_val ref; !ob_is_null(ref = next_writer(&fd, st));) {
        ob_val stream = ob_weakref_get(ref);
        if (ob_is_null(stream) || !ob_is_null(ob_call_method_c(stream, "flush", NULL, 0))) continue;
        if (ob_err.cond > OB_COND_EXCEPTION) return false;
        ob_err_clear();
    }
    ob_err = keep;
    return true;
}

bool py_io_sync_path(int dir, const char *path, bool follow) {
    struct stat st;
    if (LIKELY(!atomic_load_explicit(&open_writers, memory_order_relaxed))) return true;
    if (fstatat(dir, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode)) return true;
    return flush_all(&st);
}

bool py_io_sync_own(void) { return !atomic_load_explicit(&open_writers, memory_order_relaxed) || flush_all(NULL); }

static void trace_writers(ob_tracer *t, void *arg UNUSED) {
    for (int i = 0; i < nwriters; i++) ob_trace_val(t, writers[i].ref);
}
bool py_io_pending_init(void) { return ob_gc_add_root(trace_writers, NULL); }
