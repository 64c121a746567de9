# Dicts: operations, order, views, messages, modification while iterating.
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
d = {'a': 1, 2: 'b', (1, 2): None, 1.5: [], None: 0}
print(d, len(d), d['a'], d[2.0], d[(1, 2)], d.get('zz'), d.get('zz', 5), 'a' in d, 'zz' in d, list(d), list(d.values()), list(d.items()))
t(lambda: d['zz']); t(lambda: d[[]]); t(lambda: d[{}]); t(d.get, []); t(lambda: {}[set()]); t(lambda: d[(1, [])]); t(hash, {}); t(lambda: [] in d); t(lambda: d[('x',)])
def dl(k): del d[k]
t(dl, 'zz'); t(dl, 'a'); t(dl, []); print(d); d['a'] = 9; print(d)
t(d.pop, 'a'); t(d.pop, 'a'); t(d.pop, 'a', 3); t(d.pop); t(d.pop, 1, 2, 3); t({}.pop, []); t({1: 2}.pop, []); t(d.popitem); t({}.popitem); t(d.setdefault, 'x'); t(d.setdefault, 'x', 1); t(d.setdefault, 'y', 1); print(d)
print(dict(a=1, b=2), dict([(1, 2), (3, 4)]), dict({1: 2}, x=3), dict(['ab', 'cd']), dict(zip('abc', range(3))), {**{'a': 1}, 'b': 2, **{'a': 3}}, {i: i * i for i in range(5)})
t(dict, 5); t(dict, [1]); t(dict, [(1, 2, 3)]); t(dict, ['a']); t(dict, 1, 2); t(dict, [(1, 2), [3]]); t(dict, [([], 1)])
class M:
    def keys(self): return ['p', 'q']
    def __getitem__(self, k): return k * 2
print(dict(M()), dict(M(), q=1)); e = {}; e.update(M()); e.update([('z', 1)], w=5); e.update(); print(e); t(e.update, 5); t(e.update, 1, 2)
print({1: 2} == {1: 2.0}, {1: 2} == {2: 1}, {} == {}, {1: 2} != {1: 2}, {1: 2, 3: 4} == {3: 4, 1: 2}, {} == [], {1: 1} | {2: 2, 1: 5}); t(lambda: {1: 1} | [1]); t(lambda: {1: 1} < {2: 2})
a = b = {1: 1}; a |= {2: 2}; a |= [(3, 3)]; print(a, a is b); t(lambda: a.__ior__(5))
print(dict.fromkeys('abc'), dict.fromkeys([1, 2], 0), {}.fromkeys({1, 2}, []), dict.fromkeys({'a': 1}, 2)); t(dict.fromkeys); t(dict.fromkeys, 5)
r = {}; r['self'] = r; print(r, r.values(), r.items())
k, v, i = d.keys(), d.values(), d.items(); print(k, v, i, len(k), len(i)); d['new'] = 1; print(k, v, i)
A, B = {1: 1, 2: 2, 3: 3}, {2: 2, 3: 4, 5: 5}
print(sorted(A.keys() & B.keys()), sorted(A.keys() | B.keys()), sorted(A.keys() - B.keys()), sorted(A.keys() ^ B.keys()), sorted(A.items() & B.items()), sorted(A.items() - B.items()), sorted(A.keys() & [1, 7]), sorted([1, 7] - A.keys()), sorted(A.keys() | 'x', key=str))
print(A.keys() == {1, 2, 3}, A.keys() >= {1}, A.keys() < {1, 2, 3, 4}, A.items() == {(1, 1), (2, 2), (3, 3)}, A.keys().isdisjoint([7]), A.items().isdisjoint(B.items()), (1, 1) in A.items(), (1, 2) in A.items(), 1 in A.items(), 1 in A.keys(), 1 in A.values(), A.keys() == A.keys(), A.values() == A.values(), {1} == A.keys(), A.keys() != B.keys())
t(lambda: A.keys() & 5); t(lambda: A.values() & {1}); t(hash, A.keys()); t(lambda: A.keys() < 5); t(lambda: A.keys() + 1); t(lambda: A.keys()[0])
print(list(reversed(A)), list(reversed(A.keys())), list(reversed(A.values())), list(reversed(A.items())), A.keys().mapping, type(A.keys().mapping).__name__)
for what in (lambda d: d, dict.keys, dict.values, dict.items):
    d = {i: i for i in range(5)}
    def f():
        for x in what(d): d[100] = 1
    t(f)
    d = {i: i for i in range(5)}
    def f():
        for x in what(d): del d[next(iter(d))]
    t(f)
    d = {i: i for i in range(5)}
    def f():
        for x in what(d): d[3] = x
        return d
    t(f)
