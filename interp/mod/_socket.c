/* _socket.c: socket objects, and the module _socket. Addresses: socket_addr.c; messages: socket_msg.c; names: socket_names.c.
 * Locks: none.
 * K1  A call reads into, or writes from, C memory or bytes objects that nobody can change: no body is looked at while it waits.
 * K2  With a timeout the descriptor does not block; py__socket_run waits for it.  After a signal its handlers run, then it goes on with the time left.
 * K3  send() and sendall() of a block are held back until it has committed, like any output; everything else makes the block irrevocable. */
#include "interp/mod/socket_int.h"
#include "interp/mod/modules.h"
#include "interp/run/frame.h"
#include "interp/run/output.h"
#include "base/mem.h"
#include "base/mono.h"
#include "objspace/contain.h"
#include "objspace/float.h"
#include "objspace/kind.h"
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <string.h>
#include <unistd.h>

static OB_KIND(socket_kind);
static _Atomic(int64_t) default_timeout = -1;      /* socket.setdefaulttimeout.  relaxed */

static const socket_body *body_of(ob_val v) { return ob_read(v); }

/* ---- calls that may wait ---- */

int py__socket_wait(int fd, bool writing, int64_t deadline) {
    for (;;) {
        struct pollfd p = {fd, writing ? POLLOUT : POLLIN, 0};
        int64_t left = deadline < 0 ? -1 : py_time_left(deadline);
        py_blocking_enter();
        int r = poll(&p, 1, left < 0 ? -1 : left > INT64_C(2000000000) * 1000 ? 2000000000 : (int)((left + 999999) / 1000000)), err = errno;
        py_blocking_leave();
        if (r > 0) return 0;
        if (r == 0 && (deadline < 0 || py_time_left(deadline) == 0)) return 1;
        if (r < 0 && err != EINTR) return ob_fail_int(ob_raise_errno(err, OB_NULL));
        if (!ob_poll()) return -1;
    }
}
static int64_t deadline_of(int64_t timeout) {
    int64_t now = base_mono_ns();
    return timeout > INT64_MAX - now ? INT64_MAX : now + timeout;
}

ssize_t py__socket_run(socket_call *c) {
    if (c->timeout > 0 && !c->deadline) c->deadline = deadline_of(c->timeout);
    for (;;) {
        if (c->timeout > 0) {
            int w = py__socket_wait(c->fd, c->writing, c->deadline);
            if (w) return w < 0 ? -1 : ob_fail_int(ob_raise(&ob_exc_TimeoutError, "timed out"));
        }
        py_blocking_enter();
        ssize_t r = c->act(c);
        int err = errno;
        py_blocking_leave();
        if (r >= 0) return r;
        if (err == EINTR) { if (!ob_poll()) return -1; }
        else if (!(c->timeout > 0 && (err == EAGAIN || err == EWOULDBLOCK))) return ob_fail_int(ob_raise_errno(err, OB_NULL));
    }
}
bool py__socket_begin(ob_val self, socket_call *c, bool writing, ssize_t (*act)(socket_call *c)) {
    const socket_body *b = body_of(self);
    *c = (socket_call){.fd = (int)b->fd, .timeout = b->timeout, .writing = writing, .act = act};
    return true;
}

static ssize_t act_recv(socket_call *c) { return recv(c->fd, c->data, c->n, c->flags); }
static ssize_t act_recvfrom(socket_call *c) {
    c->address_len = sizeof *c->address;
    return recvfrom(c->fd, c->data, c->n, c->flags, &c->address->any, &c->address_len);
}
static ssize_t act_send(socket_call *c) { return send(c->fd, c->data, c->n, c->flags); }
static ssize_t act_sendto(socket_call *c) { return sendto(c->fd, c->data, c->n, c->flags, &c->address->any, c->address_len); }
static ssize_t act_accept(socket_call *c) {
    c->address_len = sizeof *c->address;
    return accept4(c->fd, &c->address->any, &c->address_len, SOCK_CLOEXEC);
}

/* ---- receiving ---- */

