# Loops that take pairs apart: enumerate(), zip() and items() make no tuple for them.
class E(enumerate):
    def __next__(self):
        i, x = super().__next__()
        return i * 10, x
class Z(zip):
    pass
class It:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        self.n -= 1
        if self.n < 0: raise StopIteration
        if self.n == 3: raise KeyError('three')
        return self.n
def f():
    d = {'a': 1, 'b': 2, 3: (4, 5)}
    for i, x in enumerate('abc'): print(i, x)
    for i, (k, v) in enumerate(d.items(), 2**61 - 2): print(i, k, v)
    for k, v in d.items(): print(k, v)
    for k, v in reversed(d.items()): print(k, v)
    for x, y in zip([1, 2, 3], 'ab'): print(x, y)
    for x, y in zip([1, 2, 3], 'ab', [True, False]): print(x, y)
f_ = f
def g():
    for i, x in E('xy'): print(i, x)
    for i, x in Z('xy', 'pq'): print(i, x)
    z = iter([1, 2, 3, 4, 5])
    for x, y in zip(z, z): print(x, y)
    print(list(z))
    e = enumerate(It(6))
    try:
        for i, x in e: print(i, x)
    except KeyError as err: print(err, err.__traceback__.tb_lineno)
    print(i, x, next(e))
    d = {1: 2, 3: 4}
    try:
        for k, v in d.items(): d[k + 10] = v
    except RuntimeError as err: print(err, k, v)
    for bad in ({1: 2}, 5, [(1, 2, 3)], [(1,)], zip('a'), enumerate([])):
        try:
            for a, b in bad: print(a, b)
        except (TypeError, ValueError) as err: print(err)
    try:
        for a, b in zip('ab', 'abc', strict=True): print(a, b)
    except ValueError as err: print(err)
    class S: pass
    s = S()
    for s.a, s.b in enumerate('q'): print(s.a, s.b)
    l = [0, 0]
    for l[0], l[1] in zip('mn', 'op'): print(l)
    for a, *b in enumerate('rs'): print(a, b)
    for a, a in enumerate('t'): print(a)
    print([(b, a) for a, b in enumerate('uv')], {a: b for a, b in zip('wx', 'yz')})
    gen = (a + b for a, b in zip(range(3), range(3))); print(list(gen))
    def late():
        for a, b in enumerate('hi'): yield a, b
    for a, b in late(): print(a, b)
    z = zip([1], [2]); next(z)
    for a, b in z: print('none')
    else: print('ended', list(z))
try: f()
except ValueError as e: print(e, e.__traceback__.tb_next.tb_lineno)
g()
for i, c in enumerate('mod'): print(i, c)
import sys
seen = []
def tr(fr, ev, a): seen.append((ev, fr.f_lineno)); return tr
def t():
    for i, c in enumerate('mo'):
        seen.append((i, c))
sys.settrace(tr); t(); sys.settrace(None)
print([(e, l - t.__code__.co_firstlineno) if isinstance(e, str) else (e, l) for e, l in seen][:20])
