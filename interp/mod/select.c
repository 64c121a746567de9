/* select.c: the module select: select() and poll objects; epoll is in select_epoll.c.
 * Locks: none.
 * S1  What is waited for is copied into C memory before the wait; no object is looked at while it lasts.
 * S2  After a signal its handlers run, then the wait goes on with the time that is left. */
#include "interp/mod/select.h"
#include "interp/mod/modules.h"
#include "interp/mod/modutil.h"
#include "interp/run/blocking.h"
#include "base/mem.h"
#include "base/mono.h"
#include "objspace/dict.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/select.h>

/* ---- select() ---- */

typedef struct fd_group { ob_val objects; int *fds; size_t n; fd_set set; } fd_group;

static bool group_of(ob_val v, fd_group *g) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.iter && !t->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "arguments 1-3 must be sequences"));
    ob_val given = ob_is_list(v) ? v : ob_list_of_iterable(v);
    g->objects = ob_is_null(given) ? given : ob_list_new(ob_list_len(given));
    if (ob_is_null(g->objects)) return false;
    if (!(g->fds = base_mem_alloc(FD_SETSIZE * sizeof *g->fds))) return ob_fail(ob_raise_memory());
    for (; g->n < ob_list_len(given); g->n++) {           /* fileno() may change the list */
        ob_val x = ob_list_at(given, g->n);
        int fd = py_fd_of(x);
        if (fd < 0) return false;
        if (fd >= FD_SETSIZE) return ob_fail(ob_raise(&ob_exc_ValueError, "filedescriptor out of range in select()"));
        if (g->n >= FD_SETSIZE) return ob_fail(ob_raise(&ob_exc_ValueError, "too many file descriptors in select()"));
        g->fds[g->n] = fd;
        if (!ob_list_append(g->objects, x)) return false;
    }
    return true;
}
static int fill_set(fd_group *g, int top) {
    FD_ZERO(&g->set);
    for (size_t i = 0; i < g->n; i++) {
        FD_SET(g->fds[i], &g->set);
        if (g->fds[i] > top) top = g->fds[i];
    }
    return top;
}
static ob_val ready_of(const fd_group *g) {
    ob_val out = ob_list_new(0);
    for (size_t i = 0; i < g->n && !ob_is_null(out); i++)
        if (FD_ISSET(g->fds[i], &g->set) && !ob_list_append(out, ob_list_at(g->objects, i))) return OB_NULL;
    return out;
}
static ob_val do_select(fd_group g[3], int64_t ns) {
    int64_t deadline = ns > 0 ? base_mono_ns() + ns : 0;
    for (;;) {
        int top = -1, r, err;
        for (int i = 0; i < 3; i++) top = fill_set(&g[i], top);
        int64_t left = ns > 0 ? py_time_left(deadline) : ns;
        struct timeval tv = {left / 1000000000, (left % 1000000000 + 999) / 1000};
        if (tv.tv_usec >= 1000000) tv = (struct timeval){tv.tv_sec + 1, 0};
        py_blocking_enter();
        r = select(top + 1, &g[0].set, &g[1].set, &g[2].set, ns < 0 ? NULL : &tv);
        err = errno;
        py_blocking_leave();
        if (r >= 0) break;
        if (err != EINTR) return ob_raise_errno(err, OB_NULL);
        if (!ob_poll()) return OB_NULL;
    }
    ob_val r = ready_of(&g[0]), w = ob_is_null(r) ? r : ready_of(&g[1]), x = ob_is_null(w) ? w : ready_of(&g[2]);
    return ob_is_null(x) ? x : ob_tuple_of3(r, w, x);
}
OB_FN(m_select) {
    fd_group g[3] = {0};
    int64_t ns;
    ob_val result = OB_NULL;
    if (py_timeout_ns(a[3], "timeout must be a float or None", "timeout must be non-negative", &ns) && group_of(a[0], &g[0]) && group_of(a[1], &g[1]) &&
        group_of(a[2], &g[2]) && ob_external())
        result = do_select(g, ns);
    for (int i = 0; i < 3; i++) base_mem_free(g[i].fds);
    return result;
}

