/* io_pending.h: what a program has written into files that it has let go of, or not yet flushed, is there when it looks at them. How: io_pending.c. */
#ifndef INTERP_MOD_IO_PENDING_H
#define INTERP_MOD_IO_PENDING_H
#include "objspace/call.h"

/* The stream that open() has made for writing to fd; it is referred to weakly. */
bool py_io_writer_opened(ob_val stream, int fd) MUST_CHECK;
void py_io_writer_closed(int fd);
/* Before the file of this name is opened or looked at (dir: of openat(2)): the streams that write to it are flushed. Errors of theirs are not told.
 * false: a condition is set. */
bool py_io_sync_path(int dir, const char *path, bool follow) MUST_CHECK;
/* Before this thread starts a process, or ends: those that it has opened. */
bool py_io_sync_own(void) MUST_CHECK;
bool py_io_pending_init(void) MUST_CHECK;

#endif
