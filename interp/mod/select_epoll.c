/* select_epoll.c: epoll objects.
 * Locks: none.  The kernel keeps what is watched; the object has the descriptor alone.
 * Changing and waiting are acts on the outside world: an undone block does not take them back. */
#include "interp/mod/select.h"
#include "interp/mod/modutil.h"
#include "interp/run/blocking.h"
#include "base/mem.h"
#include "base/mono.h"
#include "objspace/int.h"
#include "objspace/kind.h"
#include "objspace/list.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

typedef struct epoll_body { int64_t fd; /* -1: closed */ } epoll_body;
static OB_KIND(epoll_kind);

static int fd_of(ob_val self) {
    int64_t fd = ((const epoll_body *)ob_read(self))->fd;
    return fd >= 0 ? (int)fd : ob_fail_int(ob_raise(&ob_exc_ValueError, "I/O operation on closed epoll object"));
}
static ob_val made(ob_type *t, int fd) {
    ob_val v = ob_of(ob_alloc_mut(t, sizeof(epoll_body)));
    epoll_body *b = ob_is_null(v) ? NULL : ob_write(v);
    if (b) return b->fd = fd, v;
    close(fd);
    return OB_NULL;
}
OB_FN(epoll_make) {
    int64_t size = -1, flags = 0;
    if ((!ob_is_null(a[0]) && !ob_index_i64(a[0], &size)) || (!ob_is_null(a[1]) && !ob_index_i64(a[1], &flags))) return OB_NULL;
    if (size < -1 || size == 0) return ob_raise(&ob_exc_ValueError, "negative sizehint");
    if (flags && flags != EPOLL_CLOEXEC) return ob_raise(&ob_exc_OSError, "invalid flags");
    if (!ob_external()) return OB_NULL;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? ob_raise_errno(errno, OB_NULL) : made(ob_type_ptr(self), fd);
}
static ob_val slot_make(ob_type *t, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"epoll", epoll_make, "sizehint=-1, flags=0", NULL, 0};
    return ob_def_call(&def, ob_type_val(t), a, n, kw);
}
OB_FN(epoll_fromfd) {
    int64_t fd;
    return ob_index_i64(a[0], &fd) ? made(ob_type_ptr(self), (int)fd) : OB_NULL;
}
OB_FN(epoll_close) {
    int64_t fd = ((const epoll_body *)ob_read(self))->fd;
    if (fd < 0) return OB_NONE;
    if (!ob_external()) return OB_NULL;
    epoll_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->fd = -1;
    return close((int)fd) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
OB_FN(epoll_fileno) { int fd = fd_of(self); return fd < 0 ? OB_NULL : ob_from_small(fd); }
OB_FN(epoll_enter) { return fd_of(self) < 0 ? OB_NULL : self; }
OB_FN(epoll_exit) { return epoll_close(self, NULL, 0, OB_NULL); }
static ob_val get_closed(ob_val self) { return ob_bool(((const epoll_body *)ob_read(self))->fd < 0); }

static ob_val control(ob_val self, int op, ob_val what, ob_val mask) {
    struct epoll_event ev = {0};
    int64_t events = EPOLLIN | EPOLLOUT | EPOLLPRI;
    int ep = fd_of(self), fd;
    if (ep < 0) return OB_NULL;
    if (!ob_is_null(mask)) {
        ob_val i = ob_index(mask);
        if (ob_is_null(i) || !ob_int_to_i64(i, &events)) return OB_NULL;
    }
    if ((fd = py_fd_of(what)) < 0 || !ob_external()) return OB_NULL;
    ev.events = (uint32_t)events;
    ev.data.fd = fd;
    return epoll_ctl(ep, op, fd, op == EPOLL_CTL_DEL ? NULL : &ev) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
OB_FN(epoll_register) { return control(self, EPOLL_CTL_ADD, a[0], a[1]); }
OB_FN(epoll_modify) { return control(self, EPOLL_CTL_MOD, a[0], a[1]); }
OB_FN(epoll_unregister) { return control(self, EPOLL_CTL_DEL, a[0], OB_NULL); }

static ob_val wait_for(int ep, struct epoll_event *ev, int most, int64_t ns) {
    int64_t deadline = ns > 0 ? base_mono_ns() + ns : 0;
    int n, err;
    for (;;) {
        int64_t left = ns > 0 ? py_time_left(deadline) : ns;
        py_blocking_enter();
        n = epoll_wait(ep, ev, most, left < 0 ? -1 : (int)((left + 999999) / 1000000));
        err = errno;
        py_blocking_leave();
        if (n >= 0) break;
        if (err != EINTR) return ob_raise_errno(err, OB_NULL);
        if (!ob_poll()) return OB_NULL;
    }
    ob_val out = ob_list_new((size_t)n);
    for (int i = 0; i < n && !ob_is_null(out); i++) {
        ob_val t = ob_tuple_of2(ob_from_small(ev[i].data.fd), ob_from_small(ev[i].events));
        if (ob_is_null(t) || !ob_list_append(out, t)) return OB_NULL;
    }
    return out;
}
OB_FN(epoll_poll) {
    int64_t ns, most = -1;
    int ep = fd_of(self);
    if (ep < 0 || !py_timeout_ns(a[0], "timeout must be an integer or None", NULL, &ns) || (!ob_is_null(a[1]) && !ob_index_i64(a[1], &most))) return OB_NULL;
    if (ns / 1000000 >= INT_MAX) return ob_raise(&ob_exc_OverflowError, "timeout is too large");
    if (most == -1) most = FD_SETSIZE - 1;
    else if (most < 1 || most > INT_MAX / 16) return ob_raise(&ob_exc_ValueError, "maxevents must be greater than 0, got %d", (int)most);
    struct epoll_event *ev = base_mem_alloc((size_t)most * sizeof *ev);
    if (!ev) return ob_raise_memory();
    ob_val r = ob_external() ? wait_for(ep, ev, (int)most, ns) : OB_NULL;
    base_mem_free(ev);
    return r;
}

/* The sweep closes what nobody closed. */
static void epoll_free(ob_obj *o) {
    const epoll_body *b = tx_inline_body((tx_handle *)o);
    uint64_t vw = atomic_load_explicit(&((tx_handle *)o)->vw, memory_order_relaxed);
    if ((vw & 1) && b->fd > 2) close((int)b->fd);
}

static const ob_def methods[] = {
    {"close", epoll_close, "", NULL, 0}, {"fileno", epoll_fileno, "", NULL, 0}, {"fromfd", epoll_fromfd, "fd, /", NULL, OB_DEF_CLASS},
    {"register", epoll_register, "fd, eventmask=EPOLLIN | EPOLLPRI | EPOLLOUT", NULL, 0}, {"modify", epoll_modify, "fd, eventmask", NULL, 0},
    {"unregister", epoll_unregister, "fd", NULL, 0}, {"poll", epoll_poll, "timeout=None, maxevents=-1", NULL, 0}, {"__enter__", epoll_enter, "", NULL, 0},
    {"__exit__", epoll_exit, "exc_type=None, exc_value=None, exc_tb=None, /", NULL, 0}, {0}};
static const ob_getset getsets[] = {{"closed", get_closed, NULL, "is it closed?"}, {0}};
ob_type py__epoll_type = {OB_TYPE_HEAD(&ob_type_type, &epoll_kind), .name = "select.epoll", .base = &ob_object_type, .flags = OB_TF_BASE, .size = sizeof(epoll_body),
    .free = epoll_free, .slots = {.make = slot_make}, .methods = methods, .getsets = getsets};

#define P(name) {#name, name}
static const py_constant constants[] = {P(EPOLLIN), P(EPOLLOUT), P(EPOLLPRI), P(EPOLLERR), P(EPOLLHUP), P(EPOLLRDHUP), P(EPOLLET), P(EPOLLONESHOT),
    P(EPOLLRDNORM), P(EPOLLRDBAND), P(EPOLLWRNORM), P(EPOLLWRBAND), P(EPOLLMSG), P(EPOLLEXCLUSIVE), P(EPOLL_CLOEXEC)};

bool py__epoll_fill(ob_val m) {
    return ob_module_add_type(m, &py__epoll_type) && py_mod_constants(m, constants, BASE_LENGTH(constants));
}
