# io: files, buffers, text, memory streams.
import io, os, sys, tempfile
def t(f, *a, **k):
    try:
        r = f(*a, **k)
        print(ascii(r), type(r).__name__)
    except Exception as e:
        print(type(e).__name__, ascii(str(e)).replace(repr(D)[1:-1], 'D'))
D = tempfile.mkdtemp()
P = os.path.join(D, 'f')
def w(data):
    with open(P, 'wb') as f: f.write(data)
def r():
    with open(P, 'rb') as f: return f.read()
print(io.DEFAULT_BUFFER_SIZE, io.SEEK_SET, io.UnsupportedOperation.__mro__[:3], io.IOBase, issubclass(io.FileIO, io.RawIOBase), issubclass(io.StringIO, io.TextIOBase))
for mode in ['r', 'w', 'a', 'x', 'rb', 'wb', 'ab', 'r+', 'w+', 'a+', 'rb+', 'rt', 'U', 'rw', 'rr', 'b', '', 'r+b', 'tb', 'q', 'rbt', 'r++']:
    w(b'abc\n')
    if mode.startswith('x'): os.remove(P)
    try:
        with open(P, mode) as f:
            print(mode, type(f).__name__, f.mode, f.readable(), f.writable(), f.seekable(), f.closed, f.isatty(), f.tell(), getattr(f, 'encoding', None), getattr(f, 'newlines', None), getattr(f, 'errors', None), getattr(f, 'line_buffering', None))
        print(f.closed)
    except Exception as e:
        print(mode, type(e).__name__, e)
text = 'line1\nline2\r\nline3\rlast é€𝒳'
for enc in ['utf-8', 'utf-16', 'utf-8-sig', 'latin-1', 'utf-32-le', 'cp1252']:
    data = text if enc.startswith('utf') else 'line1\nline2\r\nline3\rlast é'
    w(data.encode(enc))
    for nl in [None, '', '\n', '\r', '\r\n']:
        with open(P, encoding=enc, newline=nl) as f:
            t(f.readlines); t(lambda: f.newlines); f.seek(0); t(f.read, 8); pos = f.tell(); t(f.readline); t(f.readline); f.seek(pos); t(f.read); t(f.read); f.seek(0, 2); t(f.read); f.seek(0); t(lambda: list(f)); t(lambda: f.tell() > 0); f.seek(0); t(f.readline, 3); t(f.readline, 100)
        with open(P, 'w', encoding=enc, newline=nl) as f:
            print(f.write('a\nb\r\nc\r'), f.tell() > 0)
            f.writelines(['x\n', 'y'])
        t(r)
w(text.encode())
with open(P, encoding='ascii') as f: t(f.read)
with open(P, encoding='ascii', errors='replace') as f: t(f.read)
with open(P, encoding='ascii', errors='surrogateescape') as f: t(f.read)
with open(P) as f:
    p = []
    for _ in range(4): p.append(f.tell()); f.readline()
    print(p[:3])
    for q in p: f.seek(q); t(f.readline)
    next(f) if False else None
    f.seek(0); next(f); t(f.tell); t(f.write, 'x'); t(f.truncate); t(f.seek, -1); t(f.seek, 1, 1); t(f.seek, 1, 2); t(f.seek, 0, 5)
f = open(P); x = f.detach(); print(type(x)); t(f.read); x.close()
w(('é' * 10000 + '\n' + 'x' * 9000 + '\n' + 'end').encode())
with open(P) as f:
    print([len(l) for l in f]); f.seek(0); print(len(f.read(9999)), f.tell(), f.read(3)[:2].encode(), f.tell(), len(f.readline()), f.tell(), f.readline())
with open(P, 'rb') as f:
    print([len(l) for l in f]); f.seek(5); print(f.tell(), f.read(3), f.peek(2)[:2], f.tell(), f.read1(5), f.readinto(bytearray(10)), f.tell(), len(f.read()), f.read(), f.read(5), f.tell()); f.seek(-3, 2); print(f.read()); f.seek(0); b = bytearray(4); print(f.readinto(b), b, f.readline(3), f.tell()); f.seek(2, 1); print(f.tell()); t(f.seek, -1); t(f.read, -2); t(f.write, b'x'); t(f.truncate); t(f.seek, 0, 9); t(f.readinto, b'x')
with open(P, 'r+b') as f:
    f.write(b'XX'); print(f.read(2)); f.seek(0); print(f.read(4)); f.write(b'YY'); f.seek(0); print(f.read(8)); f.seek(1); f.write(b'Z'); f.flush(); print(f.tell(), f.read(1)); f.truncate(5); f.seek(0); print(f.read())
with open(P, 'w+') as f:
    f.write('abc\ndef'); f.seek(0); print(f.readline()); f.seek(0, 2); f.write('é'); f.seek(0); print(f.read()); f.seek(2); f.truncate(); f.seek(0); print(f.read())