/* ---- poll objects ---- */

typedef struct poll_body { ob_val fds; /* dict: descriptor -> events */ int64_t polling; } poll_body;
static void poll_trace(ob_obj *o, const void *body, ob_tracer *t) { (void)o; ob_trace_val(t, ((const poll_body *)body)->fds); }
static OB_KIND(poll_kind);
static ob_type poll_type;
static ob_val fds_of(ob_val self) { return ((const poll_body *)ob_read(self))->fds; }

bool py__poll_mask(ob_val v, unsigned *out) {
    int64_t i;
    if (!ob_has_tflag(v, OB_TF_INT) && !ob_is_small(v)) {
        ob_val x = ob_index(v);
        if (ob_is_null(x)) return false;
        v = x;
    }
    if (!ob_int_to_i64(v, &i)) {
        if (ob_int_sign(v) < 0 && ob_err_clear_if(&ob_exc_OverflowError)) return ob_fail(ob_raise(&ob_exc_ValueError, "value must be positive"));
        return false;
    }
    if (i < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "value must be positive"));
    if (i > USHRT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C unsigned short"));
    *out = (unsigned)i;
    return true;
}

OB_FN(m_poll) {
    ob_val v = ob_of(ob_alloc_mut(&poll_type, sizeof(poll_body))), d = ob_is_null(v) ? v : ob_dict_new();
    poll_body *b = ob_is_null(d) ? NULL : ob_write(v);
    if (!b) return OB_NULL;
    b->fds = d;
    return v;
}
OB_FN(poll_register) {
    unsigned mask = POLLIN | POLLPRI | POLLOUT;
    int fd = py_fd_of(a[0]);
    if (fd < 0 || (!ob_is_null(a[1]) && !py__poll_mask(a[1], &mask))) return OB_NULL;
    return ob_dict_set(fds_of(self), ob_from_small(fd), ob_from_small(mask)) ? OB_NONE : OB_NULL;
}
OB_FN(poll_modify) {
    unsigned mask;
    int fd = py_fd_of(a[0]);
    if (fd < 0 || !py__poll_mask(a[1], &mask)) return OB_NULL;
    int there = ob_dict_contains(fds_of(self), ob_from_small(fd));
    if (there <= 0) return there < 0 ? OB_NULL : ob_raise_errno(ENOENT, OB_NULL);
    return ob_dict_set(fds_of(self), ob_from_small(fd), ob_from_small(mask)) ? OB_NONE : OB_NULL;
}
OB_FN(poll_unregister) {
    int fd = py_fd_of(a[0]);
    if (fd < 0) return OB_NULL;
    int r = ob_dict_del(fds_of(self), ob_from_small(fd));
    return r < 0 ? OB_NULL : r ? OB_NONE : ob_raise_obj(&ob_exc_KeyError, ob_from_small(fd));
}

