# Lists and tuples: operations, slices, messages.
s_a = 'a'
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)

l = [3, 1, 2]
l.append(5); l.insert(0, 9); l.insert(-1, 7); l.insert(100, 8); l.insert(-100, 6)
print(l, len(l))
t(l.pop); t(l.pop, 0); t(l.pop, -2); t(l.pop, 100); t([].pop); t(l.pop, 'x')
t(l.remove, 42); t(l.index, 42); t(l.index, 1); t(l.index, 1, 3); t(l.index, 2, -2); t(l.count, 1); t(l.index, 1, 'a')
print(l)
t(lambda: l[10]); t(lambda: l[-10]); t(lambda: l['a']); t(lambda: l[1.0])
def setit(k, v): l[k] = v
def delit(k): del l[k]
t(setit, 10, 1); t(setit, 'a', 1); t(delit, 10); t(delit, 'a'); t(setit, -1, 77); print(l)
l = list(range(20))
for s in (slice(None), slice(2, 5), slice(-5, None), slice(None, None, -1), slice(15, 3, -4), slice(0, 100, 7), slice(5, 2), slice(None, None, 3), slice(-100, 100), slice(3, None, -2)):
    print(s, l[s], tuple(l)[s])
    m = l[:]; del m[s]; print('del', m)
    m = l[:]
    def f(): m[s] = [100, 200, 300]
    t(f); print(m)
    m = l[:]; m[s] = m[s][::-1]; print(m)
m = [1, 2, 3]; m[1:1] = m; print(m); m[::2] = [0] * 3; print(m)
def f(): m[:] = 5
t(f)
def f(): m[::2] = 5
t(f)
def f(): m[::2] = [1]
t(f)
def f(): m[0:1:0] = [1]
t(f)
t(lambda: m[::0]); t(lambda: m['a':]); t(lambda: m[1:'a'])
print([1] + [2], [1, 2] * 3, 2 * [1], [1] * 0, [1] * -1, [[]] * 2)
t(lambda: [1] + (2,)); t(lambda: [1] + 1); t(lambda: [1] * 'a'); t(lambda: [1] * [2]); t(lambda: 1.5 * [1]); t(lambda: (1,) + [2]); t(lambda: (1,) * 1.5)
a = b = [1]; a += (2, 3); a += 'xy'; a *= 2; print(a, a is b)
t(lambda: a.__iadd__(5))
print([1, 2] < [1, 3], [1, 2] < [1], [] < [1], [1, 2] == [1, 2], [1, 2] != [1, 2.0], [1] == (1,), [2] >= [1, 5], (1, 2) < (1, 2, 0), (1,) == (1.0,))
t(lambda: [1] < ['a']); t(lambda: [1] < (1,)); t(lambda: (1, 'a') < (1, 2))
r = [1]; r.append(r); print(r, repr(r)); tt = ([],); tt[0].append(tt); print(tt)
print((), (1,), (1, 2), tuple('abc'), tuple([1]), list('abc'), list((1,)), list({1: 2}), tuple(range(3)))
t(list, 1); t(list, 1, 2); t(tuple, 1); t(tuple, 1, 2); t(lambda: list(x=1)); t(lambda: tuple(x=1)); t(hash, [])
t(lambda: (1, 2)[5]); t(lambda: (1, 2)[s_a]); t((1, 2).index, 5); print((1, 2, 1).count(1), (1, 2, 1).index(1, 1))
print(3 in [1, 2, 3], 4 in [1], 'a' in ['b', 'a'], 1.0 in (1, 2))
x = float('nan'); print(x in [x], [x] == [x], [x].index(x), [x].count(x))
l = [1, 2, 3]; l.reverse(); print(l, list(reversed(l)), l.copy(), l.clear(), l)
class L(list): pass
s = L([1, 2]); s.x = 5; print(s, s.x, type(s[:]), type(s + [1]), type(s * 2), isinstance(s, list), s == [1, 2], len(s))
class T(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
s = T(1, 2); print(s, type(s), type(s[:]), type(s + ()), hash(s) == hash((1, 2)), s == (1, 2), {s: 1}[(1, 2)])
it = iter([1, 2, 3]); print(next(it), it.__length_hint__(), list(it), list(it), it.__length_hint__())
l = [1, 2, 3]; it = iter(l); next(it); l.append(4); print(list(it)); l.append(5); print(list(it))
import copy
it = iter([1, 2, 3, 4]); next(it); print(it.__reduce__()[1:], list(copy.copy(it)), next(it)); it.__setstate__(0); print(next(it))
it = reversed([1, 2, 3, 4]); next(it); print(it.__reduce__()[1:], list(copy.copy(it)), it.__length_hint__())
it = iter((1, 2, 3)); next(it); print(it.__reduce__()[1:], it.__length_hint__(), type(it).__name__, type(iter([])).__name__, type(reversed([])).__name__)
l = [1, 2, 3, 4, 5, 6]
for x in l:
    if x % 2: l.remove(x)
print(l)
class E:
    def __eq__(self, o): l2.clear(); return False
l2 = [E(), E(), E()]; print(l2.count(1), l2)
l2 = [E(), E()]; print(5 in l2, l2)
class Idx:
    def __init__(self, i): self.i = i
    def __index__(self): return self.i
print([1, 2, 3][Idx(1)], (1, 2, 3)[Idx(-1)], [1, 2, 3][Idx(0):Idx(2)], [1] * Idx(3))
print(slice(1, 2), slice(5), slice(1, 2, 3).indices(2), slice(None, None, -1).indices(5), slice(1, 2) == slice(1, 2), slice(1) < slice(2), slice(-3, None).indices(10 ** 30))
t(hash, slice(1)); t(slice); t(slice(1, 2, 0).indices, 5); t(slice(1).indices, -1); t(slice('a').indices, 3)
print([*range(3), *'ab'], (*[1], *[2]), [1, 2, 3].__contains__(2), list.__len__([1]), [].__sizeof__() > 0)
print(list[int], tuple[int, str])
