# Sorting: stability, keys, reverse, errors, modification.
import random
random.seed(5)
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
for n in (0, 1, 2, 3, 10, 31, 64, 65, 100, 1000, 5000):
    base = [random.randrange(n + 1) for _ in range(n)]
    for kind, l in (('int', base), ('float', [x / 2 for x in base]), ('str', [str(x) for x in base]), ('mixed', [x if x % 2 else float(x) for x in base]),
                    ('tuple', [(x % 5, str(x)) for x in base]), ('big', [x * 10 ** 20 for x in base]), ('bytes', [b'%d' % x for x in base])):
        s = sorted(l)
        assert all(s[i] <= s[i + 1] for i in range(n - 1)), (kind, n)
        r = sorted(l, reverse=True)
        assert all(r[i] >= r[i + 1] for i in range(n - 1))
        assert sorted(map(repr, s)) == sorted(map(repr, l))
        pairs = [(x, i) for i, x in enumerate(l)]
        k = sorted(pairs, key=lambda p: p[0])
        assert all(k[i][0] < k[i + 1][0] or k[i][0] == k[i + 1][0] and k[i][1] < k[i + 1][1] for i in range(n - 1))
        k = sorted(pairs, key=lambda p: p[0], reverse=True)
        assert all(k[i][0] > k[i + 1][0] or k[i][0] == k[i + 1][0] and k[i][1] < k[i + 1][1] for i in range(n - 1))
print(sorted('banana'), sorted({3: 1, 1: 2}), sorted([True, False, 2, -1, 0.5]), sorted([[2], [1, 5], []]), sorted(['é', 'z', 'a', 'é\u4e00', '\U0001f600']))
for pat in ([*range(50), *range(50)], [*range(100, 0, -1)], [i % 3 for i in range(200)], [0] * 100, [*range(100), 5], [5, *range(100)], [1, *range(100, 0, -1)] * 3):
    assert sorted(pat) == sorted(pat[::-1]), pat
    x = sorted(pat); assert all(x[i] <= x[i + 1] for i in range(len(x) - 1)) and len(x) == len(pat)
t(sorted, [1, 'a']); t(sorted, [1, None, 2]); t([3, 1].sort, lambda x: x); t(sorted, 5); t(sorted, [1], key=5); t([].sort, reverse='a'); t([2, 1].sort, reverse=0)
l = [3, 1, 2]
def key(x): l.append(9); return x
t(l.sort, key=key); print(l)
l = [3, 1, 2]
def key(x):
    if x == 1: raise KeyError('boom')
    return x
t(l.sort, key=key); print(l)
class C:
    n = 0
    def __init__(self, v): self.v = v
    def __lt__(self, o):
        C.n += 1
        if C.n == 40: raise ZeroDivisionError('cmp')
        return self.v < o.v
    def __repr__(self): return 'C%d' % self.v
l = [C(i * 7 % 50) for i in range(50)]
t(l.sort); print(sorted(x.v for x in l))
C.n = 100; l.sort(); print(l)
l = [1, 2, 3]
class D(int):
    def __lt__(self, o): l.clear(); return int(self) < int(o)
l = [D(3), D(1), D(2)]; t(l.sort); print(l)
seen = []
l = [3, 2, 1]; l.sort(key=lambda x: seen.append(len(l)) or x); print(l, seen)
print(sorted([float('inf'), -float('inf'), 1, 10 ** 400, -10 ** 400]), max([1, 5, 3]), min('b', 'a'), sorted([2, 1, 3], key=None, reverse=True), sorted([1, 2, 3], key=lambda x: -x))
words = 'the quick brown fox jumps over the lazy dog The QUICK'.split()
print(sorted(words), sorted(words, key=str.lower), sorted(words, key=len), sorted(words, key=lambda w: (len(w), w), reverse=True))
