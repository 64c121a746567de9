/* error.c: the pending condition of a thread, and raising.
 * Locks: none; all state is the thread's own.
 * E1  A condition that is not EXCEPTION is never replaced by an exception (pend).
 * E2  ob_err.value is non-null exactly while cond is EXCEPTION (or the condition carries a value of its own). */
#include "objspace/error.h"
#include "objspace/exc.h"
#include "objspace/call.h"
#include "objspace/int.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Thread_local ob_pending ob_err HOT_TLS;
static ob_val (*handled_hook)(void);
static void (*unraisable_hook)(ob_val exception, ob_val where);

void ob_err_set_handled_hook(ob_val (*handled)(void)) { handled_hook = handled; }
void ob_err_set_unraisable_hook(void (*hook)(ob_val exception, ob_val where)) { unraisable_hook = hook; }

void ob_err_condition(ob_condition cond, ob_val value) { ob_err = (ob_pending){cond, value}; }

static ob_val pend(ob_val exception) {
    if (ob_err.cond > OB_COND_EXCEPTION) return OB_NULL;
    ob_err = (ob_pending){OB_COND_EXCEPTION, exception};
    return OB_NULL;
}

/* Takes `exception` out of the context chain that begins at `from`, so that chaining makes no cycle. */
static bool cut_context_cycle(ob_val from, ob_val exception) {
    ob_val slow = from;
    for (bool step = false;; step = !step) {
        ob_val next = ((const ob_exc_body *)ob_read(from))->context;
        if (ob_is_null(next)) return true;
        if (ob_same(next, exception)) {
            ob_exc_body *b = ob_write(from);
            if (!b) return false;
            b->context = OB_NULL;
            return true;
        }
        from = next;
        if (step) slow = ((const ob_exc_body *)ob_read(slow))->context;
        if (ob_same(slow, from)) return true;                   /* a cycle without it: leave it alone */
    }
}

bool ob_exc_set_context(ob_val e, ob_val context) {
    if (!ob_is_null(context)) {
        if (ob_same(e, context)) return true;
        if (!cut_context_cycle(context, e)) return false;
    }
    ob_exc_body *b = ob_write(e);
    if (!b) return false;
    b->context = context;
    return true;
}

static ob_val pend_with_context(ob_val exception) {
    ob_val handled = handled_hook ? handled_hook() : OB_NULL;
    if (!ob_is_null(handled) && !ob_same(handled, exception) && ob_err.cond <= OB_COND_EXCEPTION) {
        if (!ob_exc_set_context(exception, handled)) return OB_NULL;
    }
    return pend(exception);
}

ob_val ob_raise_value(ob_val exception) {
    if (ob_is_exception_class(exception)) {
        ob_val made = ob_call(exception, NULL, 0);
        if (ob_is_null(made)) return OB_NULL;
        if (!ob_is_exception(made))
            return ob_raise(&ob_exc_TypeError, "calling %R should have returned an instance of BaseException, not %N", exception, ob_type_of(made));
        exception = made;
    }
    if (!ob_is_exception(exception)) return ob_raise(&ob_exc_TypeError, "exceptions must derive from BaseException");
    return pend_with_context(exception);
}

static ob_val raise_made(ob_type *exc, const ob_val *a, size_t n) {
    ob_val e = ob_exc_new(exc, a, n);
    if (ob_is_null(e)) return OB_NULL;
    if (!ob_is_exception(e)) return ob_raise(&ob_exc_TypeError, "exceptions must derive from BaseException");
    return pend_with_context(e);
}

ob_val ob_raise(ob_type *exc, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    ob_val text = ob_str_vformat_c(format, ap);
    va_end(ap);
    return ob_is_null(text) ? OB_NULL : raise_made(exc, &text, 1);
}

ob_val ob_raise_none(ob_type *exc) { return raise_made(exc, NULL, 0); }
ob_val ob_raise_obj(ob_type *exc, ob_val arg) { return raise_made(exc, &arg, 1); }
ob_val ob_raise_bad_type(const char *what, ob_val got) { return ob_raise(&ob_exc_TypeError, "%s, not '%T'", what, got); }

