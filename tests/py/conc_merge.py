# Small blocks in a row, which may share a transaction: all that a block promises holds for each of them.
import threading, time
from apodora import atomic, retry, on_commit, on_abort, snapshot, TransactionError
class A: pass
a = A(); a.n = a.x = a.y = 0; bad = []

def run(*fs):
    ts = [threading.Thread(target=f) for f in fs]
    [t.start() for t in ts]; [t.join() for t in ts]

def count():
    for i in range(3000):
        with atomic: a.n += 1
run(count, count, count)
print(a.n)
# expect: 9000

def fails():                       # one in seven fails: it alone is undone
    kept = 0
    for i in range(700):
        try:
            with atomic:
                a.x += 1
                if i % 7 == 3: raise KeyError(i)
            kept += 1
        except KeyError as e:
            if e.args != (i,): bad.append(e.args)
    got.append(kept)
got = []
run(fails, fails)
print(a.x, got, bad)
# expect: 1200 [600, 600] []

def nested():
    for i in range(300):
        with atomic:
            a.y += 1
            try:
                with atomic:
                    a.y += 100
                    raise ValueError
            except ValueError: pass
            with atomic: a.y += 1
            with snapshot(): v = a.y
            got.append(v)
a.y = 0; got = []
run(nested, nested)
print(a.y, sorted(got) == list(range(2, 1201, 2)))
# expect: 1200 True

def leaves():
    def one(i):
        with atomic:
            a.x += 1
            if i % 2: return i
        return -i
    total = 0
    for i in range(200):
        total += one(i)
        with atomic:
            if i % 3 == 0: continue
            a.x += 1
            if i == 190: break
    got.append(total)
a.x = 0; got = []
run(leaves, leaves)
print(a.x, got)
# expect: 636 [-95, -95]

def put():
    for i in range(200):
        with atomic: box.append(i)
def take():
    while len(taken) < 200:
        with atomic:
            if not box: retry()
            taken.append(box.pop(0))
box, taken = [], []
run(put, take)
print(taken == list(range(200)), box)
# expect: True []

def transactions():
    for i in range(100):
        with atomic: a.n += 1
        with atomic as t:
            a.n += 1
            if i % 10 == 0: t.abort()
            names.append(t.attempt >= 1)
        try: t.abort()
        except TransactionError as e: errors.add(str(e))
a.n = 0; names = []; errors = set()
run(transactions, count)
print(a.n, len(names), errors)
# expect: 3190 90 {'this transaction is over'}

def hooks():
    for i in range(60):
        with atomic: a.n += 1
        try:
            with atomic:
                on_commit(done.append, i); on_abort(undone.append, i)
                if i % 3 == 0: raise KeyError
        except KeyError: pass
done, undone = [], []
run(hooks, count)
print(len(done), undone == list(range(0, 60, 3)))
# expect: 40 True

def generator():
    try:
        with atomic: a.n += 1
        with atomic:
            a.n += 1
            yield a.n
    except TransactionError as e: got.append(str(e))
a.n = 0; got = []
def advance(): got.append(list(generator()))
run(advance, fails)
print(a.n, [x for x in got if x != 600])
# expect: 1 ['yield inside an atomic block', []]

def numbers():                     # generators and iterators are where they were when a block runs again
    i = 0
    while True:
        yield i
        i += 1
def draw():
    g, it, mine = numbers(), iter(range(1000)), []
    for k in range(500):
        with atomic:
            mine.append((next(g), next(it)))
            a.n += 1
    if mine != [(k, k) for k in range(500)]: bad.append(mine[:20])
run(draw, draw, draw)
print(bad)
# expect: []

def say():
    for i in range(20):
        with atomic: a.n += 1
        with atomic:
            a.n += 1
            print(i, end=' ')
run(say, count)
print()
# expect: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 

# What has ended before a clock was read is seen by what begins after a later reading.
ends = []
def write():
    for i in range(1, 400):
        with atomic: a.x = i
        ends.append((time.perf_counter(), i))
def watch():
    seen = 0
    while seen < 399:
        began = time.perf_counter()
        with atomic: seen = a.x
        views.append((began, seen))
a.x = 0; views = []
run(write, watch)
late = [(began, seen) for began, seen in views if any(end < began and i > seen for end, i in ends)]
print(late)
# expect: []

# Strs that a loop extends are whole after blocks that ran again or were undone.
def build():
    for _ in range(30):
        out = ''
        for i in range(200):
            out += 'abcdefgh'
            if i % 20 == 0:
                with atomic: a.n += 1
                try:
                    with atomic:
                        a.n += 1
                        raise KeyError
                except KeyError: pass
        if out != 'abcdefgh' * 200: bad.append(len(out))
def pieces():
    out = ''
    for i in range(100):
        out += 'abcdefgh'
        yield len(out)
def undone():
    for _ in range(20):
        with atomic:
            g = pieces()
            for i in range(20): next(g)
            try:
                with atomic:
                    for i in range(5): next(g)
                    raise KeyError
            except KeyError: pass
            if next(g) != 21 * 8: bad.append('undone')
            a.n += 1
bad = []
run(build, build, undone, undone)
undone()
print(bad)
# expect: []
