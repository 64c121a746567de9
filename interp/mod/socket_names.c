/* socket_names.c: hosts, services, protocols, interfaces; numbers in network order.
 * Locks: the resolver's calls that are not reentrant run under `resolver`. */
#include "interp/mod/socket_int.h"
#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ob_val gai_error_class, h_error_class;
static pthread_mutex_t resolver = PTHREAD_MUTEX_INITIALIZER;

bool py__socket_int(ob_val v, int otherwise, int *out) {
    *out = otherwise;
    if (ob_is_null(v)) return true;
    ob_val i = ob_index(v);
    if (ob_is_null(i)) return false;
    int64_t x = ob_int_clamp(i);
    if (x > INT_MAX) return ob_fail(ob_raise(&ob_exc_OverflowError, "signed integer is greater than maximum"));
    if (x < INT_MIN) return ob_fail(ob_raise(&ob_exc_OverflowError, "signed integer is less than minimum"));
    *out = (int)x;
    return true;
}

static ob_val raise_pair(ob_val cls, int code, const char *text) {
    ob_val t = ob_str_from_c(text), e = ob_is_null(t) ? t : ob_call2(cls, ob_from_small(code), t);
    return ob_is_null(e) ? e : ob_raise_value(e);
}
bool py__socket_gai_error(int error) {
    if (error == EAI_SYSTEM) return ob_fail(ob_raise_errno(errno, OB_NULL));
    return ob_fail(raise_pair(gai_error_class, error, gai_strerror(error)));
}

/* ---- hosts ---- */

OB_FN(m_gethostbyname) {
    socket_address s;
    ob_val keep;
    const char *host = py__socket_host(a[0], &keep);
    if (!host || !py__socket_resolve(host, AF_INET, &s)) return OB_NULL;
    char text[INET_ADDRSTRLEN];
    return ob_str_from_c(inet_ntop(AF_INET, &s.in.sin_addr, text, sizeof text));
}
static ob_val host_entry(const struct hostent *h) {
    ob_val names = ob_list_new(0), addresses = ob_list_new(0), name = ob_str_fsdecode(h->h_name, strlen(h->h_name));
    if (ob_is_null(names) || ob_is_null(addresses) || ob_is_null(name)) return OB_NULL;
    for (char **p = h->h_aliases; p && *p; p++) {
        ob_val s = ob_str_fsdecode(*p, strlen(*p));
        if (ob_is_null(s) || !ob_list_append(names, s)) return OB_NULL;
    }
    for (char **p = h->h_addr_list; p && *p; p++) {
        char text[INET6_ADDRSTRLEN];
        ob_val s = inet_ntop(h->h_addrtype, *p, text, sizeof text) ? ob_str_from_c(text) : ob_raise_errno(errno, OB_NULL);
        if (ob_is_null(s) || !ob_list_append(addresses, s)) return OB_NULL;
    }
    return ob_tuple_of3(name, names, addresses);
}
/* address NULL: by name */
static ob_val host_of(const char *name, const void *address, socklen_t len, int family) {
    struct hostent entry, *h = NULL;
    char buf[16384];
    int err = 0;
    if (!ob_external()) return OB_NULL;
    py_blocking_enter();
    int r = address ? gethostbyaddr_r(address, len, family, &entry, buf, sizeof buf, &h, &err) : gethostbyname2_r(name, family, &entry, buf, sizeof buf, &h, &err);
    py_blocking_leave();
    return r == 0 && h ? host_entry(h) : raise_pair(h_error_class, err, hstrerror(err));
}
OB_FN(m_gethostbyname_ex) {
    socket_address s;
    ob_val keep;
    const char *host = py__socket_host(a[0], &keep);
    if (!host || !py__socket_resolve(host, AF_INET, &s)) return OB_NULL;
    return host_of(host, NULL, 0, AF_INET);
}
OB_FN(m_gethostbyaddr) {
    socket_address s;
    ob_val keep;
    const char *host = py__socket_host(a[0], &keep);
    if (!host || !py__socket_resolve(host, AF_UNSPEC, &s)) return OB_NULL;
    if (s.any.sa_family == AF_INET) return host_of(NULL, &s.in.sin_addr, sizeof s.in.sin_addr, AF_INET);
    if (s.any.sa_family == AF_INET6) return host_of(NULL, &s.in6.sin6_addr, sizeof s.in6.sin6_addr, AF_INET6);
    return ob_raise(&ob_exc_OSError, "unsupported address family");
}
OB_FN(m_gethostname) {
    char name[1024];
    if (gethostname(name, sizeof name - 1) < 0) return ob_raise_errno(errno, OB_NULL);
    name[sizeof name - 1] = 0;
    return ob_str_fsdecode(name, strlen(name));
}
OB_FN(m_sethostname) {
    posix_path p;
    if (!posix_path_of("sethostname", a[0], false, &p) || !ob_external()) return OB_NULL;
    return sethostname(p.text, strlen(p.text)) < 0 ? ob_raise_errno(errno, OB_NULL) : OB_NONE;
}