with open(P, 'ab') as f: print(f.tell()); f.write(b'++'); print(f.tell())
with open(P, 'a') as f: f.write('zz'); print(f.tell())
t(r)
f = io.FileIO(P); print(f.name == P, f.mode, f.closefd, f.readable(), f.read(2), f.tell(), f.seek(0), f.readall(), f.read(), f.fileno() > 2); t(f.write, b'x'); f.close(); f.close(); t(f.read); t(lambda: f.closed); t(f.fileno); print(repr(f))
for args in [(P, 'q'), (P, 'rw'), (-5,), (1.5,), ('nonexistent-file',), (D,), ('a\0b',), (P, 'r', False)]:
    t(lambda: io.FileIO(*args))
t(open, 'nonexistent-file'); t(open, D); t(open, 99999); t(open, P, 'rb', 0, 'utf8'); t(open, P, 'r', 0); t(open, P, encoding='nope'); t(open, P, newline='x'); t(open, P, mode=5); t(open, 1.5); t(open, P, 'wb', encoding='x'); t(open, P, errors=5)
fd = os.open(P, os.O_RDONLY); f = open(fd, closefd=False); t(f.read); f.close(); os.close(fd)
with open(P, 'w', opener=lambda p, fl: os.open(p, fl, 0o600)) as f: f.write('op')
t(r)
# memory
s = io.StringIO('a\nb\r\nc'); print(s.readline(), s.read(1), s.tell(), s.read(), s.getvalue() == 'a\nb\r\nc', s.seek(0), s.readlines(), s.write('€'), s.getvalue(), s.seek(2), s.truncate(), s.getvalue(), s.newlines, s.closed, s.encoding, s.errors, s.line_buffering)
for nl in [None, '', '\n', '\r', '\r\n']:
    s = io.StringIO('a\nb\r\nc\rd', newline=nl); t(s.getvalue); t(s.readlines); s.write('x\ny'); t(s.getvalue); t(lambda: s.newlines); t(lambda: list(io.StringIO('a\nb\r\nc\rd', newline=nl)))
s = io.StringIO(); s.seek(3); s.write('z'); t(s.getvalue); t(s.write, b'x'); t(s.seek, -1); t(s.seek, 1, 1); t(s.seek, 0, 2); t(s.seek, 0, 9); t(s.truncate, -1); t(s.fileno); t(s.detach); t(s.__getstate__); t(s.read, 'x'); s.close(); t(s.read); t(s.getvalue); t(io.StringIO, 5); t(io.StringIO, 'a', 'q'); t(io.StringIO, newline=5)
b = io.BytesIO(b'abc\ndef'); print(b.readline(), b.read(2), b.tell(), b.read(), b.seek(0), b.readlines(), b.write(b'XY'), b.getvalue(), b.seek(1), b.truncate(), b.getvalue(), b.seek(5), b.write(b'q'), b.getvalue(), b.getbuffer()[0], b.read1(2), b.closed)
b.seek(0); x = bytearray(3); print(b.readinto(x), x, list(b)); m = b.getbuffer(); m[0] = 90; del m; print(b.getvalue(), b.__getstate__()); t(b.write, 'x'); t(b.seek, -1); t(b.seek, 0, 7); t(b.truncate, -1); t(b.fileno); t(b.readinto, 5); b.close(); t(b.read); t(io.BytesIO, 5); t(io.BytesIO, 'x')
# raw written in Python
class Raw(io.RawIOBase):
    def __init__(self, data): self.data = data; self.pos = 0; self.out = []
    def readable(self): return True
    def writable(self): return True
    def seekable(self): return False
    def readinto(self, b):
        n = min(len(b), 5, len(self.data) - self.pos); b[:n] = self.data[self.pos:self.pos + n]; self.pos += n; return n
    def write(self, b): self.out.append(bytes(b)); return len(b)
