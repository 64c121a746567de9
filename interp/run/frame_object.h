/* frame_object.h: the body of frame objects, for those who look into frames: tracing, generators, tracebacks. */
#ifndef INTERP_RUN_FRAME_OBJECT_H
#define INTERP_RUN_FRAME_OBJECT_H
#include "interp/run/frame.h"

typedef struct py_frame_body {
    ob_val code, globals;
    ob_val back;                 /* once the frame has ended: what f_back is, OB_NULL none */
    ob_val locals;               /* f_locals, once somebody asked */
    ob_val values;               /* once it has ended: tuple of its variables' registers, OB_NULL where unbound */
    ob_val owner;                /* the generator whose frame it is */
    ob_val trace;                /* f_trace, or OB_NULL */
    py_frame *live;              /* while it lies on a VM stack */
    py_frame *caller;            /* once it has ended by an exception: f_back, if that runs and `back` is not known */
    uint64_t thread;             /* ident of the thread that it runs in */
    int64_t at;                  /* index of the instruction where it ended */
    int64_t line;                /* f_lineno, where that is not the instruction's: made from a traceback entry; a mark is being reported; else 0 */
    int64_t last, last_line;     /* tracing: instruction before this one, -1 none; the line that was begun last */
    int64_t jump;                /* f_lineno was set: 1 the instruction of pc is next, n + 2 the lines from mark n on; last, last_line say where it went */
    uint64_t asked;              /* somebody asked for it by name (sys._getframe): its callers are kept when it ends */
    uint64_t no_lines, opcodes;  /* f_trace_lines is False, f_trace_opcodes is True */
} py_frame_body;

static inline const py_frame_body *py_frame_body_of(ob_val object) { return ob_read(object); }
ob_val py_frame_object_in(py_thread *T, py_frame *f);         /* the object of a frame of T, which is this thread or stands still */
py_frame *py_frame_live(ob_val object);                       /* the frame, if it runs in this thread; else NULL */
bool py_frame_refresh_locals(ob_val object) MUST_CHECK;       /* what f_locals holds becomes what the variables are bound to, if somebody has asked for it */
bool py_frame_write_back(ob_val object) MUST_CHECK;           /* and the other way round (a trace function may have changed it) */
void py_frame_trace_from(py_frame_body *b, int64_t at);       /* the line of instruction `at` is under way: no event for it */
int64_t py_frame_at(ob_val object);                           /* index of the current instruction; -1: not begun */
bool py_frame_set_line(ob_val object, ob_val line) MUST_CHECK;/* jump.c: f_lineno = line */

#endif
