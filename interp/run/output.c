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
/* ---- positions of files ---- */

/* A block may read regular files and move about in them; should it be undone, their positions are as they were. */
typedef struct py_move { int fd; off_t at; dev_t device; ino_t inode; } py_move;

static bool note_move(py_thread *T, int fd, const struct stat *st) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at < 0) return true;
    if (T->nmoves == T->moves_cap) {
        size_t cap = T->moves_cap ? 2 * T->moves_cap : 8;
        py_move *p = realloc(T->moves, cap * sizeof *p);
        if (!p) return ob_fail(ob_raise_memory());
        T->moves = p;
        T->moves_cap = cap;
    }
    T->moves[T->nmoves++] = (py_move){fd, at, st->st_dev, st->st_ino};
    return true;
}

void py_output_move_back(py_thread *T, size_t mark) {
    while (T->nmoves > mark) {
        py_move m = T->moves[--T->nmoves];
        struct stat st;
        if (fstat(m.fd, &st) == 0 && st.st_dev == m.device && st.st_ino == m.inode) (void)lseek(m.fd, m.at, SEEK_SET);
    }
}

/* Is output held for the file that st describes? */
static bool held_for(const py_thread *T, const struct stat *st) {
    const py_held *h = T->held;
    int last = -1;
    for (size_t i = 0; h && i < h->nchunks; i++) {
        struct stat other;
        if (h->chunks[i].fd == last) continue;
        last = h->chunks[i].fd;
        if (fstat(last, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino) return true;
    }
    return false;
}

/* What is held must be in the file before this: then it cannot be taken back any more, and the block becomes irrevocable. */
static bool write_out(py_thread *T) {
    if (!ob_external()) return false;
    return py_output_flush(T) || ob_fail(ob_raise_errno(T->held_error, OB_NULL));
}

bool py_output_before(int fd, bool moves) {
    py_thread *T = py_me;
    struct stat st;
    if (!T || !T->block) return ob_external();               /* between slices, once */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return !moves || ob_external();
    if (T->held && held_for(T, &st) && !write_out(T)) return false;
    return !moves || note_move(T, fd, &st);
}

bool py_output_before_close(int fd) { return !py_me || !py_me->block || !py_output_pending(fd) || write_out(py_me); }

static bool io_before_read(int fd) { return py_output_before(fd, true); }
static bool io_before_tell(int fd) { return py_output_before(fd, true); }
static bool io_before_open(const char *path UNUSED, int flags) {
    return ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC))) || ob_external();
}
/* A file that was only read may be closed in a block: should the block run again, it opens it again. */
static bool io_before_close(int fd) { return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY || (ob_external() && py_output_before_close(fd)); }
static bool io_before_truncate(int fd) { return ob_external() && py_output_before(fd, false); }

void py_output_init(void) {
    py_io = (py_io_effects){io_write, io_before_read, io_before_tell, io_before_open, io_before_close, io_before_truncate};
}

bool py_output_pending(int fd) {
    py_held *h = py_me ? py_me->held : NULL;
    for (size_t i = 0; h && i < h->nchunks; i++) if (h->chunks[i].fd == fd) return true;
    return false;
}
