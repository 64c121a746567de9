# Blocks and slices of several threads: sums come out, sort keys and generators run again where they must.
import threading, sys
from apodora import atomic, stats
N = 6
class A:
    def __init__(s): s.n = 0
a = A(); l = []; d = {}
def work(k):
    for i in range(200):
        with atomic:
            a.n += 1
            l.append(k)
            d[k] = d.get(k, 0) + 1
            with atomic:
                a.n += 1
ts = [threading.Thread(target=work, args=(k,)) for k in range(N)]
[t.start() for t in ts]; [t.join() for t in ts]
print(a.n, len(l), sorted(d.items()))
# slices
cnt = 0; lk = threading.Lock()
def w2():
    global cnt
    for i in range(500):
        with lk: cnt += 1
ts = [threading.Thread(target=w2) for k in range(N)]
[t.start() for t in ts]; [t.join() for t in ts]
print(cnt)
import queue
q = queue.Queue(5); out = []
def prod(k):
    for i in range(100): q.put((k, i))
def cons():
    while True:
        x = q.get()
        if x is None: return
        out.append(x)
ps = [threading.Thread(target=prod, args=(k,)) for k in range(3)]
cs = [threading.Thread(target=cons) for k in range(3)]
[t.start() for t in ps + cs]; [t.join() for t in ps]
for _ in cs: q.put(None)
[t.join() for t in cs]
print(len(out), len(set(out)))
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as ex: print(sum(ex.map(lambda x: x * x, range(200))))
# sort with key conflicts
class K:
    def __init__(s, v): s.v = v
    def __lt__(s, o):
        a.n += 1
        return s.v < o.v
a.n = 0
def w3():
    for i in range(5):
        r = sorted([K((j * 7919) % 101) for j in range(60)])
        assert [x.v for x in r] == sorted(x.v for x in r)
ts = [threading.Thread(target=w3) for k in range(3)]
[t.start() for t in ts]; [t.join() for t in ts]
n3 = a.n; a.n = 0; w3()
print(n3 == 3 * a.n)
# generators in slices
def gen(k):
    s = 0
    for i in range(400):
        s += i
        a.n += 1
        yield s
a.n = 0
res = []
def w4(k):
    res.append(sum(gen(k)))
ts = [threading.Thread(target=w4, args=(k,)) for k in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(a.n, set(res) == {sum(i * (i + 1) // 2 for i in range(400))})
ts = [threading.Thread(target=work, args=(k,)) for k in range(100)]
a.n = 0
def work(k):
    for i in range(3):
        with atomic: a.n += 1
ts = [threading.Thread(target=work, args=(k,)) for k in range(100)]
[t.start() for t in ts]; [t.join() for t in ts]
print(a.n)
# expect: 2400 1200 [(0, 200), (1, 200), (2, 200), (3, 200), (4, 200), (5, 200)]
# expect: 3000
# expect: 300 300
# expect: 2646700
# expect: True
# expect: 1600 True
# expect: 300
