/* output.c: output of atomic blocks is held back until the block has committed: in memory, and beyond HELD_MAX in a temporary file.
 * Locks: none; all state is the thread's.
 * O1  What is held is a row of records, each a record_head and its bytes. Those below `spilled` are in the file, at the same offset; the others in `data`. (hold)
 * O2  A mark is the end of a record: what comes behind it begins a new one. (py_output_mark)
 * O3  `fds` has each descriptor that a record is for, with the offset of its first one. (note_fd, py_output_rollback) */
#include "interp/run/output.h"
#include "interp/run/vm_ops.h"
#include "base/buf.h"
#include "interp/mod/io.h"
#include "interp/mod/io_pending.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HELD_MAX = 64 << 20, COPY = 16 << 10 };

typedef struct record_head { int64_t fd; uint64_t n; } record_head;
typedef struct held_fd { int fd; size_t first; } held_fd;
typedef struct py_held py_held;
struct py_held {
    char *data; size_t room;                 /* bytes spilled … used */
    size_t used, spilled;
    size_t last;                             /* the newest record, if more may be put to it; else SIZE_MAX */
    int file;                                /* -1: nothing has been spilled yet */
    held_fd *fds; size_t nfds, fds_cap;
};

/* ---- the records ---- */

static bool grow(void **p, size_t *room, size_t need, size_t item) {
    if (need <= *room) return true;
    size_t n = *room ? *room * 2 : 64;
    while (n < need) n *= 2;
    void *q = realloc(*p, n * item);
    if (!q) return errno = ENOMEM, false;
    *p = q;
    *room = n;
    return true;
}

static py_held *held_new(void) {
    py_held *h = calloc(1, sizeof *h);
    if (!h) return errno = ENOMEM, NULL;
    h->last = SIZE_MAX;
    h->file = -1;
    return h;
}

static void held_free(py_held *h) {
    if (h->file >= 0) close(h->file);
    free(h->data);
    free(h->fds);
    free(h);
}

/* A file without a name, that goes with its descriptor. */
static int open_unnamed(void) {
    const char *dir = getenv("TMPDIR");
    char path[PATH_MAX];
    if (!dir || !*dir) dir = "/tmp";
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    if ((size_t)snprintf(path, sizeof path, "%s/apodora-XXXXXX", dir) >= sizeof path) return errno = ENAMETOOLONG, -1;
    fd = mkostemp(path, O_CLOEXEC);          /* a file system that has no such files */
    if (fd >= 0) unlink(path);
    return fd;
}

/* Collections do not wait for it. */
static bool put_at(int fd, const char *p, size_t n, size_t at) {
    int err = 0;
    ob_blocking_enter();
    while (n && !err) {
        ssize_t w = pwrite(fd, p, n, (off_t)at);
        if (w < 0 && errno != EINTR) err = errno;
        if (w < 0) continue;
        p += w;
        n -= (size_t)w;
        at += (size_t)w;
    }
    ob_blocking_leave();
    errno = err;
    return !err;
}

static bool get_at(int fd, char *p, size_t n, size_t at) {
    while (n) {
        ssize_t r = pread(fd, p, n, (off_t)at);
        if (r < 0 && errno == EINTR) continue;
        if (r <= 0) return r < 0 ? false : (errno = EIO, false);
        p += r;
        n -= (size_t)r;
        at += (size_t)r;
    }
    return true;
}

static bool spill(py_held *h) {
    if (h->file < 0 && (h->file = open_unnamed()) < 0) return false;
    if (!put_at(h->file, h->data, h->used - h->spilled, h->spilled)) return false;
    h->spilled = h->used;
    h->last = SIZE_MAX;
    return true;
}

static bool note_fd(py_held *h, int fd) {
    for (size_t i = 0; i < h->nfds; i++) if (h->fds[i].fd == fd) return true;
    if (!grow((void **)&h->fds, &h->fds_cap, h->nfds + 1, sizeof *h->fds)) return false;
    h->fds[h->nfds++] = (held_fd){fd, h->used};
    return true;
}

