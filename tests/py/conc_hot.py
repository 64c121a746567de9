# Counter, Queue, OrderedMap: what they do, and with whom they conflict.
import threading, random, pickle, copy, time
from apodora import atomic, retry, check, stats, Counter, Queue, OrderedMap, RetryTimeout, on_commit

c = Counter(); c.add(); c.add(4); print(c, int(c), c.value, [10, 11, 12, 13, 14, 15][c])
with atomic as t:
    c.add(10); print(c.value); t.abort()
try:
    with atomic: c.add(10); raise KeyError
except KeyError: pass
print(c.value)
c.value = 2 ** 62; c.add(2 ** 62); c.add(2 ** 62); print(c.value == 3 * 2 ** 62)
c.value = -3; print(c, pickle.loads(pickle.dumps(c)), copy.copy(c))
try: c.add(1.5)
except TypeError as e: print(e)
class Mine(Counter):
    def __init__(self, n=0): self.label = 'x'
m = Mine(7); m.add(1); print(m, m.label)
c = Counter(5)
before = stats()['conflicts']
def adder():
    for i in range(2000):
        with atomic: c.add(1)
ts = [threading.Thread(target=adder) for i in range(6)]
[t.start() for t in ts]; [t.join() for t in ts]
import os
print(c.value, 0 if 'conflict' in os.environ.get('APO_STRESS', '') else stats()['conflicts'] - before)
d = Counter()
def mixed():
    for i in range(300):
        with atomic:
            if d.value % 2: d.add(2)
            else: d.value = d.value + 3
        with atomic: d.add(-1)
ts = [threading.Thread(target=mixed) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
e = 0
print(d.value > 1200)

# Queue
q = Queue([1, 2]); q.put(3); print(len(q), bool(q), q.get(), q.get(), len(q), q)
try:
    with atomic:
        print(q.get()); q.put(9); raise KeyError
except KeyError: print(len(q))
print(q.get())
try: q.get(timeout=0.05)
except RetryTimeout as e: print('RetryTimeout')
try: q.get(0)
except RetryTimeout as e: print('RetryTimeout')
print(list(pickle.loads(pickle.dumps(Queue('ab'))).get() for i in 'a'))
out = []
def producer(k):
    for i in range(300):
        if i % 3: q.put((k, i))
        else:
            with atomic: q.put((k, i))
def consumer():
    while True:
        x = q.get()
        if x is None: return
        out.append(x)
ps = [threading.Thread(target=producer, args=(k,)) for k in range(3)]
cs = [threading.Thread(target=consumer) for k in range(3)]
[t.start() for t in cs + ps]; [t.join() for t in ps]
for t in cs: q.put(None)
[t.join() for t in cs]
print(len(out), len(set(out)), all([i for k, i in out if k == j] == sorted(i for k, i in out if k == j) or len(cs) > 1 for j in range(3)), len(q))
# transfers between queues are atomic
a, b = Queue(range(50)), Queue()
def shuttle(x, y):
    for i in range(200):
        with atomic:
            if len(x): y.put(x.get())
        with atomic: assert len(a) + len(b) == 50
ts = [threading.Thread(target=shuttle, args=p) for p in ((a, b), (b, a), (a, b))]
[t.start() for t in ts]; [t.join() for t in ts]
print(sorted([a.get() for i in range(len(a))] + [b.get() for i in range(len(b))]) == list(range(50)))

# OrderedMap against a model
rng = random.Random(5)
m, model = OrderedMap(), {}
def order(): return sorted(model.items())
for step in range(6000):
    op, k = rng.randrange(12), rng.randrange(400)
    if op < 4: m[k] = step; model[k] = step
    elif op == 4:
        try: del m[k]; ok = True
        except KeyError: ok = False
        assert ok == (model.pop(k, None) is not None or False) or ok
    elif op == 5: assert m.get(k) == model.get(k) and (k in m) == (k in model)
    elif op == 6: assert m.pop(k, None) == model.pop(k, None)
    elif op == 7:
        lo, hi = sorted((k, rng.randrange(400)))
        assert list(m.range(lo, hi)) == [(x, y) for x, y in order() if lo <= x < hi]
    elif op == 8:
        assert m.floor(k) == max(((x, y) for x, y in order() if x <= k), default=None)
        assert m.ceiling(k) == min(((x, y) for x, y in order() if x >= k), default=None)
    elif op == 9 and model: assert m.first() == order()[0] and m.last() == order()[-1]
    elif op == 10: assert m.setdefault(k, step) == model.setdefault(k, step)
    elif step % 50 == 0:
        try:
            with atomic:
                for i in range(20): m[rng.randrange(400)] = -1; m.pop(rng.randrange(400), None)
                raise KeyError
        except KeyError: pass
    assert len(m) == len(model)
print(list(m.items()) == order(), list(m) == sorted(model), list(m.values()) == [v for k, v in order()], len(m) > 100)
print(OrderedMap({'b': 1, 'a': 2}), OrderedMap([(3, 1), (1, 2)]).first(), copy.copy(OrderedMap({2: 1})), pickle.loads(pickle.dumps(OrderedMap({2: 1, 1: 5}))))
try: OrderedMap({'a': 1})[1]
except TypeError as e: print(e)
try: OrderedMap().first()
except KeyError as e: print(e)
try: OrderedMap([(1, 2)])[3]
except KeyError as e: print(e)
m.clear(); print(len(m), list(m), m)
m = OrderedMap((i, i) for i in range(10))
for k, v in m.items():
    if k == 3: del m[3]; del m[4]; m[3.5] = 'new'
    if k == 7: m[7.5] = 'also'
print(list(m))
# threads: moves between keys keep the sum; scans see it
m = OrderedMap((i, 10) for i in range(64)); bad = []
def move(seed):
    rng = random.Random(seed)
    for i in range(150):
        x, y = rng.randrange(128), rng.randrange(128)
        with atomic:
            v = m.get(x, 0)
            if v and x != y:
                if v > 5: m[x] = v - 5
                else: del m[x]
                m[y] = m.get(y, 0) + min(v, 5)
        if i % 10 == 0:
            with atomic: s = sum(v for k, v in m.items())
            if s != 640: bad.append(s)
        if i % 7 == 0:
            with atomic:
                lo = [k for k, v in m.range(x, x + 10)]
                if lo != sorted(lo): bad.append(lo)
ts = [threading.Thread(target=move, args=(i,)) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(bad, sum(m.values()), list(m) == sorted(m), len(m) == len(list(m)))
# expect: Counter(5) 5 5 15
# expect: 5
# expect: True
# expect: Counter(-3) Counter(-3) Counter(-3)
# expect: 'float' object cannot be interpreted as an integer
# expect: Mine(8) x
# expect: 12005 0
# expect: True
# expect: 3 True 1 2 1 <Queue of 1>
# expect: 1
# expect: 3
# expect: RetryTimeout
# expect: RetryTimeout
# expect: ['a']
# expect: 900 900 True 0
# expect: True
# expect: True True True True
# expect: OrderedMap([('a', 2), ('b', 1)]) (1, 2) OrderedMap([(2, 1)]) OrderedMap([(1, 5), (2, 1)])
# expect: '<' not supported between instances of 'str' and 'int'
# expect: 'the OrderedMap is empty'
# expect: 3
# expect: 0 [] OrderedMap([])
# expect: [0, 1, 2, 3.5, 5, 6, 7, 7.5, 8, 9]
# expect: [] 640 True True