static ob_val addrinfo_entry(const struct addrinfo *r) {
    socket_address s;
    memset(&s, 0, sizeof s);
    memcpy(&s, r->ai_addr, r->ai_addrlen < sizeof s ? r->ai_addrlen : sizeof s);
    const char *canon = r->ai_canonname ? r->ai_canonname : "";
    ob_val v[5] = {ob_from_small(r->ai_family), ob_from_small(r->ai_socktype), ob_from_small(r->ai_protocol), ob_str_fsdecode(canon, strlen(canon)),
        py__socket_address(&s, r->ai_addrlen, r->ai_protocol)};
    return ob_is_null(v[3]) || ob_is_null(v[4]) ? OB_NULL : ob_tuple_from(v, 5);
}
/* The service of getaddrinfo: text, number or none. */
static bool service_of(ob_val v, ob_val *keep, const char **out) {
    size_t len;
    *out = NULL;
    if (ob_is_null(v) || ob_is_none(v)) return true;
    if (ob_is_int(v)) {
        *keep = ob_int_to_text(v, 10, false);
        return !ob_is_null(*keep) && (*out = ob_str_utf8(*keep, &len)) != NULL;
    }
    *keep = v;
    if (ob_is_str(v)) *out = ob_str_utf8(v, &len);
    else if (ob_is_bytes(v)) *out = (const char *)ob_bytes_ptr(v)->data, len = ob_bytes_ptr(v)->len;
    else return ob_fail(ob_raise(&ob_exc_OSError, "Int or String expected"));
    if (*out && strlen(*out) != len) return ob_fail(ob_raise(&ob_exc_ValueError, "embedded null character"));
    return *out != NULL;
}
OB_FN(m_getaddrinfo) {
    struct addrinfo hints = {0}, *res = NULL;
    ob_val keep = OB_NULL, keep2 = OB_NULL;
    const char *host = NULL, *service;
    if (!ob_is_none(a[0])) {
        if (!ob_is_str(a[0]) && !ob_is_bytes(a[0])) return ob_raise(&ob_exc_TypeError, "getaddrinfo() argument 1 must be string or None");
        if (!(host = py__socket_host(a[0], &keep))) return OB_NULL;
    }
    if (!service_of(a[1], &keep2, &service) || !py__socket_int(a[2], 0, &hints.ai_family) || !py__socket_int(a[3], 0, &hints.ai_socktype) ||
        !py__socket_int(a[4], 0, &hints.ai_protocol) || !py__socket_int(a[5], 0, &hints.ai_flags) || !ob_external())
        return OB_NULL;
    py_blocking_enter();
    int e = getaddrinfo(host, service, &hints, &res);
    py_blocking_leave();
    if (e) return py__socket_gai_error(e), OB_NULL;
    ob_val out = ob_list_new(4);
    for (struct addrinfo *r = res; r && !ob_is_null(out); r = r->ai_next) {
        ob_val t = addrinfo_entry(r);
        if (ob_is_null(t) || !ob_list_append(out, t)) out = OB_NULL;
    }
    freeaddrinfo(res);
    return out;
}
static bool name_query(ob_val t, char host[NI_MAXHOST], struct addrinfo **res) {
    int64_t port, flow = 0, scope = 0;
    size_t n = ob_tuple_len(t);
    ob_val h = n >= 2 && n <= 4 ? ob_tuple_at(t, 0) : OB_NULL;
    if (ob_is_null(h) || !ob_is_str(h)) return ob_fail(ob_raise(&ob_exc_TypeError, "getnameinfo(): illegal sockaddr argument"));
    const char *text = ob_str_utf8(h, NULL);
    if (!text || !ob_index_i64(ob_tuple_at(t, 1), &port) || (n > 2 && !ob_index_i64(ob_tuple_at(t, 2), &flow)) || (n > 3 && !ob_index_i64(ob_tuple_at(t, 3), &scope))) return false;
    if (flow < 0 || flow > 0xfffff) return ob_fail(ob_raise(&ob_exc_OverflowError, "getnameinfo(): flowinfo must be 0-1048575."));
    char service[24];
    snprintf(service, sizeof service, "%d", (int)port);
    snprintf(host, NI_MAXHOST, "%s", text);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    if (!ob_external()) return false;
    py_blocking_enter();
    int e = getaddrinfo(host, service, &hints, res);
    py_blocking_leave();
    if (e) return py__socket_gai_error(e);
    const char *wrong = (*res)->ai_next ? "sockaddr resolved to multiple addresses" : (*res)->ai_family == AF_INET && n != 2 ? "IPv4 sockaddr must be 2 tuple" : NULL;
    if ((*res)->ai_family == AF_INET6) {
        struct sockaddr_in6 *s = (struct sockaddr_in6 *)(void *)(*res)->ai_addr;
        s->sin6_flowinfo = htonl((uint32_t)flow);
        s->sin6_scope_id = (uint32_t)scope;
    }
    if (!wrong) return true;
    freeaddrinfo(*res);
    return ob_fail(ob_raise(&ob_exc_OSError, "%s", wrong));
}
OB_FN(m_getnameinfo) {
    char query[NI_MAXHOST], host[NI_MAXHOST], service[NI_MAXSERV];
    struct addrinfo *res;
    int flags;
    if (!ob_is_tuple(a[0])) return ob_raise(&ob_exc_TypeError, "getnameinfo() argument 1 must be a tuple");
    if (!py__socket_int(a[1], 0, &flags) || !name_query(a[0], query, &res)) return OB_NULL;
    py_blocking_enter();
    int e = getnameinfo(res->ai_addr, res->ai_addrlen, host, sizeof host, service, sizeof service, flags);
    freeaddrinfo(res);
    py_blocking_leave();
    if (e) return py__socket_gai_error(e), OB_NULL;
    ob_val h = ob_str_fsdecode(host, strlen(host)), s = ob_str_from_c(service);
    return ob_is_null(h) || ob_is_null(s) ? OB_NULL : ob_tuple_of2(h, s);
}

