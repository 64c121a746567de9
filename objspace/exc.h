/* exc.h: exception objects and tracebacks. */
#ifndef OBJSPACE_EXC_H
#define OBJSPACE_EXC_H
#include "objspace/error.h"
#include "objspace/type.h"

typedef struct ob_exc_body {             /* every exception's body begins with this; classes derived in Python with __slots__ have a holder for these */
    ob_val args, traceback, cause, context, dict;   /* dict: of attributes, OB_NULL until there are some */
    bool suppress_context;
    ob_val extra[8];                     /* by layout: os: errno strerror filename winerror filename2 written; stop: value; exit: code; import: msg name path;
                                            name: name; attribute: name obj; syntax: msg filename lineno offset text end_lineno end_offset print_file_and_line;
                                            unicode: encoding object start end reason; group: message exceptions.
                                            The body ends after the last one of the layout. */
} ob_exc_body;
ob_val ob_exc_new(ob_type *t, const ob_val *a, size_t n);
ob_type *ob_exc_of_errno(int err);                       /* the OSError subclass */
ob_val ob_exc_get_traceback(ob_val e);
bool ob_exc_set_traceback(ob_val e, ob_val tb);
bool ob_exc_set_context(ob_val e, ob_val context);       /* avoids cycles as CPython does */
ob_val ob_raise_from(ob_type *t, ob_val cause, ob_val text);    /* raises t(text) from cause; text may be OB_NULL: failed already */
bool ob_exc_set_cause(ob_val e, ob_val cause);           /* also suppresses context */
ob_val ob_exc_stop_value(ob_val e);                      /* StopIteration.value */
/* Traceback entries: constant after creation (tb_next may be set: quasi-constant). */
typedef struct ob_traceback {
    ob_obj o;
    ob_val next, frame;          /* frame may be OB_NULL: looked for, or made of the code, on demand */
    ob_val code;
    int32_t lasti, lineno;
    ob_val globals;
    const void *live;            /* the interpreter's frame, good while that runs */
} ob_traceback;
ob_val ob_traceback_new(ob_val next, ob_val frame, ob_val code, ob_val globals, int32_t lasti, int32_t lineno);

#endif
