/* socket_msg.c: sendmsg() and recvmsg(): messages of several parts, with ancillary data.
 * Locks: none.  Parts are copied to and from C memory: no body is looked at during the system call. */
#include "interp/mod/socket_int.h"
#include "base/mem.h"
#include <limits.h>
#include <string.h>

static ssize_t act_sendmsg(socket_call *c) { return sendmsg(c->fd, c->msg, c->flags); }
static ssize_t act_recvmsg(socket_call *c) {
    if (c->address) c->msg->msg_namelen = sizeof *c->address;
    return recvmsg(c->fd, c->msg, c->flags);
}

/* ---- sending ---- */

typedef struct outgoing { struct msghdr msg; struct iovec *parts; uint8_t *control; socket_address address; } outgoing;

static bool parts_of(ob_val v, ob_val *keep, outgoing *o) {
    ob_type *t = ob_type_of(v);
    if (!t->slots.iter && !t->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "sendmsg() argument 1 must be an iterable"));
    ob_val list = *keep = ob_list_of_iterable(v);
    if (ob_is_null(list)) return false;
    size_t n = ob_list_len(list);
    if (n > INT_MAX) return ob_fail(ob_raise(&ob_exc_OSError, "sendmsg() argument 1 is too long"));
    if (!(o->parts = base_mem_alloc((n + 1) * sizeof *o->parts))) return ob_fail(ob_raise_memory());
    for (size_t i = 0; i < n; i++) {
        ob_val b = py_bytes_of(ob_list_at(list, i));
        if (ob_is_null(b) || !ob_list_set(list, i, b)) return false;
        o->parts[i] = (struct iovec){ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len};
    }
    o->msg.msg_iov = o->parts;
    o->msg.msg_iovlen = n;
    return true;
}
static bool item_of(ob_val item, int *level, int *type, ob_val *data) {
    if (!ob_is_tuple(item) || ob_tuple_len(item) != 3) {
        if (!ob_type_of(item)->slots.getitem && !ob_type_of(item)->slots.iter) return ob_fail(ob_raise(&ob_exc_TypeError, "[sendmsg() ancillary data items]() argument must be 3-item sequence, not %T", item));
        item = ob_tuple_of_iterable(item);
        if (ob_is_null(item)) return false;
        if (ob_tuple_len(item) != 3) return ob_fail(ob_raise(&ob_exc_TypeError, "[sendmsg() ancillary data items]() argument must be sequence of length 3, not %zu", ob_tuple_len(item)));
    }
    if (!py__socket_int(ob_tuple_at(item, 0), 0, level) || !py__socket_int(ob_tuple_at(item, 1), 0, type)) return false;
    *data = py_bytes_of(ob_tuple_at(item, 2));
    return !ob_is_null(*data);
}
static bool control_of(ob_val v, outgoing *o) {
    if (ob_is_null(v)) return true;
    ob_type *t = ob_type_of(v);
    if (!t->slots.iter && !t->slots.getitem) return ob_fail(ob_raise(&ob_exc_TypeError, "sendmsg() argument 2 must be an iterable"));
    ob_val list = ob_list_of_iterable(v), data;
    if (ob_is_null(list)) return false;
    size_t n = ob_list_len(list), room = 0;
    int level, type;
    for (size_t i = 0; i < n; i++) {
        if (!item_of(ob_list_at(list, i), &level, &type, &data)) return false;
        room += CMSG_SPACE(ob_bytes_ptr(data)->len);
        if (!ob_list_set(list, i, ob_tuple_of3(ob_from_small(level), ob_from_small(type), data))) return false;
    }
    if (n == 0) return true;
    if (!(o->control = base_mem_zeroed(room))) return ob_fail(ob_raise_memory());
    o->msg.msg_control = o->control;
    o->msg.msg_controllen = room;
    struct cmsghdr *h = CMSG_FIRSTHDR(&o->msg);
    for (size_t i = 0; i < n && h; i++, h = CMSG_NXTHDR(&o->msg, h)) {
        if (!item_of(ob_list_at(list, i), &level, &type, &data)) return false;
        h->cmsg_level = level;
        h->cmsg_type = type;
        h->cmsg_len = CMSG_LEN(ob_bytes_ptr(data)->len);
        memcpy(CMSG_DATA(h), ob_bytes_ptr(data)->data, ob_bytes_ptr(data)->len);
    }
    return true;
}
OB_FN(socket_sendmsg) {
    socket_call c;
    outgoing o = {0};
    ob_val result = OB_NULL, keep;
    socklen_t len = 0;
    if (!py__socket_begin(self, &c, true, act_sendmsg)) return OB_NULL;
    if (!parts_of(a[0], &keep, &o) || !control_of(a[1], &o) || !py__socket_int(a[2], 0, &c.flags)) goto out;
    if (!ob_is_null(a[3]) && !ob_is_none(a[3])) {
        if (!py__socket_parse(self, a[3], "sendmsg", &o.address, &len)) goto out;
        o.msg.msg_name = &o.address;
        o.msg.msg_namelen = len;
    }
    c.msg = &o.msg;
    if (!ob_external()) goto out;
    ssize_t r = py__socket_run(&c);
    if (r >= 0) result = ob_from_small(r);
out:
    base_mem_free(o.parts);
    base_mem_free(o.control);
    return result;
}

/* ---- receiving ---- */