/* ---- services, protocols ---- */

static bool text_arg(ob_val v, const char **out) {
    *out = NULL;
    if (ob_is_null(v)) return true;
    if (!ob_is_str(v)) return ob_fail(ob_raise(&ob_exc_TypeError, "argument must be str, not %.50T", v));
    return (*out = ob_str_utf8(v, NULL)) != NULL;
}
OB_FN(m_getservbyname) {
    const char *name, *proto;
    if (!text_arg(a[0], &name) || !text_arg(a[1], &proto)) return OB_NULL;
    pthread_mutex_lock(&resolver);
    struct servent *s = getservbyname(name, proto);
    int port = s ? ntohs((uint16_t)s->s_port) : -1;
    pthread_mutex_unlock(&resolver);
    return port < 0 ? ob_raise(&ob_exc_OSError, "service/proto not found") : ob_from_small(port);
}
OB_FN(m_getservbyport) {
    const char *proto;
    int port;
    char name[256];
    if (!py__socket_int(a[0], 0, &port) || !text_arg(a[1], &proto)) return OB_NULL;
    if (port < 0 || port > 65535) return ob_raise(&ob_exc_OverflowError, "getservbyport: port must be 0-65535.");
    pthread_mutex_lock(&resolver);
    struct servent *s = getservbyport(htons((uint16_t)port), proto);
    if (s) snprintf(name, sizeof name, "%s", s->s_name);
    pthread_mutex_unlock(&resolver);
    return s ? ob_str_from_c(name) : ob_raise(&ob_exc_OSError, "port/proto not found");
}
OB_FN(m_getprotobyname) {
    const char *name;
    if (!text_arg(a[0], &name)) return OB_NULL;
    pthread_mutex_lock(&resolver);
    struct protoent *p = getprotobyname(name);
    int number = p ? p->p_proto : -1;
    pthread_mutex_unlock(&resolver);
    return number < 0 ? ob_raise(&ob_exc_OSError, "protocol not found") : ob_from_small(number);
}