ob_val ob_raise_stop(ob_val value) {
    if (ob_is_null(value) || ob_is_none(value)) return raise_made(&ob_exc_StopIteration, NULL, 0);
    return raise_made(&ob_exc_StopIteration, &value, 1);
}

static ob_type *type_of_errno(int err) {
    static const struct { int err; ob_type *type; } table[] = {
        {EAGAIN, &ob_exc_BlockingIOError}, {EALREADY, &ob_exc_BlockingIOError}, {EINPROGRESS, &ob_exc_BlockingIOError},
        {EWOULDBLOCK, &ob_exc_BlockingIOError}, {EPIPE, &ob_exc_BrokenPipeError}, {ESHUTDOWN, &ob_exc_BrokenPipeError},
        {ECHILD, &ob_exc_ChildProcessError}, {ECONNABORTED, &ob_exc_ConnectionAbortedError},
        {ECONNREFUSED, &ob_exc_ConnectionRefusedError}, {ECONNRESET, &ob_exc_ConnectionResetError},
        {EEXIST, &ob_exc_FileExistsError}, {ENOENT, &ob_exc_FileNotFoundError}, {EISDIR, &ob_exc_IsADirectoryError},
        {ENOTDIR, &ob_exc_NotADirectoryError}, {EINTR, &ob_exc_InterruptedError}, {EACCES, &ob_exc_PermissionError},
        {EPERM, &ob_exc_PermissionError}, {ESRCH, &ob_exc_ProcessLookupError}, {ETIMEDOUT, &ob_exc_TimeoutError},
    };
    for (size_t i = 0; i < BASE_LENGTH(table); i++)
        if (table[i].err == err) return table[i].type;
    return &ob_exc_OSError;
}
ob_type *ob_exc_of_errno(int err) { return type_of_errno(err); }

ob_val ob_raise_errno2(int err, ob_val filename, ob_val filename2) {
    ob_val a[5] = {ob_from_small(err), ob_str_from_c(strerror(err)), filename, OB_NONE, filename2};
    if (ob_is_null(a[1])) return OB_NULL;
    return raise_made(type_of_errno(err), a, !ob_is_null(filename2) ? 5 : !ob_is_null(filename) ? 3 : 2);
}
ob_val ob_raise_errno(int err, ob_val filename) { return ob_raise_errno2(err, filename, OB_NULL); }

bool ob_err_matches(ob_type *exc) { return ob_err.cond == OB_COND_EXCEPTION && ob_is_a(ob_err.value, exc); }

ob_val ob_err_fetch(void) {
    if (ob_err.cond != OB_COND_EXCEPTION) return OB_NULL;
    ob_val e = ob_err.value;
    ob_err = (ob_pending){OB_COND_NONE, OB_NULL};
    return e;
}

void ob_err_restore(ob_val exception) { if (!ob_is_null(exception)) pend(exception); }
void ob_err_clear(void) { if (ob_err.cond == OB_COND_EXCEPTION) ob_err = (ob_pending){OB_COND_NONE, OB_NULL}; }

bool ob_err_clear_if(ob_type *exc) {
    if (!ob_err_matches(exc)) return false;
    ob_err_clear();
    return true;
}

void ob_err_unraisable(ob_val where) {
    if (ob_is_unread()) ob_unread_raise();
    ob_val e = ob_err_fetch();
    if (ob_is_null(e)) return;
    if (unraisable_hook) {
        unraisable_hook(e, where);
        ob_err_clear();
        return;
    }
    ob_val text = ob_is_null(where) ? ob_str_format_c("%N: %S\n", ob_type_of(e), e) : ob_str_format_c("Exception ignored in: %R\n%N: %S\n", where, ob_type_of(e), e);
    const char *s = ob_is_null(text) ? NULL : ob_str_wtf8(text, NULL);
    fputs(s ? s : "an exception was ignored\n", stderr);
    ob_err_clear();
}