static ob_val shortened(ob_val b, size_t n) { return n == ob_bytes_ptr(b)->len ? b : ob_bytes_from(ob_bytes_ptr(b)->data, n); }

static ob_val receive(ob_val self, ob_val size, ob_val flags, const char *who, socket_address *from) {
    socket_call c;
    int64_t n;
    if (!ob_index_i64(size, &n) || !py__socket_begin(self, &c, false, from ? act_recvfrom : act_recv) || !py__socket_int(flags, 0, &c.flags)) return OB_NULL;
    if (n < 0) return ob_raise(&ob_exc_ValueError, "negative buffersize in %s", who);
    ob_val b = ob_bytes_alloc((size_t)n), v;
    if (ob_is_null(b) || !ob_external()) return OB_NULL;
    c.data = ob_bytes_ptr(b)->data;
    c.n = (size_t)n;
    c.address = from;
    ssize_t r = n == 0 && !from ? 0 : py__socket_run(&c);
    if (r < 0 || ob_is_null(v = shortened(b, (size_t)r)) || !from) return r < 0 ? OB_NULL : v;
    ob_val where = py__socket_address(from, c.address_len, 0);
    return ob_is_null(where) ? where : ob_tuple_of2(v, where);
}
OB_FN(socket_recv) { return receive(self, a[0], a[1], "recv", NULL); }
OB_FN(socket_recvfrom) { socket_address from; memset(&from, 0, sizeof from); return receive(self, a[0], a[1], "recvfrom", &from); }

static ob_val receive_into(ob_val self, const ob_val *a, const char *who, socket_address *from) {
    socket_call c;
    ob_buffer b;
    int64_t n = 0;
    if (!py__socket_begin(self, &c, false, from ? act_recvfrom : act_recv) || (!ob_is_null(a[1]) && !ob_index_i64(a[1], &n)) || !py__socket_int(a[2], 0, &c.flags) ||
        !ob_buffer_get(a[0], &b, true))
        return OB_NULL;
    size_t room = b.len;
    ob_buffer_release(&b);
    if (n < 0) return ob_raise(&ob_exc_ValueError, "negative buffersize in %s", who);
    if ((size_t)n > room) return ob_raise(&ob_exc_ValueError, "%s", from ? "nbytes is greater than the length of the buffer" : "buffer too small for requested bytes");
    c.n = n ? (size_t)n : room;
    if (c.n == 0 && !from) return ob_from_small(0);
    c.address = from;
    if (!(c.data = base_mem_alloc(c.n + 1))) return ob_raise_memory();
    ssize_t r = ob_external() ? py__socket_run(&c) : -1;
    ob_val result = OB_NULL;
    if (r >= 0 && ob_buffer_get(a[0], &b, true)) {
        size_t got = (size_t)r < c.n ? (size_t)r : c.n;
        memcpy(b.data, c.data, got < b.len ? got : b.len);
        ob_buffer_release(&b);
        result = ob_from_small(r);
    }
    base_mem_free(c.data);
    if (!from || ob_is_null(result)) return result;
    ob_val where = py__socket_address(from, c.address_len, 0);
    return ob_is_null(where) ? where : ob_tuple_of2(result, where);
}
OB_FN(socket_recv_into) { return receive_into(self, a, "recv_into", NULL); }
OB_FN(socket_recvfrom_into) { socket_address from; memset(&from, 0, sizeof from); return receive_into(self, a, "recvfrom_into", &from); }

/* ---- sending ---- */

/* In a block: held back (K3). */
static bool may_hold(const socket_call *c) { return py_me->block && c->flags == 0 && c->fd >= 0; }

