/* io.h: the module _io: what the rest of the interpreter may use of it, and where its system calls go. */
#ifndef INTERP_MOD_IO_H
#define INTERP_MOD_IO_H
#include "objspace/call.h"

/* Every act on the outside world goes through this table, so that the atomic blocks can hold output back, or restart irrevocably.
 * The functions `before_…` may end the running slice: bodies must be fetched again after them. false: a condition is pending. */
typedef struct py_io_effects {
    /* As write(2), blocking regions included; held back: all n. -1: errno; -2: a condition is pending. */
    ssize_t (*write)(int fd, const void *bytes, size_t n);
    bool (*before_read)(int fd);         /* reading, polling */
    bool (*before_tell)(int fd);         /* lseek, fstat */
    bool (*before_open)(const char *path, int flags);
    bool (*after_open)(int fd);
    int (*closing)(int fd);                  /* 1: close it now; 0: it will be closed when the block has committed; -1: raised */
    bool (*before_truncate)(int fd);
} py_io_effects;
extern py_io_effects py_io;              /* direct system calls unless replaced at start */

/* Readies the types; before the first use of what follows. */
MUST_CHECK bool py_io_ready(void);
/* A text stream over a file descriptor, as sys.stdout is. mode "r" or "w". */
ob_val py_io_open_std(int fd, const char *name, const char *mode, const char *errors, bool unbuffered);
bool py_io_write_text(ob_val stream, ob_val text);       /* print's way: stream.write(text) */
bool py_io_flush(ob_val stream);
/* Flushes every buffered writer and text stream that is still open: at exit. */
void py_io_flush_all(void);
ob_val py_io_open(ob_val file, const char *mode, const char *encoding);  /* io.open; encoding may be NULL */

#endif