d = {i: i for i in range(5)}
def f():
    n = 0
    for x in d: del d[x]; d[x + 10] = 1; n += 1
    return n
t(f)
it = iter({1: 2, 3: 4}); print(it.__length_hint__(), next(it), it.__length_hint__(), it.__reduce__()[1], list(it), it.__length_hint__(), type(it).__name__, type(iter({}.items())).__name__, type(iter({}.values())).__name__, type(reversed({})).__name__)
class D(dict):
    def __missing__(self, k): return ('missing', k)
x = D(a=1); x.attr = 5; print(x, x['a'], x['b'], x.get('b'), x.attr, type(x.copy()), x == {'a': 1}, len(x)); t(lambda: x[[]])
class K:
    def __init__(self, v): self.v = v
    def __hash__(self): return 1
    def __eq__(self, o): return isinstance(o, K) and self.v == o.v
    def __repr__(self): return 'K(%r)' % self.v
d = {K(i): i for i in range(20)}; print(d[K(7)], K(19) in d, K(20) in d, d.pop(K(3)), len(d), list(d)[:5]); d[K(5)] = 'five'; print(d[K(5)], list(d)[4])
class Bad:
    def __hash__(self): return 1
    def __eq__(self, o): raise ValueError('eq')
d = {Bad(): 1}; t(lambda: d[Bad()]); t(lambda: d.get(1)); t(d.__contains__, K(1))
class Mut:
    def __init__(self, d): self.d = d
    def __hash__(self): return 5
    def __eq__(self, o): self.d.clear(); return False
d = {}; d[Mut(d)] = 1; d[Mut(d)] = 2; print(len(d))
class NoHash:
    __hash__ = None
t(lambda: {NoHash(): 1})
class HashErr:
    def __hash__(self): raise OSError('h')
t(lambda: {HashErr(): 1}); t(lambda: {}.get(HashErr()))
d = {}
for i in range(1000): d[i] = str(i)
for i in range(0, 1000, 2): del d[i]
for i in range(2000, 2100): d[i] = 1
print(len(d), list(d)[:5], list(d)[-3:], d.popitem(), sum(1 for _ in d), d[999])
while d: d.popitem()
print(d); d.update({str(i): i for i in range(300)}); print(len(d), list(d)[299], d['150']); c = d.copy(); d.clear(); print(len(c), len(d))
print({True: 'a', 1: 'b', 1.0: 'c'}, {0: 1, False: 2, -0.0: 3}, {-1: 'a', -2: 'b'}[-2], {2 ** 61 - 1: 'm', 0: 'z'}, {10 ** 30: 1}[10 ** 30], {float('nan'): 1})
def kw(**k): return k
t(lambda: kw(**{1: 2})); t(lambda: kw(**5)); t(lambda: kw(a=1, **{'a': 2})); t(lambda: kw(**M())); t(lambda: kw(**{'a': 1}, **{'b': 2}))
import types
p = types.MappingProxyType({'a': 1}); print(p, p['a'], len(p), list(p), p.get('z', 4), 'a' in p, p == {'a': 1}, list(p.items()), p | {'b': 2}, p.copy()); t(lambda: p['z'])
def f(): p['q'] = 1
t(f); t(types.MappingProxyType, [1]); t(types.MappingProxyType, 5)
print(dict[str, int], {}.__sizeof__() > 0, {}.__contains__(1), dict.__doc__[:30])
print([*{'a': 1, 'b': 2}], {**{}}, max({3: 1, 5: 0}), sorted({'b': 1, 'a': 2}.items()), any({0: 1}), dict(sorted({'z': 1, 'y': 2}.items())))
# a copy of a dict whose last entries were popped holds nothing of what its memory held before
def popped():
    d = {i: i for i in range(20)}
    for _ in range(3): d.popitem()
    return d.copy()
import gc
old = [{i: 'old' for i in range(20)} for _ in range(2000)]; del old; gc.collect()
print(sum(k in e or e.get(k) is not None for e in [popped() for _ in range(500)] for k in (17, 18, 19)))
