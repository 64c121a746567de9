/* socket_addr.c: addresses of sockets: from Python and back.  Locks: none. */
#include "interp/mod/socket_int.h"
#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>
#include <sys/ioctl.h>

/* ---- host names ---- */

/* Is it ASCII with labels of 1..63 characters, so that idna leaves it alone? */
static bool plain_name(const char *s, size_t n) {
    size_t label = 0;
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] >= 128) return false;
        if (s[i] != '.') { if (++label > 63) return false; }
        else if (label == 0) return false;
        else label = 0;
    }
    return true;
}

const char *py__socket_host(ob_val host, ob_val *keep) {
    size_t n;
    if (ob_is_str(host)) {
        const char *s = ob_str_is_ascii(host) ? ob_str_utf8(host, &n) : "";
        if (ob_str_is_ascii(host) && plain_name(s, n)) {
            *keep = host;
            if (strlen(s) != n) return ob_fail_ptr(ob_raise(&ob_exc_ValueError, "host name must not contain null character"));
            return s;
        }
        ob_val codec = ob_str_intern_c("idna");
        *keep = ob_is_null(codec) ? codec : ob_call_method_c(host, "encode", &codec, 1);
        if (ob_is_null(*keep)) return NULL;
    } else {
        if (!ob_is_bytes(host) && !ob_is_a(host, &ob_bytearray_type)) return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "str, bytes or bytearray expected, not %T", host));
        *keep = py_bytes_of(host);
    }
    if (ob_is_null(*keep) || !ob_is_bytes(*keep)) return NULL;
    if (strlen((const char *)ob_bytes_ptr(*keep)->data) != ob_bytes_ptr(*keep)->len)
        return ob_fail_ptr(ob_raise(&ob_exc_TypeError, "host name must not contain null character"));
    return (const char *)ob_bytes_ptr(*keep)->data;
}

static bool look_up(const char *name, int family, const char *service, int flags, socket_address *out) {
    struct addrinfo hints = {.ai_family = family, .ai_flags = flags, .ai_socktype = service ? SOCK_DGRAM : 0}, *res = NULL;
    if (!ob_external()) return false;
    py_blocking_enter();
    int e = getaddrinfo(name, service, &hints, &res);
    py_blocking_leave();
    if (e) return py__socket_gai_error(e);
    if (!service || !res->ai_next) memcpy(out, res->ai_addr, res->ai_addrlen < sizeof *out ? res->ai_addrlen : sizeof *out);
    bool many = service && res->ai_next;
    freeaddrinfo(res);
    return !many || ob_fail(ob_raise(&ob_exc_OSError, "wildcard resolved to multiple address"));
}

bool py__socket_resolve(const char *name, int family, socket_address *out) {
    struct in_addr v4;
    struct in6_addr v6;
    memset(out, 0, sizeof *out);
    if (!*name) return look_up(NULL, family, "0", AI_PASSIVE, out);
    if (!strcmp(name, "<broadcast>") || !strcmp(name, "255.255.255.255")) {
        if (family != AF_INET && family != AF_UNSPEC) return ob_fail(ob_raise(&ob_exc_OSError, "address family mismatched"));
        out->in.sin_family = AF_INET;
        out->in.sin_addr.s_addr = INADDR_BROADCAST;
        return true;
    }
    if (family != AF_INET6 && inet_pton(AF_INET, name, &v4) > 0) {
        out->in.sin_family = AF_INET;
        out->in.sin_addr = v4;
        return true;
    }
    if (family != AF_INET && !strchr(name, '%') && inet_pton(AF_INET6, name, &v6) > 0) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_addr = v6;
        return true;
    }
    char copy[NI_MAXHOST];
    if (strlen(name) >= sizeof copy) return py__socket_gai_error(EAI_NONAME);
    strcpy(copy, name);
    return look_up(copy, family, NULL, 0, out);
}

/* ---- from Python ---- */