static bool set_polling(ob_val self, bool on) {
    poll_body *b = ob_write(self);
    if (b) b->polling = on;
    return b != NULL;
}
static ob_val events_of(const struct pollfd *p, size_t n, int ready) {
    ob_val out = ob_list_new((size_t)ready);
    for (size_t i = 0; i < n && !ob_is_null(out); i++) {
        if (!p[i].revents) continue;
        ob_val t = ob_tuple_of2(ob_from_small(p[i].fd), ob_from_small((unsigned short)p[i].revents));
        if (ob_is_null(t) || !ob_list_append(out, t)) return OB_NULL;
    }
    return out;
}
/* ms: a number of milliseconds, rounded up; None, missing, negative: -1 ns. */
static bool poll_timeout(ob_val v, int64_t *ns) {
    if (!ob_is_null(v) && !ob_is_none(v)) {
        v = ob_is_int(v) ? ob_binary(OB_BIN_TRUEDIV, v, ob_from_small(1000)) : ob_type_of(v)->slots.unary[OB_UN_INDEX] || ob_type_of(v) == &ob_float_type ?
            ob_binary(OB_BIN_TRUEDIV, v, ob_from_small(1000)) : v;
        if (ob_is_null(v)) return false;
    }
    if (!py_timeout_ns(v, "timeout must be an integer or None", NULL, ns)) return false;
    return *ns / 1000000 < INT_MAX || ob_fail(ob_raise(&ob_exc_OverflowError, "timeout is too large"));
}
static ob_val poll_wait(struct pollfd *p, size_t n, int64_t ns) {
    int64_t deadline = ns > 0 ? base_mono_ns() + ns : 0;
    for (;;) {
        int64_t left = ns > 0 ? py_time_left(deadline) : ns;
        py_blocking_enter();
        int r = poll(p, n, left < 0 ? -1 : (int)((left + 999999) / 1000000)), err = errno;
        py_blocking_leave();
        if (r >= 0) return events_of(p, n, r);
        if (err != EINTR) return ob_raise_errno(err, OB_NULL);
        if (!ob_poll()) return OB_NULL;
    }
}
OB_FN(poll_poll) {
    int64_t ns;
    if (!poll_timeout(a[0], &ns)) return OB_NULL;
    if (((const poll_body *)ob_read(self))->polling) return ob_raise(&ob_exc_RuntimeError, "concurrent poll() invocation");
    ob_val fds = fds_of(self), k, v;
    size_t count = ob_dict_len(fds), i = 0, pos = 0;
    struct pollfd *p = base_mem_alloc((count + 1) * sizeof *p);
    if (!p) return ob_raise_memory();
    while (i < count && ob_dict_next(fds, &pos, &k, &v)) p[i++] = (struct pollfd){(int)ob_to_small(k), (short)ob_to_small(v), 0};
    ob_val result = OB_NULL;
    if (set_polling(self, true)) {
        if (ob_external()) result = poll_wait(p, i, ns);
        ob_pending keep = ob_err;
        ob_err = (ob_pending){0};
        bool ok = set_polling(self, false);
        if (keep.cond) ob_err = keep;
        else if (!ok) result = OB_NULL;
    }
    base_mem_free(p);
    return result;
}
static const ob_def poll_methods[] = {
    {"register", poll_register, "fd, eventmask=0, /", "Watches a descriptor.", 0},
    {"modify", poll_modify, "fd, eventmask, /", "Watches for other events of a descriptor.", 0},
    {"unregister", poll_unregister, "fd, /", "Watches a descriptor no more.", 0},
    {"poll", poll_poll, "timeout=None, /", "Waits at most so many milliseconds; gives a list of (descriptor, events).", 0},
    {0}};
static ob_type poll_type = {OB_TYPE_HEAD(&ob_type_type, &poll_kind), .name = "select.poll", .base = &ob_object_type, .flags = OB_TF_NO_MAKE,
    .size = sizeof(poll_body), .trace_body = poll_trace, .methods = poll_methods};

static const ob_def defs[] = {
    {"select", m_select, "rlist, wlist, xlist, timeout=None, /", "Waits until descriptors can be read, can be written, or have something exceptional.", 0},
    {"poll", m_poll, "", "A new poll object.", 0}, {0}};

#define P(name) {#name, name}
static const py_constant constants[] = {P(POLLIN), P(POLLPRI), P(POLLOUT), P(POLLERR), P(POLLHUP), P(POLLNVAL), P(POLLRDNORM), P(POLLRDBAND), P(POLLWRNORM),
    P(POLLWRBAND), P(POLLMSG), P(POLLRDHUP), P(PIPE_BUF)};

static bool fill(ob_val m) {
    return ob_type_ready(&poll_type) && py_mod_constants(m, constants, BASE_LENGTH(constants)) && ob_module_add(m, "error", ob_of(&ob_exc_OSError)) && py__epoll_fill(m);
}
const ob_module_def py_mod_select = {"select", "Waiting for descriptors.", defs, fill};
