# for x in parallel(xs) gives what the plain loop gives, to the letter: each program is run with both.
import contextlib, io, os, random, sys, tempfile, threading, traceback
import apodora
from apodora import atomic, parallel

def busy(n=300):
    t = 0
    for k in range(n): t += k
    return t

PROGRAMS = r'''
out = []
for x in parallel(xs): out.append(x * busy())
else: print('else', x)
print(out == [x * busy() for x in xs], x)
----
out = [None] * len(xs)
for x in parallel(xs): y = x + 1; out[x] = y * y; busy()
print(out, x, y)
----
total, best = 0, None
for x in parallel(xs):
    total += x
    if best is None or x % 17 > best % 17: best = x
print(total, best)
----
for x in parallel(xs):
    busy()
    if x == 23: print('found'); break
    print(x, end=' ')
else: print('not')
print(x)
----
for x in parallel(xs):
    if x % 3: continue
    d[x] = d.get(x - 3, 0) + 1
print(d)
----
try:
    for x in parallel(xs):
        d[x] = 1
        if x == 31: raise ValueError(x)
except ValueError as e: print('raised', e, [f.name for f in traceback.extract_tb(e.__traceback__)][:1])
print(x, sorted(d))
----
print('returned', first(xs), log)
----
for x in parallel(xs):
    try:
        if x % 5 == 0: raise KeyError(x)
        r = x
    except KeyError as e: r = -x; k = e.args
    finally: log.append(r)
print(log, r, k)
----
def add(n):
    global count
    count += n
for x in parallel(xs): add(x)
print(count)
----
n = 0
def bump():
    nonlocal n
    n += 1
    return n
for x in parallel(xs): busy(); last = bump()
print(n, last, x)
----
for x in parallel(box): 
    box[x % 50 + 1 if x % 50 < 49 else 0] = x if x < 60 else 5
    busy()
print(box)
----
for x in parallel(box):
    if len(box) < 70: box.append(x)
print(box)
----
for x in parallel(box):
    del box[-1]
print(x, len(box))
----
it = iter(gen(xs, log))
for x in parallel(it):
    if x == 20: break
print(next(it), log)
----
for i, x in parallel(list(enumerate('abcdefghij' * 5))): d[x] = d.get(x, '') + str(i)
print(d)
----
for x in parallel(range(0, 200, 7)): d[x] = busy(x)
print(d)
----
for x in parallel((3, 1, 2)): print(x)
for x in parallel([]): print(x)
else: print('none')
for x in parallel('xyz'): print(x)
----
for a in parallel(xs[:5]):
    for b in parallel(xs[:4]): d[a, b] = a * b
print(d)
----
with atomic:
    for x in parallel(xs): log.append(x)
print(log)
----
for x in parallel(xs):
    with atomic:
        d['n'] = d.get('n', 0) + x
    try:
        with atomic:
            d['n'] = 0
            raise KeyError
    except KeyError: pass
print(d)
----
folder = tempfile.mkdtemp()
for x in parallel(xs[:20]):
    with open(os.path.join(folder, str(x)), 'w') as f: f.write(str(busy(x)))
    log.append(len(os.listdir(folder)))
print(log, f.closed)
for n in os.listdir(folder): os.remove(os.path.join(folder, n))
os.rmdir(folder)
----
me = threading.get_ident()
for x in parallel(xs): log.append(threading.get_ident() == me)
print(all(log), len(log))
----
for x in parallel(xs[:10]): log.append(sorted(locals())[:4]); zz = x
print(log)
----
rng = random.Random(3)
for x in parallel(xs): log.append(rng.random())
print(log == [random.Random(3).random()] + log[1:], len(set(log)))
----
fs = []
for x in parallel(xs[:10]): fs.append(lambda x=x: x * 2)
print([f() for f in fs])
----
for x in parallel(xs):
    y = x
    del x
    try: x
    except UnboundLocalError: log.append(y)
print(log)
----
it = iter(parallel(xs))
for x in it: log.append((x, next(it)))
print(log)
----
lock = threading.Lock()
for x in parallel(xs):
    with lock: log.append(x)
print(log, lock.locked())
----
for x in parallel(xs):
    while len(log) < x: log.append(busy())       # waits, ahead of its turn, for what an earlier iteration does
print(len(log))
----
for x in parallel(objects): x.n += 1; x.other.n += 1; x.name = f'{x.n}'
print([(o.n, o.name) for o in objects])
'''.split('----\n')

class Box: pass
def boxes(n):
    out = [Box() for _ in range(n)]
    for i, b in enumerate(out): b.n, b.other, b.name = i, out[i * 7 % n], ''
    return out
def gen(xs, log):
    for x in xs: log.append(x); yield x

FIRST = '''
def first(xs):
    for x in parallel(xs):
        log.append(x)
        with contextlib.suppress(KeyError):
            if x == 12: return x, busy()
            raise KeyError
'''
def run(program, parallel):
    space = dict(globals(), parallel=parallel, count=0)
    source = 'def f(xs, log, d, box, objects):\n' + ''.join('    ' + l + '\n' for l in (FIRST + program).strip().splitlines())
    exec(source, space)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try: space['f'](list(range(50)), [], {}, list(range(50)), boxes(60))
        except Exception as e: print('ended by', repr(e))
    return out.getvalue()

bad = 0
for program in PROGRAMS:
    want = run(program, lambda xs: xs)
    for workers in (None, 2, 1):
        got = run(program, lambda xs: parallel(xs, workers=workers))
        if got != want:
            bad += 1
            print(program, 'plain:', want[:600], 'parallel:', got[:600], sep='\n')
    if 'ended by' in want: print(program, want)
print(len(PROGRAMS), bad)

data = [0] * 40                                       # at the top level variables are the module's
for x in parallel(range(40)):
    y = busy(x)
    data[x] = y
    x = -x
print(x, y, data == [busy(k) for k in range(40)])
# expect: 30 0
# expect: -39 741 True