static bool port_of(ob_val v, const char *who, uint16_t *out) {
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return ob_failed() ? false : ob_fail(ob_raise(&ob_exc_TypeError, "'%.200T' object cannot be interpreted as an integer", v));
    int64_t port = ob_int_clamp(i);
    if (port < 0 || port > 65535) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s(): port must be 0-65535.", who));
    *out = htons((uint16_t)port);
    return true;
}
static bool tuple_of(ob_val v, const char *who, const char *family, size_t min, size_t max, const char *message) {
    if (!ob_is_tuple(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "%s(): %s address must be tuple, not %.500T", who, family, v));
    size_t n = ob_tuple_len(v);
    return (n >= min && n <= max) || ob_fail(ob_raise(&ob_exc_TypeError, "%s", message));
}
static bool number_of(ob_val t, size_t i, int64_t otherwise, uint32_t *out) {
    int64_t x = otherwise;
    if (i < ob_tuple_len(t)) {
        ob_val v = ob_index(ob_tuple_at(t, i));
        if (ob_is_null(v)) return false;
        x = ob_int_clamp(v);
        if (x < INT_MIN || x > UINT32_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C int"));
    }
    *out = (uint32_t)x;
    return true;
}
static bool parse_inet(ob_val v, const char *who, socket_address *out, socklen_t *n) {
    uint16_t port;
    ob_val keep;
    if (!tuple_of(v, who, "AF_INET", 2, 2, "AF_INET address must be a pair (host, port)")) return false;
    const char *host = py__socket_host(ob_tuple_at(v, 0), &keep);
    if (!host || !port_of(ob_tuple_at(v, 1), who, &port) || !py__socket_resolve(host, AF_INET, out)) return false;
    out->in.sin_port = port;
    *n = sizeof out->in;
    return true;
}
static bool parse_inet6(ob_val v, const char *who, socket_address *out, socklen_t *n) {
    uint16_t port;
    uint32_t flow, scope;
    ob_val keep;
    if (!tuple_of(v, who, "AF_INET6", 2, 4, "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])")) return false;
    const char *host = py__socket_host(ob_tuple_at(v, 0), &keep);
    if (!host || !port_of(ob_tuple_at(v, 1), who, &port) || !number_of(v, 2, 0, &flow) || !number_of(v, 3, 0, &scope)) return false;
    if (flow > 0xfffff) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s(): flowinfo must be 0-1048575.", who));
    if (!py__socket_resolve(host, AF_INET6, out)) return false;
    out->in6.sin6_port = port;
    out->in6.sin6_flowinfo = htonl(flow);
    if (scope) out->in6.sin6_scope_id = scope;
    *n = sizeof out->in6;
    return true;
}
static bool parse_unix(ob_val v, socket_address *out, socklen_t *n) {
    const char *path;
    size_t len;
    if (ob_is_str(v)) {
        ob_val how[2] = {ob_str_intern_c("utf-8"), ob_str_intern_c("surrogateescape")}, b = ob_call_method_c(v, "encode", how, 2);
        if (ob_is_null(b)) return false;
        v = b;                                            /* not ob_str_fsencode: NUL is allowed */
    }
    ob_val b = py_bytes_of(v);
    if (ob_is_null(b)) return false;
    path = (const char *)ob_bytes_ptr(b)->data;
    len = ob_bytes_ptr(b)->len;
    bool named = len > 0 && path[0] != 0;
    if (len + named > sizeof out->un.sun_path) return ob_fail(ob_raise(&ob_exc_OSError, "AF_UNIX path too long"));
    memset(&out->un, 0, sizeof out->un);
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, len);
    *n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + named);
    return true;
}
static bool parse_netlink(ob_val v, const char *who, socket_address *out, socklen_t *n) {
    uint32_t pid, groups;
    if (!tuple_of(v, who, "AF_NETLINK", 2, 2, "AF_NETLINK address must be a pair (pid, groups)") || !number_of(v, 0, 0, &pid) || !number_of(v, 1, 0, &groups)) return false;
    memset(&out->nl, 0, sizeof out->nl);
    out->nl.nl_family = AF_NETLINK;
    out->nl.nl_pid = pid;
    out->nl.nl_groups = groups;
    *n = sizeof out->nl;
    return true;
}
static bool parse_vsock(ob_val v, const char *who, socket_address *out, socklen_t *n) {
    uint32_t cid, port;
    if (!tuple_of(v, who, "AF_VSOCK", 2, 2, "AF_VSOCK address must be a pair (CID, port)") || !number_of(v, 0, 0, &cid) || !number_of(v, 1, 0, &port)) return false;
    memset(&out->vm, 0, sizeof out->vm);
    out->vm.svm_family = AF_VSOCK;
    out->vm.svm_cid = cid;
    out->vm.svm_port = port;
    *n = sizeof out->vm;
    return true;
}
static bool parse_packet(ob_val self, ob_val v, const char *who, socket_address *out, socklen_t *n) {
    static const char message[] = "AF_PACKET address must be a tuple of two to five elements";
    uint32_t proto, type, hatype;
    struct ifreq ifr;
    if (!tuple_of(v, who, "AF_PACKET", 2, 5, message)) return false;
    const char *name = ob_is_str(ob_tuple_at(v, 0)) ? ob_str_utf8(ob_tuple_at(v, 0), NULL) : ob_fail_ptr(ob_raise(&ob_exc_TypeError, "%s", message));
    if (!name || !number_of(v, 1, 0, &proto) || !number_of(v, 2, 0, &type) || !number_of(v, 3, 0, &hatype)) return false;
    if (proto > 65535) return ob_fail(ob_raise(&ob_exc_OverflowError, "%s(): proto must be 0-65535.", who));
    memset(&ifr, 0, sizeof ifr);
    strncpy(ifr.ifr_name, name, sizeof ifr.ifr_name - 1);
    if (ioctl((int)((const socket_body *)ob_read(self))->fd, SIOCGIFINDEX, &ifr) < 0) return ob_fail(ob_raise_errno(errno, OB_NULL));
    memset(&out->ll, 0, sizeof out->ll);
    out->ll.sll_family = AF_PACKET;
    out->ll.sll_protocol = htons((uint16_t)proto);
    out->ll.sll_ifindex = ifr.ifr_ifindex;
    out->ll.sll_pkttype = (unsigned char)type;
    out->ll.sll_hatype = (unsigned short)hatype;
    if (ob_tuple_len(v) > 4) {
        ob_val b = py_bytes_of(ob_tuple_at(v, 4));
        if (ob_is_null(b)) return false;
        if (ob_bytes_ptr(b)->len > 8) return ob_fail(ob_raise(&ob_exc_ValueError, "Hardware address must be 8 bytes or less"));
        memcpy(out->ll.sll_addr, ob_bytes_ptr(b)->data, ob_bytes_ptr(b)->len);
        out->ll.sll_halen = (unsigned char)ob_bytes_ptr(b)->len;
    }
    *n = sizeof out->ll;
    return true;
}
bool py__socket_parse(ob_val self, ob_val v, const char *who, socket_address *out, socklen_t *n) {
    switch (((const socket_body *)ob_read(self))->family) {
    case AF_INET: return parse_inet(v, who, out, n);
    case AF_INET6: return parse_inet6(v, who, out, n);
    case AF_UNIX: return parse_unix(v, out, n);
    case AF_NETLINK: return parse_netlink(v, who, out, n);
    case AF_VSOCK: return parse_vsock(v, who, out, n);
    case AF_PACKET: return parse_packet(self, v, who, out, n);
    default: return ob_fail(ob_raise(&ob_exc_OSError, "%s(): bad family", who));
    }
}

