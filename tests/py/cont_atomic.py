# Containers and iterators in atomic blocks: what is undone, what merges, what threads may do to one of them.
# expect: [1, 2, 3] {'a': 1} {1, 2} deque([1, 2]) 2 1 ('a', 'c', 'b') OrderedDict([('a', 1), ('b', 2)]) defaultdict(<class 'list'>, {}) a 1 0 y 1 ('b', 1) (1, 'b') a
# expect: 8000 8000 True
# expect: 12000 12000 12000 True True
# expect: 200 200 12000
# expect: True
# expect: True
# expect: 9000 50
from apodora import atomic
import threading, itertools, collections
# rollback
l = [1, 2, 3]; d = {'a': 1}; s = {1, 2}; dq = collections.deque([1, 2]); it = iter([1, 2, 3, 4]); r = iter(range(10)); p = itertools.permutations('abc'); od = collections.OrderedDict(a=1, b=2); dd = collections.defaultdict(list)
gb = itertools.groupby('aabbcc'); t1, t2 = itertools.tee(range(5)); cyc = itertools.cycle('xy'); cnt = itertools.count(); z = zip('abc', range(3)); e = enumerate('abc'); ki = iter(d); 
next(it); next(r); next(p); next(cyc); next(cnt); next(z); next(e); next(t1)
try:
    with atomic:
        next(ki); l.append(4); l[0] = 9; l.sort(reverse=True); d['b'] = 2; del d['a']; s.add(3); s.discard(1); dq.append(3); dq.rotate(1); next(it); next(r); next(r); next(p); next(p); od.move_to_end('a'); dd['x'].append(1)
        next(gb); next(t1); next(t2); next(cyc); next(cnt); next(z); next(e); l[1:2] = [5, 6, 7]; l.reverse(); d.update(zz=1); s |= {7}; dq.clear(); od.clear()
        raise KeyError('undo')
except KeyError: pass
print(l, d, s, dq, next(it), next(r), next(p), od, dd, next(gb)[0], next(t1), next(t2), next(cyc), next(cnt), next(z), next(e), next(ki))
# counting with threads
N = 2000
counts = {k: 0 for k in range(8)}; lst = [0] * 8; total = collections.Counter()
def work(seed):
    for i in range(N):
        k = (i * 7 + seed) % 8
        with atomic:
            counts[k] += 1
            lst[(k + 3) % 8] += 1
ts = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(sum(counts.values()), sum(lst), counts == {(k): lst[(k + 3) % 8] for k in range(8)})
# without atomic: distinct keys inserted by different threads, appends
D = {}; L = []; S = set()
def ins(k):
    for i in range(3000): D[k, i] = i; L.append((k, i)); S.add((k, i))
ts = [threading.Thread(target=ins, args=(i,)) for i in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(len(D), len(L), len(S), set(L) == S == set(D), all([i for kk, i in L if kk == k] == list(range(3000)) for k in range(4)))
def slice_(k):
    for i in range(2000):
        with atomic:
            L.sort(); L.append(L.pop()); x = L.pop(0); L.append(x)
            D.pop(x, None); D[x] = 1
ts = [threading.Thread(target=slice_, args=(i,)) for i in range(2)]
import time; t0 = time.time()
L[:] = L[:200]
for t in ts: t.start()
for t in ts: t.join()
print(len(L), len(set(L)), len(D))
q = collections.deque(); got = []
def prod():
    for i in range(3000): q.append(i)
def cons():
    n = 0
    while n < 3000:
        try: got.append(q.popleft()); n += 1
        except IndexError: pass
ts = [threading.Thread(target=prod), threading.Thread(target=cons)]
for t in ts: t.start()
for t in ts: t.join()
print(got == list(range(3000)))
it = iter(range(20000)); out = [[], []]
def pull(i):
    for x in it: out[i].append(x)
ts = [threading.Thread(target=pull, args=(i,)) for i in range(2)]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(out[0] + out[1]) == list(range(20000)))
import functools
@functools.lru_cache(maxsize=50)
def sq(x): return x * x
def lw(i):
    for j in range(3000): assert sq((j * i) % 97) == ((j * i) % 97) ** 2
ts = [threading.Thread(target=lw, args=(i,)) for i in range(1, 4)]
for t in ts: t.start()
for t in ts: t.join()
ci = sq.cache_info(); print(ci.hits + ci.misses, ci.currsize)
