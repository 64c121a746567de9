# Sets and frozensets.
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
print(set(), frozenset(), {1}, {1, 2, 3}, frozenset([1]), set('a'), set(range(10)), {3, 1, 2})
s = {1, 2, 3}
s.add(4); s.add(1); s.discard(9); s.discard(2); t(s.remove, 9); t(s.remove, 1); print(s, len(s)); t(set().pop); t(s.add, []); t(s.__contains__, []); t(s.discard, []); t(s.remove, {7}); t(lambda: [] in s)
a, b = {1, 2, 3, 4}, {3, 4, 5}
for x, y in ((a, b), (frozenset(a), b), (a, frozenset(b)), (set(), a)):
    print(x | y, x & y, x - y, x ^ y, type(x | y).__name__, type(x & y).__name__, x < y, x <= y, x == y, x != y, x > y, x >= y, x.isdisjoint(y))
print(a.union([9], 'x') - {'x'}, a.intersection([1, 2], (2, 3)), a.difference([1], {2}), a.symmetric_difference([1, 9]), a.issubset(range(10)), a.issuperset([1]), a.union(), a.difference(), a.intersection(), a.difference({1: 2}))
t(lambda: a | [1]); t(lambda: a & 'x'); t(a.union, 5); t(a.intersection, 5); t(a.issubset, 5); t(a.symmetric_difference, [[]]); t(lambda: a < [1]); t(a.update, 5); t(set, 5); t(set, 1, 2); t(frozenset, 1, 2); t(lambda: set(x=1)); t(hash, set()); t(a.add); t(a.difference_update, [[]])
c = set(a); c |= {10}; c &= {1, 2, 10}; c -= {1}; c ^= {2, 3}; print(c); c.update([1], 'b'); c.difference_update({'b'}); c.intersection_update([1, 3], [1, 3, 5]); c.symmetric_difference_update([1, 7]); print(c)
c = {1, 2}; c -= c; print(c); c = {1, 2}; c ^= c; print(c); c = {1, 2}; c.difference_update(c); print(c); c = {1, 2}; c.intersection_update(); print(c)
f = frozenset([1, 2]); g = f; g |= {3}; print(f, g, frozenset(f) is f, f.copy() is f, f.union() is f, hash(f) == hash(frozenset([2, 1])), {f: 1}[frozenset([2, 1])], {1, 2} in {f}, f == {1, 2}, {1, 2} == f)
d = {frozenset([1])}; d.remove({1}); print(d); d = {f}; d.discard({1, 2}); print(d)
def f():
    s = {1, 2, 3}
    for x in s: s.add(x + 10)
t(f)
def f():
    s = {1, 2, 3}
    for x in s: s.discard(x)
t(f)
it = iter({1, 2, 3}); print(it.__length_hint__(), next(it), it.__length_hint__(), it.__reduce__()[1], list(it), type(it).__name__)
class S(set): pass
x = S([1, 2]); x.attr = 1; print(x, x.attr, type(x | {3}), type(x.copy()), x == {1, 2}, S()); print(x.__reduce__())
class F(frozenset):
    def __new__(cls, *a): return super().__new__(cls, a)
x = F(1, 2); print(x, type(x & x), hash(x) == hash(frozenset([1, 2])), F())
r = S(); r2 = frozenset([1])
class H:
    def __hash__(self): return id(s)
    def __repr__(self): return repr(s)
s = set(); s.add(H()); print(s)
s = set(range(1000)); s -= set(range(0, 1000, 2)); print(len(s), 1 in s, 2 in s, sum(s)); n = 0
while s: s.pop(); n += 1
print(n, s); s = {1.0, 1, True, 2 ** 70, 'a', None, (1, 2)}; print(len(s), 1 in s, 2.0 ** 70 in s, (1, 2) in s, (1, 3) in s)
class K:
    def __init__(self, v): self.v = v
    def __hash__(self): return 3
    def __eq__(self, o): return isinstance(o, K) and self.v == o.v
s = {K(i % 7) for i in range(50)}; print(len(s), K(3) in s, K(8) in s); s.discard(K(3)); print(len(s), K(3) in s)
class Bad:
    def __hash__(self): return 3
    def __eq__(self, o): raise ValueError('eq')
t(s.add, Bad()); t(lambda: Bad() in s); t(lambda: {Bad()} | s)
print(set('hello') == set('olleh'), sorted(set('hello')), {*'ab'} == {'a', 'b'}, {x % 3 for x in range(10)}, bool(set()), bool({0}), set[int], frozenset[int])
print(sorted(set([3, 1, 2]) | frozenset('a'), key=str), set.union({1}, {2}), set.__doc__[:20], {1}.__sizeof__() > 0, {1, 2}.__contains__(1), len(frozenset(range(100)) & set(range(50, 150))))
t(lambda: set.union()); t(lambda: {1}.union(x=2)); t(lambda: {}.keys() | {1} & {1})