static ob_val ancillary(struct msghdr *msg) {
    ob_val out = ob_list_new(0);
    const uint8_t *end = (const uint8_t *)msg->msg_control + msg->msg_controllen;
    for (struct cmsghdr *h = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL; h && !ob_is_null(out); h = CMSG_NXTHDR(msg, h)) {
        const uint8_t *data = CMSG_DATA(h);
        size_t there = data < end ? (size_t)(end - data) : 0;
        if (h->cmsg_len < CMSG_LEN(0) || h->cmsg_len - CMSG_LEN(0) > there) {
            if (!ob_warn(&ob_exc_RuntimeWarning, 1, "received malformed or improperly-truncated ancillary data")) return OB_NULL;
            if (h->cmsg_len < CMSG_LEN(0)) break;
        }
        size_t n = h->cmsg_len - CMSG_LEN(0);
        ob_val b = ob_bytes_from(data, n < there ? n : there), t = ob_is_null(b) ? b : ob_tuple_of3(ob_from_small(h->cmsg_level), ob_from_small(h->cmsg_type), b);
        if (ob_is_null(t) || !ob_list_append(out, t)) return OB_NULL;
    }
    return out;
}
static ssize_t receive(ob_val self, struct iovec *parts, size_t n, ob_val room, ob_val flags, ob_val rest[3]) {
    socket_call c;
    socket_address address = {0};
    int64_t bytes = 0;
    if (!ob_is_null(room) && !ob_index_i64(room, &bytes)) return -1;
    if (!py__socket_begin(self, &c, false, act_recvmsg) || !py__socket_int(flags, 0, &c.flags)) return -1;
    if (bytes < 0 || bytes > INT_MAX) return ob_fail_int(ob_raise(&ob_exc_ValueError, "invalid ancillary data buffer length"));
    void *control = bytes ? base_mem_zeroed((size_t)bytes) : NULL;
    if (bytes && !control) return ob_fail_int(ob_raise_memory());
    struct msghdr msg = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = parts, .msg_iovlen = n, .msg_control = control, .msg_controllen = (size_t)bytes};
    c.msg = &msg;
    c.address = &address;
    ssize_t r = ob_external() ? py__socket_run(&c) : -1;
    if (r >= 0) {
        rest[0] = ancillary(&msg);
        rest[1] = ob_from_small(msg.msg_flags);
        rest[2] = py__socket_address(&address, msg.msg_namelen, 0);
        if (ob_is_null(rest[0]) || ob_is_null(rest[2])) r = -1;
    }
    base_mem_free(control);
    return r;
}
OB_FN(socket_recvmsg) {
    int64_t size;
    ob_val rest[4];
    if (!ob_index_i64(a[0], &size)) return OB_NULL;
    if (size < 0) return ob_raise(&ob_exc_ValueError, "negative buffer size in recvmsg()");
    ob_val b = ob_bytes_alloc((size_t)size);
    if (ob_is_null(b)) return b;
    struct iovec part = {ob_bytes_ptr(b)->data, (size_t)size};
    ssize_t r = receive(self, &part, 1, a[1], a[2], rest + 1);
    if (r < 0) return OB_NULL;
    rest[0] = r == size ? b : ob_bytes_from(ob_bytes_ptr(b)->data, (size_t)r);
    return ob_is_null(rest[0]) ? OB_NULL : ob_tuple_from(rest, 4);
}
static bool scatter(ob_val list, const uint8_t *p, size_t n) {
    for (size_t i = 0; n > 0 && i < ob_list_len(list); i++) {
        ob_buffer b;
        if (!ob_buffer_get(ob_list_at(list, i), &b, true)) return false;
        size_t k = n < b.len ? n : b.len;
        memcpy(b.data, p, k);
        ob_buffer_release(&b);
        p += k, n -= k;
    }
    return true;
}
OB_FN(socket_recvmsg_into) {
    ob_val rest[4];
    ob_type *t = ob_type_of(a[0]);
    if (!t->slots.iter && !t->slots.getitem) return ob_raise(&ob_exc_TypeError, "recvmsg_into() argument 1 must be an iterable");
    ob_val list = ob_list_of_iterable(a[0]);
    size_t room = 0;
    if (ob_is_null(list)) return OB_NULL;
    for (size_t i = 0; i < ob_list_len(list); i++) {
        ob_buffer b;
        if (!ob_buffer_get(ob_list_at(list, i), &b, true)) {
            if (ob_err_clear_if(&ob_exc_TypeError) || ob_err_clear_if(&ob_exc_BufferError))
                ob_raise(&ob_exc_TypeError, "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers");
            return OB_NULL;
        }
        room += b.len;
        ob_buffer_release(&b);
    }
    uint8_t *data = base_mem_alloc(room + 1);
    if (!data) return ob_raise_memory();
    struct iovec part = {data, room};
    ssize_t r = receive(self, &part, 1, a[1], a[2], rest + 1);
    bool ok = r >= 0 && scatter(list, data, (size_t)r);
    base_mem_free(data);
    rest[0] = ob_from_small(r);
    return ok ? ob_tuple_from(rest, 4) : OB_NULL;
}

const ob_def py__socket_msg_defs[] = {
    {"recvmsg", socket_recvmsg, "bufsize, ancbufsize=0, flags=0, /", "Receives data and ancillary data.", 0},
    {"recvmsg_into", socket_recvmsg_into, "buffers, ancbufsize=0, flags=0, /", "Receives into buffers.", 0},
    {"sendmsg", socket_sendmsg, "buffers, ancdata=(), flags=0, address=None, /", "Sends parts as one message, with ancillary data.", 0}, {0}};