/* ---- numbers ---- */

static ob_val short_swap(ob_val v, const char *who) {
    int x;
    if (!py__socket_int(v, 0, &x)) return OB_NULL;
    if (x < 0) return ob_raise(&ob_exc_OverflowError, "%s: can't convert negative Python int to C 16-bit unsigned integer", who);
    if (x > 0xffff) return ob_raise(&ob_exc_OverflowError, "%s: Python int too large to convert to C 16-bit unsigned integer", who);
    return ob_from_small(htons((uint16_t)x));
}
static ob_val long_swap(ob_val v) {
    if (!ob_is_int(v)) return ob_raise(&ob_exc_TypeError, "expected int, %T found", v);
    if (ob_int_sign(v) < 0) return ob_raise(&ob_exc_OverflowError, "can't convert negative value to unsigned int");
    int64_t x = ob_int_clamp(v);
    if (x > UINT32_MAX) return ob_raise(&ob_exc_OverflowError, "int larger than 32 bits");
    return ob_from_small(htonl((uint32_t)x));
}
OB_FN(m_ntohs) { return short_swap(a[0], "ntohs"); }
OB_FN(m_htons) { return short_swap(a[0], "htons"); }
OB_FN(m_ntohl) { return long_swap(a[0]); }
OB_FN(m_htonl) { return long_swap(a[0]); }
OB_FN(m_inet_aton) {
    struct in_addr x;
    const char *s;
    if (!text_arg(a[0], &s)) return OB_NULL;
    return inet_aton(s, &x) ? ob_bytes_from(&x, 4) : ob_raise(&ob_exc_OSError, "illegal IP address string passed to inet_aton");
}
OB_FN(m_inet_ntoa) {
    char text[INET_ADDRSTRLEN];
    ob_val b = py_bytes_of(a[0]);
    if (ob_is_null(b)) return b;
    if (ob_bytes_ptr(b)->len != 4) return ob_raise(&ob_exc_OSError, "packed IP wrong length");
    return ob_str_from_c(inet_ntop(AF_INET, ob_bytes_ptr(b)->data, text, sizeof text));
}
OB_FN(m_inet_pton) {
    uint8_t out[16];
    const char *s;
    int af;
    if (!py__socket_int(a[0], 0, &af) || !text_arg(a[1], &s)) return OB_NULL;
    int r = inet_pton(af, s, out);
    if (r < 0) return ob_raise_errno(errno, OB_NULL);
    if (r == 0) return ob_raise(&ob_exc_OSError, "illegal IP address string passed to inet_pton");
    return ob_bytes_from(out, af == AF_INET ? 4 : 16);
}
OB_FN(m_inet_ntop) {
    char text[INET6_ADDRSTRLEN];
    int af;
    ob_val b;
    if (!py__socket_int(a[0], 0, &af) || ob_is_null(b = py_bytes_of(a[1]))) return OB_NULL;
    if (af != AF_INET && af != AF_INET6) return ob_raise(&ob_exc_ValueError, "unknown address family %d", af);
    if (ob_bytes_ptr(b)->len != (af == AF_INET ? 4 : 16)) return ob_raise(&ob_exc_ValueError, "invalid length of packed IP address string");
    return inet_ntop(af, ob_bytes_ptr(b)->data, text, sizeof text) ? ob_str_from_c(text) : ob_raise_errno(errno, OB_NULL);
}

/* ---- interfaces ---- */

