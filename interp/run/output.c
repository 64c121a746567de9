/* output.c: output of atomic blocks is held back in memory (docs/gaps.md: not yet spilled to a file) until the block has committed.
 * Locks: none; all state is the thread's. */
#include "interp/run/output.h"
#include "interp/run/vm_ops.h"
#include "base/buf.h"
#include "interp/mod/io.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct held_chunk { int fd; size_t offset, n; } held_chunk;
typedef struct py_held py_held;
struct py_held {
    char *data; size_t used, room;
    held_chunk *chunks; size_t nchunks, cap;
};

static bool grow(void **p, size_t *room, size_t need, size_t item) {
    if (need <= *room) return true;
    size_t n = *room ? *room * 2 : 64;
    while (n < need) n *= 2;
    void *q = realloc(*p, n * item);
    if (!q) return false;
    *p = q;
    *room = n;
    return true;
}

static bool hold(py_thread *T, int fd, const void *data, size_t n) {
    py_held *h = T->held;
    if (!h && !(h = T->held = calloc(1, sizeof *h))) return false;
    if (!grow((void **)&h->data, &h->room, h->used + n, 1) || !grow((void **)&h->chunks, &h->cap, h->nchunks + 1, sizeof *h->chunks)) return false;
    memcpy(h->data + h->used, data, n);
    if (h->nchunks && h->chunks[h->nchunks - 1].fd == fd) h->chunks[h->nchunks - 1].n += n;
    else h->chunks[h->nchunks++] = (held_chunk){fd, h->used, n};
    h->used += n;
    return true;
}

ssize_t py_output_write(int fd, const void *data, size_t n) {
    py_thread *T = py_me;
    if (T && T->block) {
        if (hold(T, fd, data, n)) return (ssize_t)n;
        errno = ENOMEM;
        return -1;
    }
    py_blocking_enter();
    ssize_t w = write(fd, data, n);
    int err = errno;
    py_blocking_leave();
    errno = err;
    return w;
}

static bool write_all(int fd, const char *p, size_t n) {
    while (n) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0 && errno == EAGAIN) {                  /* a descriptor that does not block: a held write was promised */
            struct pollfd wait = {fd, POLLOUT, 0};
            poll(&wait, 1, -1);
            continue;
        }
        if (w < 0) return false;
        p += w;
        n -= (size_t)w;
    }
    return true;
}

bool py_output_flush(py_thread *T) {
    py_held *h = T->held;
    if (!h) return true;
    T->held = NULL;
    int err = 0;
    ob_blocking_enter();
    for (size_t i = 0; i < h->nchunks; i++)
        if (!write_all(h->chunks[i].fd, h->data + h->chunks[i].offset, h->chunks[i].n)) { err = errno; break; }
    ob_blocking_leave();
    free(h->data);
    free(h->chunks);
    free(h);
    T->held_error = err;
    return err == 0;
}

void py_output_drop(py_thread *T) {
    if (T->held) py_output_rollback(T, 0);
}

size_t py_output_mark(py_thread *T) { return T->held ? T->held->used : 0; }

void py_output_rollback(py_thread *T, size_t mark) {
    py_held *h = T->held;
    if (!h) return;
    h->used = mark;
    while (h->nchunks && h->chunks[h->nchunks - 1].offset >= mark) h->nchunks--;
    if (h->nchunks) h->chunks[h->nchunks - 1].n = mark - h->chunks[h->nchunks - 1].offset;
    if (mark) return;
    free(h->data);
    free(h->chunks);
    free(h);
    T->held = NULL;
}

/* ---- what _io calls before it acts ---- */

static ssize_t io_write(int fd, const void *data, size_t n) {
    if (!py_me->block && !ob_external()) return -2;
    return py_output_write(fd, data, n);
}
static bool is_regular(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}
static bool io_before_read(int fd) { return is_regular(fd) || ob_external(); }
static bool io_before_tell(int fd UNUSED) { return true; }
static bool io_before_open(const char *path UNUSED, int flags) {
    return ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC))) || ob_external();
}
/* A file that was only read may be closed in a block: should the block run again, it opens it again. */
static bool io_before_close(int fd) { return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY || ob_external(); }
static bool io_before_truncate(int fd UNUSED) { return ob_external(); }

void py_output_init(void) {
    py_io = (py_io_effects){io_write, io_before_read, io_before_tell, io_before_open, io_before_close, io_before_truncate};
}

bool py_output_pending(int fd) {
    py_held *h = py_me ? py_me->held : NULL;
    for (size_t i = 0; h && i < h->nchunks; i++) if (h->chunks[i].fd == fd) return true;
    return false;
}
