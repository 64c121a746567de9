/* output.h: output of atomic blocks, held back until they have committed. */
#ifndef INTERP_RUN_OUTPUT_H
#define INTERP_RUN_OUTPUT_H
#include "interp/run/frame.h"

/* Writes now, or holds back if the thread is in a block that could still be undone. Returns bytes taken, -1 with errno. */
ssize_t py_output_write(int fd, const void *data, size_t n);
bool py_output_commit(py_thread *T);                          /* after the commit: writes what was held, in order, and closes files; false: T->held_error */
void py_output_drop(py_thread *T);                            /* the block was undone */
/* Marks, for nested blocks: what came after is dropped by a rollback. */
size_t py_output_mark(py_thread *T);
void py_output_rollback(py_thread *T, size_t mark);
bool py_output_pending(int fd);
/* Before an act on a descriptor that sees what was written to the file, or (moves) reads it at its position or changes that: outside of blocks an act on the
 * outside world; in a block, on a regular file, one that can be taken back, if no output is held for it. false: a condition is set. */
bool py_output_before(int fd, bool moves) MUST_CHECK;
bool py_output_before_close(int fd) MUST_CHECK;               /* what is held for fd is written */
void py_output_move_back(py_thread *T, size_t mark);          /* the positions of files as they were when T->nmoves was mark */
void py_output_init(void);                                    /* _io's writes come here */

#endif