/* Nothing has changed if it fails, with errno. */
static bool hold(py_thread *T, int fd, const void *data, size_t n) {
    py_held *h = T->held;
    record_head head = {fd, n}, before;
    if (n == 0) return true;
    if (!h && !(h = T->held = held_new())) return false;
    if (h->used - h->spilled + sizeof head + n > HELD_MAX && h->used > h->spilled && !spill(h)) return false;
    if (!note_fd(h, fd)) return false;
    if (sizeof head + n > HELD_MAX) {        /* one enormous write */
        if (h->file < 0 && (h->file = open_unnamed()) < 0) return false;
        if (!put_at(h->file, (const char *)&head, sizeof head, h->used) || !put_at(h->file, data, n, h->used + sizeof head)) return false;
        h->spilled = h->used += sizeof head + n;
        return true;
    }
    if (!grow((void **)&h->data, &h->room, h->used - h->spilled + sizeof head + n, 1)) return false;
    if (h->last != SIZE_MAX) memcpy(&before, h->data + (h->last - h->spilled), sizeof before);
    if (h->last != SIZE_MAX && before.fd == fd) {
        before.n += n;
        memcpy(h->data + (h->last - h->spilled), &before, sizeof before);
    } else {
        h->last = h->used;
        memcpy(h->data + (h->used - h->spilled), &head, sizeof head);
        h->used += sizeof head;
    }
    memcpy(h->data + (h->used - h->spilled), data, n);
    h->used += n;
    return true;
}

