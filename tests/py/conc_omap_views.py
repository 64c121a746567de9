# OrderedMap as a mapping: views as of a dict, backwards too; ==, copy(), popitem(), collections.abc.
import collections.abc as abc
from apodora import OrderedMap, atomic
m = OrderedMap({3: "c", 1: "a", 2: "b"})
print(isinstance(m, abc.MutableMapping), issubclass(OrderedMap, abc.Mapping), isinstance(m, abc.Reversible))
k, v, i = m.keys(), m.values(), m.items()
print(k, v, i, len(k), len(v), len(i))
m[0] = "z"
print(list(k), list(reversed(k)), list(reversed(v)), list(reversed(i)), list(reversed(m)))
print(2 in k, 9 in k, "a" in v, "q" in v, (1, "a") in i, (1, "b") in i)
print(sorted(k & {1, 2, 7}), sorted(k | {9}), sorted(k - {0}), sorted(k ^ {0, 9}), k <= {0, 1, 2, 3, 4}, k == {0, 1, 2, 3}, k.isdisjoint({8}), i & {(1, "a")})
print({1: 2} | {}, m == {0: "z", 2: "b", 1: "a", 3: "c"}, {3: "c", 0: "z", 1: "a", 2: "b"} == m, m != {0: "z"}, m == m.copy(), m.copy() is m, m == OrderedMap(), m == [1], m == 5)
print(m == {0: "z", 1: "a", 2: "b", "x": "c"})
import collections
print(m == collections.UserDict({0: "z", 2: "b", 1: "a", 3: "c"}), collections.UserDict(m) == m, m == collections.OrderedDict(sorted(m.items(), reverse=True)))
d = collections.defaultdict(list, {0: "z", 1: "a", 2: "b", 5: 1})
print(m == d, len(d), d == m)
try: hash(m)
except TypeError as e: print(e)
try: m < m
except TypeError as e: print(e)
print(m.popitem(), m.popitem(last=False), m, dict(m), {**m})
m.update({5: 5})
try: OrderedMap().popitem()
except KeyError as e: print(e)
t = OrderedMap([("a", 1)]); t.update(dict(b=2)); print(t)
class Sub(OrderedMap): pass
print(type(Sub([(1, 2)]).copy()).__name__, Sub([(1, 2)]) == OrderedMap([(1, 2)]))
big = OrderedMap((x, -x) for x in range(1000))
r = reversed(big)
print(next(r), next(r)); del big[997]; print(next(r)); big[996.5] = 0; print(next(r), next(r))
def change():
    with atomic as txn:
        it = reversed(big)
        a = [next(it) for _ in range(3)]
        del big[999]
        b = next(it)
        txn.abort()
    return a, b, len(big)
print(change())
match m:
    case {1: x}: print("matched", x)
print(OrderedMap([([1], 1)]) == OrderedMap([([1], 1)]), sum(1 for _ in reversed(OrderedMap())))
try: print(OrderedMap([([1], 1)]) == {1: 1})
except TypeError as e: print(e)
# expect: True True True
# expect: OrderedMap.Keys([1, 2, 3]) OrderedMap.Values(['a', 'b', 'c']) OrderedMap.Items([(1, 'a'), (2, 'b'), (3, 'c')]) 3 3 3
# expect: [0, 1, 2, 3] [3, 2, 1, 0] ['c', 'b', 'a', 'z'] [(3, 'c'), (2, 'b'), (1, 'a'), (0, 'z')] [3, 2, 1, 0]
# expect: True False True False True False
# expect: [1, 2] [0, 1, 2, 3, 9] [1, 2, 3] [1, 2, 3, 9] True True True {(1, 'a')}
# expect: {1: 2} True True True True False False False False
# expect: False
# expect: True True True
# expect: False 4 False
# expect: unhashable type: 'apodora.OrderedMap'
# expect: '<' not supported between instances of 'apodora.OrderedMap' and 'apodora.OrderedMap'
# expect: (3, 'c') (0, 'z') OrderedMap([(1, 'a'), (2, 'b')]) {1: 'a', 2: 'b'} {1: 'a', 2: 'b'}
# expect: 'the OrderedMap is empty'
# expect: OrderedMap([('a', 1), ('b', 2)])
# expect: Sub True
# expect: 999 998
# expect: 996
# expect: 995 994
# expect: ([999, 998, 996.5], 996, 1000)
# expect: matched a
# expect: True 0
# expect: unhashable type: 'list'