OB_FN(socket_send) {
    socket_call c;
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b) || !py__socket_begin(self, &c, true, act_send) || !py__socket_int(a[1], 0, &c.flags)) return OB_NULL;
    c.data = ob_bytes_ptr(b)->data;
    c.n = ob_bytes_ptr(b)->len;
    if (may_hold(&c)) return py_output_write(c.fd, c.data, c.n) < 0 ? ob_raise_errno(errno, OB_NULL) : ob_from_small((int64_t)c.n);
    ssize_t r = ob_external() ? py__socket_run(&c) : -1;
    return r < 0 ? OB_NULL : ob_from_small(r);
}
OB_FN(socket_sendall) {
    socket_call c;
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b) || !py__socket_begin(self, &c, true, act_send) || !py__socket_int(a[1], 0, &c.flags)) return OB_NULL;
    uint8_t *p = ob_bytes_ptr(b)->data;
    size_t left = ob_bytes_ptr(b)->len;
    if (may_hold(&c)) return py_output_write(c.fd, p, left) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
    if (!ob_external()) return OB_NULL;
    do {
        c.data = p;
        c.n = left;
        ssize_t r = py__socket_run(&c);
        if (r < 0 || !ob_poll()) return OB_NULL;
        p += r, left -= (size_t)r;
    } while (left > 0);
    return OB_NONE;
}
OB_FN(socket_sendto) {
    socket_call c;
    socket_address to;
    if (!ob_is_null(kw) || n < 2 || n > 3) return ob_raise(&ob_exc_TypeError, "sendto() takes 2 or 3 arguments (%zu given)", n);
    if (!py__socket_begin(self, &c, true, act_sendto) || !py__socket_int(n == 3 ? a[1] : OB_NULL, 0, &c.flags)) return OB_NULL;
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b) || !py__socket_parse(self, a[n - 1], "sendto", &to, &c.address_len) || !ob_external()) return OB_NULL;
    c.address = &to;
    c.data = ob_bytes_ptr(b)->data;
    c.n = ob_bytes_ptr(b)->len;
    ssize_t r = py__socket_run(&c);
    return r < 0 ? OB_NULL : ob_from_small(r);
}

/* ---- connecting ---- */

static ob_val done(int r) { return r < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE; }

OB_FN(socket_bind) {
    socket_address s;
    socklen_t len;
    if (!py__socket_parse(self, a[0], "bind", &s, &len) || !ob_external()) return OB_NULL;
    return done(bind((int)body_of(self)->fd, &s.any, len));
}
OB_FN(socket_listen) {
    int backlog;
    if (!py__socket_int(a[0], SOMAXCONN < 128 ? SOMAXCONN : 128, &backlog) || !ob_external()) return OB_NULL;
    return done(listen((int)body_of(self)->fd, backlog < 0 ? 0 : backlog));
}
OB_FN(socket_accept) {
    socket_call c;
    socket_address from;
    memset(&from, 0, sizeof from);
    if (!py__socket_begin(self, &c, false, act_accept) || !ob_external()) return OB_NULL;
    c.address = &from;
    ssize_t fd = py__socket_run(&c);
    if (fd < 0) return OB_NULL;
    ob_val where = py__socket_address(&from, c.address_len, 0), t = ob_is_null(where) ? where : ob_tuple_of2(ob_from_small(fd), where);
    if (ob_is_null(t)) close((int)fd);
    return t;
}
/* 0, an errno, or -1: raised. A connection begun before a signal goes on by itself: it is waited for. */
static int connect_to(ob_val self, const socket_address *to, socklen_t len) {
    int fd = (int)body_of(self)->fd, r, err;
    int64_t timeout = body_of(self)->timeout;
    py_blocking_enter();
    r = connect(fd, &to->any, len);
    err = errno;
    py_blocking_leave();
    if (r >= 0) return 0;
    bool wait = err == EINTR ? timeout != 0 : timeout > 0 && err == EINPROGRESS;
    if (err == EINTR && !ob_poll()) return -1;
    if (!wait) return err;
    int w = py__socket_wait(fd, true, timeout > 0 ? deadline_of(timeout) : -1);
    if (w) return w < 0 ? -1 : EWOULDBLOCK;
    socklen_t n = sizeof err;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0) return errno;
    return err == EISCONN ? 0 : err;
}
static int connect_arg(ob_val self, ob_val address, const char *who) {
    socket_address to;
    socklen_t len;
    return py__socket_parse(self, address, who, &to, &len) && ob_external() ? connect_to(self, &to, len) : -1;
}
OB_FN(socket_connect) {
    int err = connect_arg(self, a[0], "connect");
    if (err <= 0) return err < 0 ? OB_NULL : OB_NONE;
    if (err == EWOULDBLOCK && body_of(self)->timeout > 0) return ob_raise(&ob_exc_TimeoutError, "timed out");
    return ob_raise_errno(err, OB_NULL);
}
OB_FN(socket_connect_ex) {
    int err = connect_arg(self, a[0], "connect_ex");
    return err < 0 ? OB_NULL : ob_from_small(err);
}
OB_FN(socket_shutdown) {
    int how;
    if (!py__socket_int(a[0], 0, &how) || !ob_external()) return OB_NULL;
    return done(shutdown((int)body_of(self)->fd, how));
}
static ob_val name_by(ob_val self, int (*call)(int, struct sockaddr *restrict, socklen_t *restrict)) {
    socket_address s;
    socklen_t len = sizeof s;
    memset(&s, 0, sizeof s);
    return call((int)body_of(self)->fd, &s.any, &len) < 0 ? ob_raise_errno(errno, OB_NULL) : py__socket_address(&s, len, 0);
}
OB_FN(socket_getsockname) { return name_by(self, getsockname); }
OB_FN(socket_getpeername) { return name_by(self, getpeername); }

