/* socket_int.h: shared by the files of the module _socket. */
#ifndef INTERP_MOD_SOCKET_INT_H
#define INTERP_MOD_SOCKET_INT_H
#include "interp/mod/modutil.h"
#include "interp/mod/posix_int.h"
#include "interp/run/blocking.h"
#include "objspace/bytes.h"
#include "objspace/int.h"
#include "objspace/list.h"
#include "objspace/str.h"
#include "objspace/tuple.h"
#include <errno.h>
#include <sys/socket.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <linux/netlink.h>
#include <sys/un.h>

typedef union socket_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_nl nl;
    struct sockaddr_ll ll;
    struct sockaddr_vm vm;
    struct sockaddr_storage storage;
} socket_address;

typedef struct socket_body { int64_t fd /* -1: closed */, family, type, proto, timeout /* ns; <0: blocking, 0: not */; } socket_body;
extern ob_type py__socket_type;
extern const ob_def py__socket_msg_defs[];         /* recvmsg … : copied into the type's table */

/* A call on a socket, repeated as its timeout and signals demand. Its arguments are C memory: no object is looked at during it. */
typedef struct socket_call {
    int fd, flags;
    int64_t timeout;
    bool writing;
    ssize_t (*act)(struct socket_call *c);
    void *data;
    size_t n;
    socket_address *address;
    socklen_t address_len;
    struct msghdr *msg;
    int64_t deadline;            /* kept over several calls (sendall); 0: begins with this one */
} socket_call;
bool py__socket_begin(ob_val self, socket_call *c, bool writing, ssize_t (*act)(socket_call *c)) MUST_CHECK;   /* ValueError … when it is closed */
ssize_t py__socket_run(socket_call *c) MUST_CHECK;   /* after ob_external(); -1: raised */
/* 0: ready, 1: timed out, -1: raised */
int py__socket_wait(int fd, bool writing, int64_t deadline /* base_mono_ns; <0: none */) MUST_CHECK;

/* socket_addr.c */
ob_val py__socket_address(const socket_address *a, socklen_t n, int proto);
bool py__socket_parse(ob_val self, ob_val address, const char *who, socket_address *out, socklen_t *n) MUST_CHECK;
/* A host argument, idna-encoded: NULL raised. The result lives as long as the value stored in *keep. */
const char *py__socket_host(ob_val host, ob_val *keep);
bool py__socket_resolve(const char *name, int family, socket_address *out) MUST_CHECK;    /* gaierror */
bool py__socket_gai_error(int error);                /* raises it; false */

/* socket_names.c */
extern const ob_def py__socket_name_defs[];
bool py__socket_names_fill(ob_val m) MUST_CHECK;
bool py__socket_int(ob_val v, int otherwise, int *out) MUST_CHECK;

#endif
