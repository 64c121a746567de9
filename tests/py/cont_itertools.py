# itertools: every type, their messages and their pickled states.
from itertools import *
import copy, operator
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
def L(it, n=12): return list(islice(it, n))
print(L(accumulate([1, 2, 3, 4])), L(accumulate([1, 2, 3], operator.mul)), L(accumulate([1, 2], initial=100)), L(accumulate([])), L(accumulate([], initial=5)), L(accumulate('abc')), L(accumulate([3, 1, 2], func=max))); t(accumulate); t(accumulate, 5); t(lambda: list(accumulate([1, 'a'])))
print(L(chain('ab', [1], ())), L(chain()), L(chain.from_iterable(['ab', 'cd']))); t(lambda: list(chain(5))); t(lambda: list(chain.from_iterable([1])))
print(L(combinations('abcd', 2)), L(combinations('ab', 3)), L(combinations('ab', 0)), len(list(combinations(range(10), 4)))); t(combinations, 'a'); t(combinations, 'a', -1); t(combinations, 5, 1); t(lambda: combinations('a', r='x'))
print(L(combinations_with_replacement('abc', 2)), L(combinations_with_replacement('', 2)), L(combinations_with_replacement('', 0)), len(list(combinations_with_replacement(range(5), 3))))
print(L(permutations('abc')), L(permutations('abc', 2)), L(permutations('ab', 3)), L(permutations('', 0)), len(list(permutations(range(6))))); t(permutations, 'a', -1); t(permutations, 'a', 'b')
print(L(product('ab', [1, 2])), L(product('ab', repeat=2)), L(product()), L(product('ab', [])), len(list(product(range(3), repeat=4))), L(product('ab', repeat=0))); t(lambda: product('a', repeat=-1)); t(lambda: product('a', x=1)); t(product, 5)
print(L(compress('abcdef', [1, 0, 1, 0, 1]))); t(compress, 1, 2); t(compress, 'a')
print(L(count(), 3), L(count(5, 2), 3), L(count(1.5, 0.5), 3), L(count(10 ** 30), 2), L(count(-1, -1), 3), count(), count(3), count(3, 2), count(1.0), L(count(2 ** 61 - 2), 4), L(count(step=2), 3)); t(count, 'a'); t(count, 1, 'a')
print(L(cycle('abc'), 7), L(cycle([]))); t(cycle, 5); t(cycle)
print(L(dropwhile(lambda x: x < 3, [1, 4, 1])), L(takewhile(lambda x: x < 3, [1, 4, 1])), L(filterfalse(lambda x: x % 2, range(6))), L(filterfalse(None, [0, 1, '']))); t(dropwhile, 1); t(takewhile, 1, 2); t(lambda: list(takewhile(1, [2])))
for k, g in groupby('aaabbc'): print(k, list(g), end=' ')
print([(k, [x for x in g]) for k, g in groupby(range(10), lambda x: x // 4)], [k for k, g in groupby('aabb')], [list(g) for k, g in list(groupby('aab'))]); t(groupby, 5); t(groupby); g = groupby('aab', key=str.upper); print(next(g)[0], next(g)[0]); t(next, g)
print(L(islice(range(10), 3)), L(islice(range(10), 2, 5)), L(islice(range(10), 1, None, 3)), L(islice(range(3), 0)), L(islice('abc', None)), L(islice('abc', 5, 10)), L(islice(count(), 10, 3)))
t(islice, [], -1); t(islice, [], 'a'); t(islice, [], 1, -2); t(islice, [], 1, 2, 0); t(islice, [], -1, 2); t(islice, []); t(islice, [], 1, 2, 3, 4); t(islice, 5, 1)
it = iter(range(10)); list(islice(it, 3)); print(next(it)); list(islice(it, 2, 4)); print(next(it)); list(islice(it, 0)); print(next(it))
print(L(pairwise('abcd')), L(pairwise('a')), L(pairwise(''))); t(pairwise, 5)
print(L(repeat(5, 3)), L(repeat('x'), 2), repeat(5), repeat(5, 3), repeat(5, -3), repeat(5, 3).__length_hint__(), L(repeat(object='a', times=2)), list(map(pow, range(4), repeat(2)))); t(repeat(5).__length_hint__); t(repeat); t(repeat, 1, 'a')
print(L(starmap(pow, [(2, 3), [3, 2]]))); t(lambda: list(starmap(pow, [5]))); t(starmap, pow, 5)
a, b = tee(range(5)); print(next(a), next(a), list(b), list(a)); a, b, c = tee('abc', 3); print(list(a), list(b), list(c), tee([], 0)); t(tee, [], -1); t(tee, 5); a, = tee(range(200), 1); b = copy.copy(a); print(sum(a), sum(b), type(a).__name__)
print(L(zip_longest('abc', [1])), L(zip_longest('a', 'bc', fillvalue='-')), L(zip_longest())); t(lambda: zip_longest('a', x=1)); t(zip_longest, 5)
def redo(it):
    r = it.__reduce__()
    new = r[0](*r[1])
    if len(r) > 2 and r[2] is not None: new.__setstate__(r[2])
    return new
for make in (lambda: accumulate([1, 2, 3]), lambda: accumulate([1, 2, 3], initial=7), lambda: chain('ab', 'cd'), lambda: combinations('abcd', 2), lambda: combinations_with_replacement('abc', 2), lambda: permutations('abc', 2), lambda: product('ab', 'cd'),
             lambda: compress('abc', [1, 1, 1]), lambda: count(3, 2), lambda: cycle('ab'), lambda: dropwhile(lambda x: x < 1, range(4)), lambda: takewhile(lambda x: x < 3, range(5)), lambda: filterfalse(None, [0, 0, '']), lambda: islice(range(10), 1, 8, 2),
             lambda: repeat(1, 4), lambda: starmap(pow, [(1, 2), (2, 3)]), lambda: zip_longest('ab', 'c'), lambda: tee('abc')[0], lambda: zip('ab', 'cd'), lambda: map(str, [1, 2]), lambda: enumerate('ab'), lambda: reversed([1, 2, 3]), lambda: filter(None, [1, 2])):
    it = make(); a = L(redo(it), 5); it = make(); x = next(it); b = L(redo(it), 5); print(type(it).__name__, a, x, b)
print(combinations('abc', 2).__reduce__(), permutations('ab').__reduce__(), product('a', 'b').__reduce__(), repeat(3).__reduce__(), count(1).__reduce__(), count(1, 3).__reduce__())
p = product('ab', 'cd'); next(p); next(p); print(p.__reduce__()); c = combinations('abcd', 2); next(c); next(c); print(c.__reduce__()); q = permutations('abc', 2); next(q); print(q.__reduce__()); print(list(q)[-1], q.__reduce__())
t(chain().__setstate__, 5); t(chain().__setstate__, (1,)); t(cycle('a').__setstate__, 5); t(product('ab').__setstate__, (1, 2)); t(combinations('ab', 1).__setstate__, ('x',)); p = product('ab'); p.__setstate__((50,)); print(list(p))
class C(chain): pass
c = C('ab'); c.x = 1; print(c.x, list(c), type(C.from_iterable('a')).__name__)
def gen():
    yield 1
    raise ValueError('gen')
for f in (lambda: list(chain(gen())), lambda: list(accumulate(gen())), lambda: list(cycle(gen())), lambda: list(islice(gen(), 5)), lambda: list(tee(gen())[1]), lambda: list(product(gen())), lambda: [list(g) for k, g in groupby(gen())], lambda: list(zip_longest('ab', gen())), lambda: list(pairwise(gen()))): t(f)
def primes():
    s = count(2)
    while True:
        p = next(s); yield p
        s = filter(lambda x, p=p: x % p, s)
print(L(primes(), 15), sum(islice(cycle([1, 2, 3]), 1000)), len(list(permutations(range(7), 3))))
t(lambda: next(reent))