/* ---- options ---- */

OB_FN(socket_getsockopt) {
    int level, option, size, value = 0, fd = (int)body_of(self)->fd;
    if (!py__socket_int(a[0], 0, &level) || !py__socket_int(a[1], 0, &option) || !py__socket_int(a[2], 0, &size)) return OB_NULL;
    socklen_t len = sizeof value;
    if (size == 0) return getsockopt(fd, level, option, &value, &len) < 0 ? ob_raise_errno(errno, OB_NULL) : ob_from_small(value);
    if (size < 0 || size > 1024) return ob_raise(&ob_exc_OSError, "getsockopt buflen out of range");
    char buf[1024];
    len = (socklen_t)size;
    return getsockopt(fd, level, option, buf, &len) < 0 ? ob_raise_errno(errno, OB_NULL) : ob_bytes_from(buf, len);
}
OB_FN(socket_setsockopt) {
    int level, option, value, fd = (int)body_of(self)->fd;
    if (!py__socket_int(a[0], 0, &level) || !py__socket_int(a[1], 0, &option)) return OB_NULL;
    if (!ob_is_null(a[3])) {
        if (!ob_is_none(a[2])) return ob_raise(&ob_exc_TypeError, "setsockopt() argument 3 must be None, not %.50T", a[2]);
        if (!py__socket_int(a[3], 0, &value) || !ob_external()) return OB_NULL;
        return done(setsockopt(fd, level, option, NULL, (socklen_t)value));
    }
    if (ob_is_int(a[2])) {
        if (!py__socket_int(a[2], 0, &value) || !ob_external()) return OB_NULL;
        return done(setsockopt(fd, level, option, &value, sizeof value));
    }
    ob_val b = py_bytes_of(a[2]);
    if (ob_is_null(b) || !ob_external()) return OB_NULL;
    return done(setsockopt(fd, level, option, ob_bytes_ptr(b)->data, (socklen_t)ob_bytes_ptr(b)->len));
}
static bool set_nonblocking(int fd, bool on) {
    int f = fcntl(fd, F_GETFL);
    return (f >= 0 && fcntl(fd, F_SETFL, on ? f | O_NONBLOCK : f & ~O_NONBLOCK) >= 0) || ob_fail(ob_raise_errno(errno, OB_NULL));
}
static ob_val set_timeout(ob_val self, int64_t ns) {
    if (!ob_external()) return OB_NULL;
    socket_body *b = ob_write(self);
    if (!b) return OB_NULL;
    b->timeout = ns;
    return set_nonblocking((int)b->fd, ns >= 0) ? OB_NONE : OB_NULL;
}
static bool timeout_arg(ob_val v, int64_t *ns) { return py_timeout_ns(v, NULL, "Timeout value out of range", ns); }
static ob_val seconds(int64_t ns) { return ns < 0 ? OB_NONE : ob_float_from((double)ns / 1e9); }
OB_FN(socket_settimeout) { int64_t ns; return timeout_arg(a[0], &ns) ? set_timeout(self, ns) : OB_NULL; }
OB_FN(socket_gettimeout) { return seconds(body_of(self)->timeout); }
OB_FN(socket_setblocking) {
    int on = ob_truth(a[0]);
    return on < 0 ? OB_NULL : set_timeout(self, on ? -1 : 0);
}
OB_FN(socket_getblocking) { return ob_bool(body_of(self)->timeout != 0); }