ssize_t py_output_write(int fd, const void *data, size_t n) {
    py_thread *T = py_me;
    if (T && T->block) {
        return hold(T, fd, data, n) ? (ssize_t)n : -1;
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

/* The n held bytes at offset `at`, which are all in the file or all in memory. */
static bool write_held(const py_held *h, int fd, size_t at, size_t n) {
    char copy[COPY];
    if (at >= h->spilled) return write_all(fd, h->data + (at - h->spilled), n);
    for (size_t m; n; at += m, n -= m) {
        m = n < sizeof copy ? n : sizeof copy;
        if (!get_at(h->file, copy, m, at) || !write_all(fd, copy, m)) return false;
    }
    return true;
}

static bool write_records(const py_held *h) {
    record_head head;
    for (size_t at = 0; at < h->used; at += head.n) {
        if (at >= h->spilled) memcpy(&head, h->data + (at - h->spilled), sizeof head);
        else if (!get_at(h->file, (char *)&head, sizeof head, at)) return false;
        at += sizeof head;
        if (!write_held(h, (int)head.fd, at, head.n)) return false;
    }
    return true;
}

static bool flush(py_thread *T) {
    py_held *h = T->held;
    if (!h) return true;
    T->held = NULL;
    ob_blocking_enter();
    int err = write_records(h) ? 0 : errno;
    ob_blocking_leave();
    held_free(h);
    T->held_error = err;
    return err == 0;
}

void py_output_drop(py_thread *T) {
    if (T->held) py_output_rollback(T, 0);
}

size_t py_output_mark(py_thread *T) {
    if (!T->held) return 0;
    T->held->last = SIZE_MAX;
    return T->held->used;
}

void py_output_rollback(py_thread *T, size_t mark) {
    py_held *h = T->held;
    if (!h) return;
    if (mark == 0) {
        T->held = NULL;
        held_free(h);
        return;
    }
    h->used = mark;
    h->last = SIZE_MAX;
    if (h->spilled > mark) h->spilled = mark;
    while (h->nfds && h->fds[h->nfds - 1].first >= mark) h->nfds--;
}

/* ---- what _io calls before it acts ---- */

static ssize_t io_write(int fd, const void *data, size_t n) {
    if (!py_me->block && !ob_external()) return -2;
    return py_output_write(fd, data, n);
}
/* ---- positions of files ---- */

/* A block may read regular files and move about in them; should it be undone, their positions are as they were.  at OPENED: the block opened the file;
 * fd -1: and closed it, so that the number is somebody else's now.  at CLOSING: it is to be closed when the block has committed. */
enum { OPENED = -1, CLOSING = -2 };
typedef struct py_move { int fd; off_t at; dev_t device; ino_t inode; } py_move;

static bool add_move(py_thread *T, py_move move) {
    if (T->nmoves == T->moves_cap) {
        size_t cap = T->moves_cap ? 2 * T->moves_cap : 8;
        py_move *p = realloc(T->moves, cap * sizeof *p);
        if (!p) return ob_fail(ob_raise_memory());
        T->moves = p;
        T->moves_cap = cap;
    }
    T->moves[T->nmoves++] = move;
    return true;
}

static bool note_move(py_thread *T, int fd, const struct stat *st) {
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at < 0 || add_move(T, (py_move){fd, at, st->st_dev, st->st_ino});
}

/* Was fd opened since the innermost block's begin, and its last savepoint?  Then what is known of it is forgotten: it is about to be closed. */
static bool forget_opened(py_thread *T, int fd) {
    size_t i = T->block->kept;
    while (i < T->nmoves && !(T->moves[i].fd == fd && T->moves[i].at == OPENED)) i++;
    if (i == T->nmoves) return false;
    for (; i < T->nmoves; i++) if (T->moves[i].fd == fd) T->moves[i].fd = -1;
    return true;
}

void py_output_move_back(py_thread *T, size_t mark) {
    while (T->nmoves > mark) {
        py_move m = T->moves[--T->nmoves];
        struct stat st;
        if (m.fd >= 0 && m.at >= 0 && fstat(m.fd, &st) == 0 && st.st_dev == m.device && st.st_ino == m.inode) (void)lseek(m.fd, m.at, SEEK_SET);
    }
}

/* Is output held for the file that st describes? */
static bool held_for(const py_thread *T, const struct stat *st) {
    const py_held *h = T->held;
    for (size_t i = 0; h && i < h->nfds; i++) {
        struct stat other;
        if (fstat(h->fds[i].fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino) return true;
    }
    return false;
}

/* What is held must be in the file before this: then it cannot be taken back any more, and the block becomes irrevocable. */
static bool write_out(py_thread *T) {
    if (!ob_external()) return false;
    return flush(T) || ob_fail(ob_raise_errno(T->held_error, OB_NULL));
}

bool py_output_before(int fd, bool moves) {
    py_thread *T = py_me;
    struct stat st;
    if (!T || !T->block) return ob_external();               /* between slices, once */
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return !moves || ob_external();
    if (T->held && held_for(T, &st) && !write_out(T)) return false;
    return !moves || note_move(T, fd, &st);
}

static bool is_closing(const py_thread *T, int fd) {
    for (size_t i = 0; i < T->nmoves; i++) if (T->moves[i].fd == fd && T->moves[i].at == CLOSING) return true;
    return false;
}

/* Of a number that is another file's by now nothing is closed. */
static int close_files(py_thread *T) {
    int err = 0;
    for (size_t i = 0; i < T->nmoves; i++) {
        py_move m = T->moves[i];
        struct stat st;
        if (m.at != CLOSING || fstat(m.fd, &st) != 0 || st.st_dev != m.device || st.st_ino != m.inode) continue;
        py_io_writer_closed(m.fd);
        if (close(m.fd) != 0 && errno != EINTR) err = errno;
    }
    return err;
}

bool py_output_commit(py_thread *T) {
    bool ok = flush(T);
    if (LIKELY(T->nmoves == 0)) return ok;
    ob_blocking_enter();
    int err = close_files(T);
    ob_blocking_leave();
    T->nmoves = 0;
    if (ok) T->held_error = err;
    return ok && err == 0;
}

bool py_output_before_close(int fd) { return !py_me || !py_me->block || !py_output_pending(fd) || write_out(py_me); }

static bool io_before_read(int fd) { return py_output_before(fd, true); }
static bool io_before_tell(int fd) { return py_output_before(fd, true); }
static bool io_before_open(const char *path UNUSED, int flags) {
    return ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC))) || ob_external();
}
static bool io_after_open(int fd) { return !py_me || !py_me->block || add_move(py_me, (py_move){.fd = fd, .at = OPENED}); }
/* What a block has opened to read it may close: should it run again, it opens it again.  Other regular files are closed with the commit, as nobody can tell
 * before, so that who is undone has them open. The rest is closed at once, and once: the number is soon another file's. */
static int io_closing(int fd) {
    py_thread *T = py_me;
    struct stat st;
    bool here = T && T->block && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (T && T->block && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY && forget_opened(T, fd)) return 1;
    if (!here) return ob_external() && py_output_before_close(fd) ? 1 : -1;
    if (is_closing(T, fd)) return ob_fail_int(ob_raise_errno(EBADF, OB_NULL));
    return add_move(T, (py_move){fd, CLOSING, st.st_dev, st.st_ino}) ? 0 : -1;
}
static bool io_before_truncate(int fd) { return ob_external() && py_output_before(fd, false); }

void py_output_init(void) {
    py_io = (py_io_effects){io_write, io_before_read, io_before_tell, io_before_open, io_after_open, io_closing, io_before_truncate};
}

bool py_output_pending(int fd) {
    py_held *h = py_me ? py_me->held : NULL;
    for (size_t i = 0; h && i < h->nfds; i++) if (h->fds[i].fd == fd) return true;
    return false;
}
