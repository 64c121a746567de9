# mmap: files as memory.
import mmap, os, re, tempfile, threading
def tried(f, *a, **k):
    try: return f(*a, **k)
    except Exception as e: return f'{type(e).__name__}: {e}'
with tempfile.TemporaryFile() as f:
    f.write(b'line 1\nline 2\n' * 10); f.flush()
    m = mmap.mmap(f.fileno(), 0)
    print(m, len(m), m[0], m[-1], m[0:6], m[::-7], m.readline(), m.read(3), m.tell(), m.find(b'2'), m.rfind(b'1'), m.find(b'zz'))
    m[0] = 76; m[1:4] = b'INE'; m.seek(0); print(m.read(7), m.write(b'XY'), m.flush(), m.size())
    f.seek(0); print(f.read(12), re.search(rb'Y.*', m).group())
    v = memoryview(m); w = v[:5]; print(bytes(w)); w.release(); v.release()
    m.resize(20); print(len(m), os.fstat(f.fileno()).st_size, m[10:])
    v = memoryview(m); print(tried(m.close), tried(m.resize, 5)); v.release()
    m.move(0, 5, 5); print(m[:12])
    for g in (lambda: m[100], lambda: m.seek(100), lambda: m.__setitem__(0, 300), lambda: m.__setitem__(slice(0, 2), b'x'), lambda: m.write(b'x' * 50), lambda: m['x'], lambda: m.read('x')):
        print(tried(g))
    m.close(); print(m.closed, repr(m), tried(len, m), tried(m.read))
    r = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ); print(tried(r.write, b'x'), tried(r.__setitem__, 0, 1), r[:3]); r.close()
    c = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_COPY); c[0:2] = b'??'; f.seek(0); print(f.read(3), c[:3])
    print(tried(mmap.mmap, f.fileno(), 1000), tried(mmap.mmap, -1, 0), tried(mmap.mmap, f.fileno(), -1), tried(mmap.mmap, f.fileno(), 0, access=9))
a = mmap.mmap(-1, 100)
def work():
    for i in range(200):
        a.resize(100 + i % 50); a[0] = i
ts = [threading.Thread(target=work) for _ in range(3)]
for t in ts: t.start()
for t in ts: t.join()
print(len(a), a[0])
with mmap.mmap(-1, 10) as b: b.write(b'abc'); b.seek(0); print(b.read_byte(), b.write_byte(9), b[:3])