/* ---- making and closing ---- */

static ob_val get_family(ob_val v) { return ob_from_small(body_of(v)->family); }
static ob_val get_type(ob_val v) { return ob_from_small(body_of(v)->type); }
static ob_val get_proto(ob_val v) { return ob_from_small(body_of(v)->proto); }
static ob_val get_timeout(ob_val v) { return seconds(body_of(v)->timeout); }

static ob_val slot_make(ob_type *t, const ob_val *a UNUSED, size_t n UNUSED, ob_val kw UNUSED) {
    tx_handle *h = ob_alloc_mut(t, sizeof(socket_body));
    if (!h) return OB_NULL;
    *(socket_body *)tx_inline_body(h) = (socket_body){-1, 0, 0, 0, -1};
    return ob_of(h);
}
static bool adopt(ob_val self, int fd, int family, int type, int proto) {
    int64_t timeout = atomic_load_explicit(&default_timeout, memory_order_relaxed);
    if (type & SOCK_NONBLOCK) timeout = 0;
    else if (timeout >= 0 && !set_nonblocking(fd, true)) return false;
    socket_body *b = ob_write(self);
    if (!b) return false;
    *b = (socket_body){fd, family, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), proto, timeout};
    return true;
}
/* A descriptor from elsewhere: what was not said is asked of it. */
static bool init_from(ob_val self, ob_val fileno, int family, int type, int proto) {
    int64_t fd;
    socket_address s;
    socklen_t len = sizeof s, n = sizeof type;
    if (!ob_index_i64(fileno, &fd)) return false;
    if (fd < 0) return ob_fail(ob_raise(&ob_exc_ValueError, "negative file descriptor"));
    if (fd > INT32_MAX) return ob_fail(ob_raise_errno(EBADF, OB_NULL));
    memset(&s, 0, sizeof s);
    if (getsockname((int)fd, &s.any, &len) < 0) {
        if (family == -1 || errno == EBADF || errno == ENOTSOCK) return ob_fail(ob_raise_errno(errno, OB_NULL));
    } else if (family == -1) family = s.any.sa_family;
    if (type == -1 && getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0) return ob_fail(ob_raise_errno(errno, OB_NULL));
    n = sizeof proto;
    if (proto == -1 && getsockopt((int)fd, SOL_SOCKET, SO_PROTOCOL, &proto, &n) < 0) return ob_fail(ob_raise_errno(errno, OB_NULL));
    return adopt(self, (int)fd, family, type, proto);
}
OB_FN(socket_init) {
    int family, type, proto;
    if (!py__socket_int(a[0], -1, &family) || !py__socket_int(a[1], -1, &type) || !py__socket_int(a[2], -1, &proto)) return OB_NULL;
    if (!ob_is_null(a[3]) && !ob_is_none(a[3])) return init_from(self, a[3], family, type, proto) ? OB_NONE : OB_NULL;
    if (family == -1) family = AF_INET;
    if (type == -1) type = SOCK_STREAM;
    if (proto == -1) proto = 0;
    if (!ob_external()) return OB_NULL;
    int fd = socket(family, type | SOCK_CLOEXEC, proto);
    if (fd < 0) return ob_raise_errno(errno, OB_NULL);
    if (adopt(self, fd, family, type, proto)) return OB_NONE;
    close(fd);
    return OB_NULL;
}
static bool slot_init(ob_val self, const ob_val *a, size_t n, ob_val kw) {
    static const ob_def def = {"socket", socket_init, "family=-1, type=-1, proto=-1, fileno=None", NULL, 0};
    return !ob_is_null(ob_def_call(&def, self, a, n, kw));
}
/* Takes the descriptor out of the object; -1: there was none, -2: raised. */
static int64_t take_fd(ob_val self) {
    int64_t fd = body_of(self)->fd;
    if (fd < 0) return -1;
    socket_body *b = ob_write(self);
    if (!b) return -2;
    b->fd = -1;
    return fd;
}
static int close_fd(int fd) {
    py_blocking_enter();
    int r = close(fd), err = errno;
    py_blocking_leave();
    errno = err;
    return r;
}
OB_FN(socket_close) {
    if (body_of(self)->fd < 0) return OB_NONE;
    if (!ob_external()) return OB_NULL;
    int64_t fd = take_fd(self);
    if (fd < 0) return fd == -1 ? OB_NONE : OB_NULL;
    return close_fd((int)fd) < 0 && errno != ECONNRESET ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
OB_FN(socket_detach) {
    int64_t fd = take_fd(self);
    return fd == -2 ? OB_NULL : ob_from_small(fd);
}
OB_FN(socket_fileno) { return ob_from_small(body_of(self)->fd); }
OB_FN(socket_del) {
    if (body_of(self)->fd < 0) return OB_NONE;
    if (!ob_warn(&ob_exc_ResourceWarning, 1, "unclosed %R", self)) ob_err_unraisable(self);
    return socket_close(self, NULL, 0, OB_NULL);
}
static ob_val slot_repr(ob_val v) {
    const socket_body *b = body_of(v);
    return ob_str_format_c("<socket object, fd=%lld, family=%d, type=%d, proto=%d>", (long long)b->fd, (int)b->family, (int)b->type, (int)b->proto);
}

/* The table has the methods of socket_msg.c in front (socket_fill). */
enum { MSG_METHODS = 3 };
static ob_def methods[MSG_METHODS + 29] = {{0}, {0}, {0},
    {"_accept", socket_accept, "", NULL, 0}, {"bind", socket_bind, "address, /", NULL, 0}, {"close", socket_close, "", NULL, 0}, {"connect", socket_connect, "address, /", NULL, 0},
    {"connect_ex", socket_connect_ex, "address, /", NULL, 0}, {"detach", socket_detach, "", NULL, 0}, {"fileno", socket_fileno, "", NULL, 0},
    {"getblocking", socket_getblocking, "", NULL, 0}, {"getpeername", socket_getpeername, "", NULL, 0}, {"getsockname", socket_getsockname, "", NULL, 0},
    {"getsockopt", socket_getsockopt, "level, option, buffersize=0, /", NULL, 0}, {"gettimeout", socket_gettimeout, "", NULL, 0},
    {"listen", socket_listen, "backlog=128, /", NULL, 0}, {"recv", socket_recv, "buffersize, flags=0, /", NULL, 0},
    {"recv_into", socket_recv_into, "buffer, nbytes=0, flags=0", NULL, 0}, {"recvfrom", socket_recvfrom, "buffersize, flags=0, /", NULL, 0},
    {"recvfrom_into", socket_recvfrom_into, "buffer, nbytes=0, flags=0", NULL, 0}, {"send", socket_send, "data, flags=0, /", NULL, 0},
    {"sendall", socket_sendall, "data, flags=0, /", NULL, 0}, {"sendto", socket_sendto, "*args, **kwargs", NULL, 0}, {"setblocking", socket_setblocking, "flag, /", NULL, 0},
    {"setsockopt", socket_setsockopt, "level, option, value, optlen=0, /", NULL, 0}, {"settimeout", socket_settimeout, "timeout, /", NULL, 0},
    {"shutdown", socket_shutdown, "how, /", NULL, 0}, {"__del__", socket_del, "", NULL, 0}, {0}};
static const ob_getset getsets[] = {{"family", get_family, ob_readonly_member, "the socket family"}, {"type", get_type, ob_readonly_member, "the socket type"},
    {"proto", get_proto, ob_readonly_member, "the socket protocol"}, {"timeout", get_timeout, NULL, "the socket timeout"}, {0}};
ob_type py__socket_type = {OB_TYPE_HEAD(&ob_type_type, &socket_kind), .name = "_socket.socket", .base = &ob_object_type, .flags = OB_TF_BASE | OB_TF_FINAL,
    .size = sizeof(socket_body), .slots = {.repr = slot_repr, .make = slot_make, .init = slot_init}, .methods = methods, .getsets = getsets};

/* ---- the module ---- */

OB_FN(m_close) {
    int fd;
    if (!py__socket_int(a[0], 0, &fd) || !ob_external()) return OB_NULL;
    return close_fd(fd) < 0 && errno != ECONNRESET ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}
OB_FN(m_dup) {
    int fd;
    if (!py__socket_int(a[0], 0, &fd) || !ob_external()) return OB_NULL;
    int r = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return r < 0 ? ob_raise_errno(errno, OB_NULL) : ob_from_small(r);
}
OB_FN(m_socketpair) {
    int family, type, proto, fd[2];
    if (!py__socket_int(a[0], AF_UNIX, &family) || !py__socket_int(a[1], SOCK_STREAM, &type) || !py__socket_int(a[2], 0, &proto) || !ob_external()) return OB_NULL;
    if (socketpair(family, type | SOCK_CLOEXEC, proto, fd) < 0) return ob_raise_errno(errno, OB_NULL);
    ob_val v[2];
    for (int i = 0; i < 2; i++) {
        v[i] = slot_make(&py__socket_type, NULL, 0, OB_NULL);
        if (ob_is_null(v[i]) || !adopt(v[i], fd[i], family, type, proto)) {
            if (i == 0) close(fd[0]);
            close(fd[1]);
            return OB_NULL;
        }
    }
    return ob_tuple_of2(v[0], v[1]);
}
OB_FN(m_getdefaulttimeout) { return seconds(atomic_load_explicit(&default_timeout, memory_order_relaxed)); }
OB_FN(m_setdefaulttimeout) {
    int64_t ns;
    if (!timeout_arg(a[0], &ns)) return OB_NULL;
    atomic_store_explicit(&default_timeout, ns, memory_order_relaxed);
    return OB_NONE;
}
static const ob_def defs[] = {
    {"close", m_close, "integer, /", NULL, 0}, {"dup", m_dup, "integer, /", NULL, 0}, {"getdefaulttimeout", m_getdefaulttimeout, "", NULL, 0},
    {"setdefaulttimeout", m_setdefaulttimeout, "timeout, /", NULL, 0}, {"socketpair", m_socketpair, "family=AF_UNIX, type=SOCK_STREAM, proto=0, /", NULL, 0}, {0}};

#ifndef UDPLITE_SEND_CSCOV            /* linux/udp.h has them in the kernel alone */
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#endif
#define C(name) {#name, (int64_t)(name)},
static const py_constant constants[] = {
#include "interp/mod/socket.def"
};
#undef C

static bool fill(ob_val m) {
    for (size_t i = 0; i < MSG_METHODS; i++) methods[i] = py__socket_msg_defs[i];
    return ob_module_add_type(m, &py__socket_type) && ob_module_add(m, "SocketType", ob_of(&py__socket_type)) && ob_module_add(m, "error", ob_of(&ob_exc_OSError)) &&
           ob_module_add(m, "timeout", ob_of(&ob_exc_TimeoutError)) && ob_module_add(m, "has_ipv6", OB_TRUE) && ob_module_add_defs(m, py__socket_name_defs) &&
           py__socket_names_fill(m) && py_mod_constants(m, constants, BASE_LENGTH(constants));
}
const ob_module_def py_mod__socket = {"_socket", "Sockets.", defs, fill};