/* ---- to Python ---- */

static ob_val text_of(int family, const void *a) {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(family, a, text, sizeof text) ? ob_str_from_c(text) : ob_raise_errno(errno, OB_NULL);
}
static ob_val inet6_text(const struct sockaddr_in6 *a) {
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text) ? ob_str_from_c(text) : ob_raise_errno(errno, OB_NULL);
}
static ob_val tuple_from(const ob_val *v, size_t n) {
    for (size_t i = 0; i < n; i++) if (ob_is_null(v[i])) return OB_NULL;
    return ob_tuple_from(v, n);
}
static ob_val unix_name(const struct sockaddr_un *a, socklen_t n) {
    size_t len = n > offsetof(struct sockaddr_un, sun_path) ? n - offsetof(struct sockaddr_un, sun_path) : 0;
    if (len > 0 && a->sun_path[0] == 0) return ob_bytes_from(a->sun_path, len);
    return ob_str_fsdecode(a->sun_path, strnlen(a->sun_path, len));
}
static ob_val packet_name(const struct sockaddr_ll *a) {
    char name[IF_NAMESIZE] = "";
    if (a->sll_ifindex && !if_indextoname((unsigned)a->sll_ifindex, name)) name[0] = 0;
    ob_val v[5] = {ob_str_from_c(name), ob_from_small(ntohs(a->sll_protocol)), ob_from_small(a->sll_pkttype), ob_from_small(a->sll_hatype),
        ob_bytes_from(a->sll_addr, a->sll_halen)};
    return tuple_from(v, 5);
}
ob_val py__socket_address(const socket_address *a, socklen_t n, int proto UNUSED) {
    if (n == 0) return OB_NONE;                           /* there is none: the socket is connected */
    switch (a->any.sa_family) {
    case AF_INET: return tuple_from((ob_val[]){text_of(AF_INET, &a->in.sin_addr), ob_from_small(ntohs(a->in.sin_port))}, 2);
    case AF_INET6:
        return tuple_from((ob_val[]){inet6_text(&a->in6), ob_from_small(ntohs(a->in6.sin6_port)), ob_from_small(ntohl(a->in6.sin6_flowinfo)),
            ob_from_small(a->in6.sin6_scope_id)}, 4);
    case AF_UNIX: return unix_name(&a->un, n);
    case AF_NETLINK: return ob_tuple_of2(ob_from_small(a->nl.nl_pid), ob_from_small(a->nl.nl_groups));
    case AF_VSOCK: return ob_tuple_of2(ob_from_small(a->vm.svm_cid), ob_from_small(a->vm.svm_port));
    case AF_PACKET: return packet_name(&a->ll);
    default: return tuple_from((ob_val[]){ob_from_small(a->any.sa_family), ob_bytes_from(a->any.sa_data, n > sizeof a->any ? sizeof a->any.sa_data : n - offsetof(struct sockaddr, sa_data))}, 2);
    }
}
