# freeze, instant, isolated, Context, forall, eager, idle.
import threading, time, sys
from apodora import *
from apodora import freeze, instant, isolated, Context, forall, eager, idle, FrozenError, ContextError
class Box: pass
b = Box(); b.items = [1, {'a': {2}}]; b.self = b; b.kind = Box; b.n = 0
print(freeze(b) is b)
for what in ('b.x = 1', 'b.items.append(2)', "b.items[1]['b'] = 1", "b.items[1]['a'].add(5)", 'del b.items', 'b.items.sort()'):
    try: exec(what); print(what, 'allowed')
    except FrozenError as e: print('FrozenError', e)
Box.free = 1; print(b.free, b.items)
l = [1]
try:
    with atomic: freeze(l); raise KeyError
except KeyError: l.append(2)
print(l, freeze((1, [2])), freeze(5))
t = freeze({'k': [1]})
ts = []
def other():
    try: t['k'].append(2)
    except FrozenError: ts.append('frozen there too')
th = threading.Thread(target=other); th.start(); th.join(); print(ts)

c = Box(); c.n = 0; c.l = []
@instant
def total(x):
    mine = []; mine.append(c.n)
    if x: c.n = 5
    return mine
print(total(0), total.__name__)
try: total(1)
except FrozenError as e: print(e, c.n)

K = 5; L = []; F = freeze([1, 2])
@isolated
def fine(x): return (x + K + len(F) + max(x, 1), fine.__name__)
print(fine(1))
@isolated
def calls(x): return fine(x)
print(calls(2))
def binds(x):
    global K
    K = x
def reads(x): return L
def undefined(x): return nothing_of_this_name
def closure(y):
    def inner(x): return y
    return inner
for f in (binds, reads, undefined, closure(1)):
    try: isolated(f); print('allowed')
    except TypeError as e: print(e)

data = list(range(100))
def work(k):
    mine = {'sum': 0}
    for x in data: mine['sum'] += x * k
    return mine
def foreign(k): c.l.append(k)
def foreign2(k):
    try: c.n = k
    except ContextError as e: return str(e)
with Context() as ctx:
    fs = [ctx.submit(work, k) for k in range(5)]
    bad, bad2, nested = ctx.submit(foreign, 1), ctx.submit(foreign2, 1), ctx.submit(lambda: [x for x in map(str, range(3))])
print([f.result() for f in fs], nested.result(), bad2.result(), c.n, c.l)
try: bad.result()
except ContextError as e: print(type(e).__name__, e, e.__traceback__.tb_next is not None)
r = fs[0].result(); r['sum'] = -1; print(r)

xs = list(range(5000)); forall(xs, lambda x: x * 2); print(xs == [2 * i for i in range(5000)])
bs = [Box() for i in range(1000)]
for i, x in enumerate(bs): x.v = i
def inc(x): x.v += 1
forall(bs, inc); print([x.v for x in bs] == list(range(1, 1001)))
xs = list(range(3000)); seen = []
def fails(x):
    if x == 1500: raise ValueError(x)
    return -x
try: forall(xs, fails)
except ValueError as e: print('ValueError', e, all(x in (i, -i) for i, x in enumerate(xs)))
with atomic: ys = [1, 2, 3]; forall(ys, lambda x: x + 1); print(ys)
forall([], inc)

log = []
@eager(ahead=3)
def gen(n):
    try:
        for i in range(n):
            log.append(i)
            yield i * i
        return 'done'
    finally: log.append('closed')
g = gen(6); time.sleep(0.02); print(log)
print(list(g), log, list(g))
log.clear()
g = gen(100); print(next(g), next(g)); time.sleep(0.1); print(len(log)); g.close(); print(log[-1], list(g))
@eager
def raises():
    yield 1
    raise KeyError('in the generator')
g = raises(); print(next(g))
try: next(g)
except KeyError as e: print(e)
try: next(g)
except StopIteration: print('over')
g = gen(5)
try:
    with atomic:
        print('first' if next(g) == 0 else '?'); raise KeyError
except KeyError: pass
print(next(g), next(g))
f = idle(lambda a, b=0: a + b, 1, b=2); print(f.result(10))
f = idle(lambda: 1 / 0)
try: f.result(10)
except ZeroDivisionError as e: print(e)
fs = [idle(pow, 2, k) for k in range(20)]; print(sum(f.result(10) for f in fs))
# expect: True
# expect: FrozenError 'Box' object is frozen
# expect: FrozenError 'list' object is frozen
# expect: FrozenError 'dict' object is frozen
# expect: FrozenError 'set' object is frozen
# expect: FrozenError 'Box' object is frozen
# expect: FrozenError 'list' object is frozen
# expect: 1 [1, {'a': {2}}]
# expect: [1, 2] (1, [2]) 5
# expect: ['frozen there too']
# expect: [0] total
# expect: 'Box' object is frozen 0
# expect: (9, 'fine')
# expect: (11, 'fine')
# expect: isolated function binds binds the global K
# expect: isolated function reads uses L, which can change
# expect: isolated function undefined uses nothing_of_this_name, which is not defined
# expect: isolated function closure.<locals>.inner has a closure: y
# expect: [{'sum': 0}, {'sum': 4950}, {'sum': 9900}, {'sum': 14850}, {'sum': 19800}] ['0', '1', '2'] 'Box' object was not made here 0 []
# expect: ContextError 'list' object was not made here True
# expect: {'sum': -1}
# expect: True
# expect: True
# expect: ValueError 1500 True
# expect: [2, 3, 4]
# expect: []
# expect: [0, 1, 4, 9, 16, 25] [0, 1, 2, 3, 4, 5, 'closed'] []
# expect: 0 1
# expect: 6
# expect: closed []
# expect: 1
# expect: 'in the generator'
# expect: over
# expect: 0 1
# expect: 3
# expect: division by zero
# expect: 1048575
