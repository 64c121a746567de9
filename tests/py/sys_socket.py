# Sockets: addresses, timeouts, messages, errors; servers made of them; in atomic blocks.
import array, http.client, http.server, os, selectors, signal, socket, socketserver, struct, tempfile, threading, time

def tried(f, *a, **k):
    try:
        return f(*a, **k)
    except Exception as e:
        return f'{type(e).__name__}: {e}'

a, b = socket.socketpair()
a.sendall(b'hello')
print(b.recv(2), b.recv(10, socket.MSG_PEEK), b.recv(10), b.family.name, b.type.name, b.proto)
buf = bytearray(8)
a.send(memoryview(b'abc'))
print(b.recv_into(buf, 5), buf)
a.settimeout(.02)
print(a.gettimeout(), a.getblocking(), tried(a.recv, 1))
a.setblocking(False)
print(a.gettimeout(), tried(a.recv, 1), tried(a.recv_into, buf, 9), tried(a.recv, -1))
for t in (-1, 'x', float('nan'), 1e30):
    print(tried(a.settimeout, t))
a.setblocking(True)

s = socket.create_server(('127.0.0.1', 0))
def client():
    with socket.create_connection(s.getsockname()) as c:
        c.sendall(b'x' * 1000000)
        c.shutdown(socket.SHUT_WR)
        print(c.makefile().read())
t = threading.Thread(target=client); t.start()
c, addr = s.accept()
n = 0
while d := c.recv(65536): n += len(d)
c.sendall(str(n).encode())
c.close()
t.join()
print(addr[0], tried(c.recv, 1), c.fileno(), 'closed' in repr(c))
s.close()

u1, u2 = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in 'ab')
u1.bind(('127.0.0.1', 0))
print(u2.sendto(b'datagram', u1.getsockname()), u1.recvfrom(100)[0], tried(u2.sendto, b'x'))
print(u2.sendto(b'more', 0, u1.getsockname()), u1.recvfrom_into(buf)[0], buf)
with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, 'ä.sock')
    x = socket.socket(socket.AF_UNIX); x.bind(p); x.listen()
    y = socket.socket(socket.AF_UNIX); y.connect(p)
    print(os.path.basename(y.getpeername()), repr(y.getsockname()), tried(y.connect, 'x' * 200))
    print(tried(socket.socket(socket.AF_UNIX).connect, d + '/none'))
    x.close(); y.close()

fd = os.open('/dev/null', os.O_RDONLY)
print(socket.send_fds(a, [b'with', b'fds'], [fd]))
data, fds, flags, where = socket.recv_fds(b, 100, 3)
print(data, len(fds), os.fstat(fds[0]).st_rdev == os.fstat(fd).st_rdev)
print(a.sendmsg([b'1', b'23', b'']), b.recvmsg_into([buf, bytearray(2)])[0], tried(a.sendmsg, 5), tried(a.sendmsg, [b''], [(1, 2)]))
print(a.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), tried(a.getsockopt, 1, 2, 5000), tried(a.setsockopt, socket.SOL_SOCKET, socket.SO_KEEPALIVE, None))
print(struct.unpack('i', a.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, 4)))
a.close(); b.close()
print(tried(a.fileno), tried(a.getsockname), a.detach())

print([x[4] for x in socket.getaddrinfo('127.0.0.1', 80, type=socket.SOCK_STREAM)], tried(socket.getaddrinfo, 'no such host', 1), tried(socket.getaddrinfo, 1, 2))
print(socket.getnameinfo(('127.0.0.1', 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV), tried(socket.getnameinfo, ('x', 1, 2, 3, 4), 0))
print(socket.inet_aton('1.2.3.4'), socket.inet_ntoa(b'\1\2\3\4'), socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, '::1')), tried(socket.inet_pton, 2, 'x'))
print(socket.htons(1), socket.ntohl(1), tried(socket.htons, 70000), tried(socket.htonl, -1), tried(socket.ntohs, -1), tried(socket.htonl, 1.5))
print(socket.getprotobyname('tcp'), tried(socket.getservbyport, 70000), socket.CMSG_LEN(4), socket.CMSG_SPACE(4), tried(socket.CMSG_LEN, -1))
print(tried(u1.bind, ('127.0.0.1', 70000)), tried(u1.bind, 'x'), tried(u1.bind, ('a', 1, 2)), tried(u1.bind, (1, 2)))
print(tried(socket.socket, fileno=-1), tried(socket.socket, fileno=1.0), tried(socket.socket, 999), tried(socket.if_nametoindex, 'no'))
print(issubclass(socket.gaierror, OSError), socket.gaierror.__module__, socket.timeout is TimeoutError)
socket.setdefaulttimeout(3); print(socket.socket().gettimeout(), socket.getdefaulttimeout()); socket.setdefaulttimeout(None)

# a handler runs during a call that waits; the call goes on
hits = []
signal.signal(signal.SIGALRM, lambda *x: hits.append(1))
a, b = socket.socketpair()
signal.setitimer(signal.ITIMER_REAL, .02, .02)
threading.Timer(.1, lambda: b.send(b'late')).start()
print(a.recv(10), len(hits) > 1)
def loud(*x): raise KeyError('from the handler')
signal.signal(signal.SIGALRM, loud)
print(tried(a.recv, 1))
signal.setitimer(signal.ITIMER_REAL, 0)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
    def log_message(self, *a): pass
with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as srv:
    t = threading.Thread(target=srv.serve_forever); t.start()
    def get():
        h = http.client.HTTPConnection(*srv.server_address[:2], timeout=10)
        h.request('GET', '/'); r = h.getresponse(); answers.append((r.status, r.read())); h.close()
    answers = []
    ts = [threading.Thread(target=get) for _ in range(8)]
    for x in ts: x.start()
    for x in ts: x.join()
    srv.shutdown(); t.join()
    print(answers == [(200, b'ok')] * 8)