OB_FN(m_if_nameindex) {
    struct if_nameindex *all = if_nameindex();
    if (!all) return ob_raise_errno(errno, OB_NULL);
    ob_val out = ob_list_new(4);
    for (struct if_nameindex *i = all; i->if_index && !ob_is_null(out); i++) {
        ob_val name = ob_str_fsdecode(i->if_name, strlen(i->if_name)), t = ob_is_null(name) ? name : ob_tuple_of2(ob_from_small(i->if_index), name);
        if (ob_is_null(t) || !ob_list_append(out, t)) out = OB_NULL;
    }
    if_freenameindex(all);
    return out;
}
OB_FN(m_if_nametoindex) {
    posix_path p;
    if (!posix_path_of("if_nametoindex", a[0], false, &p)) return OB_NULL;
    unsigned i = if_nametoindex(p.text);
    return i ? ob_from_small(i) : ob_raise(&ob_exc_OSError, "no interface with this name");
}
OB_FN(m_if_indextoname) {
    char name[IF_NAMESIZE + 1];
    ob_val i = ob_index(a[0]);
    if (ob_is_null(i)) return i;
    int64_t x = ob_int_clamp(i);
    if (x < 0) return ob_raise(&ob_exc_OverflowError, "can't convert negative value to unsigned int");
    if (x > UINT32_MAX) return ob_raise(&ob_exc_OverflowError, "Python int too large to convert to C long");
    return if_indextoname((unsigned)x, name) ? ob_str_fsdecode(name, strlen(name)) : ob_raise_errno(errno, OB_NULL);
}

static ob_val cmsg_size(ob_val v, const char *who, bool space) {
    int64_t n;
    if (!ob_index_i64(v, &n)) return OB_NULL;
    if (n < 0 || n > INT_MAX - (int64_t)(space ? CMSG_SPACE(1) : CMSG_LEN(0))) return ob_raise(&ob_exc_OverflowError, "%s() argument out of range", who);
    return ob_from_small((int64_t)(space ? CMSG_SPACE((size_t)n) : CMSG_LEN((size_t)n)));
}
OB_FN(m_cmsg_len) { return cmsg_size(a[0], "CMSG_LEN", false); }
OB_FN(m_cmsg_space) { return cmsg_size(a[0], "CMSG_SPACE", true); }

const ob_def py__socket_name_defs[] = {
    {"CMSG_LEN", m_cmsg_len, "length, /", NULL, 0}, {"CMSG_SPACE", m_cmsg_space, "length, /", NULL, 0},
    {"getaddrinfo", m_getaddrinfo, "host, port, family=0, type=0, proto=0, flags=0", "The addresses of a host and service.", 0},
    {"gethostbyaddr", m_gethostbyaddr, "host, /", NULL, 0}, {"gethostbyname", m_gethostbyname, "host, /", NULL, 0},
    {"gethostbyname_ex", m_gethostbyname_ex, "host, /", NULL, 0}, {"gethostname", m_gethostname, "", NULL, 0}, {"getnameinfo", m_getnameinfo, "sockaddr, flags, /", NULL, 0},
    {"getprotobyname", m_getprotobyname, "name, /", NULL, 0}, {"getservbyname", m_getservbyname, "servicename, protocolname=None, /", NULL, 0},
    {"getservbyport", m_getservbyport, "port, protocolname=None, /", NULL, 0}, {"htonl", m_htonl, "x, /", NULL, 0}, {"htons", m_htons, "x, /", NULL, 0},
    {"if_indextoname", m_if_indextoname, "if_index, /", NULL, 0}, {"if_nameindex", m_if_nameindex, "", NULL, 0}, {"if_nametoindex", m_if_nametoindex, "if_name, /", NULL, 0},
    {"inet_aton", m_inet_aton, "string, /", NULL, 0}, {"inet_ntoa", m_inet_ntoa, "packed_ip, /", NULL, 0}, {"inet_ntop", m_inet_ntop, "af, packed_ip, /", NULL, 0},
    {"inet_pton", m_inet_pton, "af, ip, /", NULL, 0}, {"ntohl", m_ntohl, "x, /", NULL, 0}, {"ntohs", m_ntohs, "x, /", NULL, 0},
    {"sethostname", m_sethostname, "name, /", NULL, 0}, {0}};

bool py__socket_names_fill(ob_val m) {
    return py_mod_error(m, &gai_error_class, "socket", "gaierror", &ob_exc_OSError) && py_mod_error(m, &h_error_class, "socket", "herror", &ob_exc_OSError);
}
