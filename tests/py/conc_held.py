# Output held back by a block goes to a temporary file beyond 64 MB: in order, once, without the parts that were undone.
import hashlib, os, resource, sys, tempfile
from apodora import atomic, Conflict
folder = tempfile.mkdtemp()
one, two = os.path.join(folder, 'one'), os.path.join(folder, 'two')
MB = bytes(range(256)) * 4096
a, b = open(one, 'wb', buffering=0), open(two, 'wb', buffering=0)
temporary = os.environ.get('TMPDIR')

def files(): return sorted(os.listdir(folder)), os.path.getsize(one), os.path.getsize(two)
def sums(): return [hashlib.sha256(open(p, 'rb').read()).hexdigest()[:16] for p in (one, two)]

with atomic:
    for i in range(75):
        a.write(MB[i:]); b.write(b'%d ' % i)
    try:
        with atomic:
            for i in range(10): a.write(b'undone' * 200000)
            raise KeyError
    except KeyError: pass
    with atomic as t:
        a.write(b'x' * (70 << 20))               # one enormous write
        t.abort()
    b.write(b'after'); a.write(b'after')
    print(files() == (['one', 'two'], 0, 0))
want = hashlib.sha256()
for i in range(75): want.update(MB[i:])
want.update(b'after')
print(sums() == [want.hexdigest()[:16], hashlib.sha256(b''.join(b'%d ' % i for i in range(75)) + b'after').hexdigest()[:16]])

for p in (one, two): os.truncate(p, 0)           # undone as a whole; a mark in memory, then spilled, then undone
a.seek(0); b.seek(0)
try:
    with atomic:
        for i in range(70): a.write(MB)
        raise KeyError
except KeyError: print(files())
with atomic:
    a.write(b'first '); b.write(b'1')
    with atomic as t:
        for i in range(66): a.write(MB)
        b.write(b'2')
        t.abort()
    a.write(b'last'); b.write(b'3')
print(open(one).read(), open(two).read())

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
null = os.open(os.devnull, os.O_WRONLY)
with atomic:
    for i in range(200): os.write(null, MB)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120 << 10)

os.environ['TMPDIR'] = os.path.join(folder, 'missing')
os.truncate(one, 0); a.seek(0)
try:
    with atomic:
        a.write(b'lost')
        for i in range(66): a.write(MB)
except OSError as e: print(type(e).__name__, files()[1])
a.write(b'goes on')
print(open(one).read())
if temporary is None: del os.environ['TMPDIR']
else: os.environ['TMPDIR'] = temporary
for f in (a, b): f.close()
for p in (one, two): os.remove(p)
os.rmdir(folder)
# expect: True
# expect: True
# expect: (['one', 'two'], 0, 0)
# expect: first last 13
# expect: True
# expect: FileNotFoundError 0
# expect: goes on