x = Raw(b'hello\nworld\nfoo bar'); br = io.BufferedReader(x, 4); print(br.read(3), br.peek(), br.readline(), br.read1(10), br.readline(), br.read(), br.read()); print(Raw(b'abcdefgh').read(), Raw(b'abcdefgh').read(3), Raw(b'ab\ncd').readline(), list(Raw(b'ab\ncd\n')))
x = Raw(b''); bw = io.BufferedWriter(x, 8); print(bw.write(b'abc'), x.out, bw.write(b'defghijk'), bw.write(b'z' * 20), bw.flush(), b''.join(x.out)); bw.close(); print(x.closed); t(bw.write, b'')
x = Raw('é€\nz'.encode()); tw = io.TextIOWrapper(io.BufferedReader(x), 'utf-8'); t(tw.readline); t(tw.read); t(tw.seek, 0); t(tw.tell); print(repr(tw))
x = Raw(b''); tw = io.TextIOWrapper(io.BufferedWriter(x), 'ascii', write_through=True, line_buffering=True); tw.write('a\nb'); print(x.out); t(tw.write, 'é'); t(tw.write, 5); tw.reconfigure(errors='replace'); tw.write('é'); print(b''.join(x.out), tw.errors, tw.line_buffering, tw.write_through); bb = tw.detach(); t(tw.read); t(lambda: tw.buffer)
x = io.BufferedRWPair(Raw(b'abc'), Raw(b'')); print(x.read(2), x.write(b'q'), x.readable(), x.writable(), x.isatty(), x.closed, x.peek()); x.close()
t(io.BufferedReader, 5); t(io.BufferedReader, io.BytesIO(), 0); t(io.BufferedRandom, Raw(b'')); t(io.TextIOWrapper, 5); t(io.TextIOWrapper, io.BytesIO(), 'hex'); t(io.TextIOWrapper, io.BytesIO(), newline='q')
class B(io.IOBase): pass
b = B(); t(b.read) if hasattr(b, 'read') else print('no read'); t(b.fileno); t(b.seek, 0); t(b.tell); t(b.readline); b.attr = 5; print(b.closed, b.readable(), b.seekable()); b.close(); t(b.flush); t(b.__enter__); print(b.closed)
d = io.IncrementalNewlineDecoder(None, True); print(ascii([d.decode('a\r'), d.decode('\nb\r'), d.decode('c'), d.decode('\r', final=True), d.newlines, d.getstate()])); d = io.IncrementalNewlineDecoder(None, False); print(ascii([d.decode('a\r'), d.getstate(), d.decode('\nb\n'), d.newlines])); d.reset(); print(d.newlines)
t(io.text_encoding, None); t(io.text_encoding, 'x'); t(lambda: io.open_code(P).close()); print(sys.stdout.encoding, sys.stdout.name, sys.stdin.name, sys.stderr.errors, sys.stdout.mode, sys.stdin.mode)
for l in range(3): print('x', l, sep='-', end='|')
print(); print(1, 2, file=sys.stdout, flush=True); sys.stdout.write("w\n"); sys.stdout.buffer.write(b'raw\n'); sys.stdout.flush()
import shutil; shutil.rmtree(D)

# ---- unclosed streams, states before __init__, inits that fail, reading once, signals during writes, encodings of later ----
import warnings, gc, signal, threading
def unclosed():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        def make():
            f = open(os.path.join(tempfile.gettempdir(), 'apodora_unclosed'), 'w+'); f.write('abc')
        make(); gc.collect(); gc.collect()
        return [str(w.message).split(' name=')[0] for w in seen]
print(unclosed(), open(os.path.join(tempfile.gettempdir(), 'apodora_unclosed')).read()); os.unlink(os.path.join(tempfile.gettempdir(), 'apodora_unclosed'))
s = io.StringIO.__new__(io.StringIO); s.__setstate__(('ab\n', '\n', 1, None)); print(repr(s.read()))
b = io.BufferedReader(io.BytesIO(b'abc')); t(b.__init__, io.BytesIO(), 0); t(b.read); t(b.__init__, io.BytesIO(), 1 << 62)
class Parts(io.RawIOBase):
    def __init__(self, *p): self.p = list(p)
    def readable(self): return True
    def readinto(self, b):
        x = self.p.pop(0) if self.p else b''; b[:len(x)] = x; return len(x)
r = io.BufferedReader(Parts(b'abc', b'de', b'fgh', b'jkl'), 10); v = bytearray(20); print(r.peek(1), r.readinto1(memoryview(v)[:2]), r.readinto1(memoryview(v)[:2]), r.readinto1(v), v, r.readinto1(v))
f = io.TextIOWrapper(io.BytesIO(), 'ascii', newline='\n'); f.write('a\n'); f.reconfigure(encoding='utf-8-sig'); f.write('\xe9'); f.flush(); print(f.buffer.getvalue(), f.detach().closed, f.encoding, f.errors); t(f.detach)
def alarm(*a): raise ZeroDivisionError
signal.signal(signal.SIGALRM, alarm)
for how in ({'mode': 'wb'}, {'mode': 'wb', 'buffering': 0}, {'mode': 'w'}):
    rfd, wfd = os.pipe(); w = open(wfd, closefd=False, **how); th = threading.Thread(target=os.read, args=(rfd, 1)); th.start()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try: w.write('x' * 2**21 if how['mode'] == 'w' else b'x' * 2**21); print('no signal')
    except ZeroDivisionError: print('interrupted')
    signal.setitimer(signal.ITIMER_REAL, 0); th.join(); os.close(rfd); os.close(wfd)
    try: w.close()
    except OSError as e: print(e.errno)
print(io.BytesIO().__dict__, hasattr(io.IOBase(), '__dict__'))
