# Ranges, and the iterators of builtins.
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
B = 10 ** 25
for r in (range(5), range(2, 10, 3), range(10, 0, -3), range(0), range(5, 5), range(B, B + 5), range(B, B - 10, -4), range(0, B, B // 3), range(-2 ** 61, 2 ** 61, 2 ** 60), range(2 ** 62, 2 ** 62 + 3)):
    print(r, r.start, r.stop, r.step, list(r), list(reversed(r)), bool(r), r[:2], r[::-1], r[1:], r[-2:], hash(r) == hash(r[:]))
    t(len, r); t(lambda: r[0]); t(lambda: r[-1]); t(lambda: r[10]); t(r.index, 5); t(r.count, 5); print(5 in r, B in r, 5.0 in r, 'a' in r)
print(range(3) == range(0, 3, 1), range(0) == range(2, 2), range(1, 10, 3) == range(1, 8, 3), range(3) != range(4), range(0, 2, 5) == range(0, 1), {range(3): 1}[range(0, 3)])
t(range); t(range, 1, 2, 3, 4); t(range, 1, 2, 0); t(range, 1.5); t(range, 'a'); t(lambda: range(stop=5)); t(lambda: range(5)['a']); t(lambda: range(5)[::0]); t(lambda: range(3) < range(4)); t(range(5).index, 9); t(range(5).index, 'a'); t(range(10).index, 3.0); t(len, range(0, 10 ** 40)); print(range(0, 10 ** 40)[10 ** 30], 10 ** 39 in range(0, 10 ** 40, 10))
it = iter(range(10)); next(it); print(it.__length_hint__(), it.__reduce__()[1:], type(it).__name__, type(iter(range(B))).__name__); it.__setstate__(3); print(next(it))
it = iter(range(B, B + 3)); print(next(it), it.__length_hint__(), list(it), list(it))
print(range(5).__reduce__(), sum(range(10 ** 5)), [x for x in range(3) for y in range(x)])
print(list(enumerate('ab')), list(enumerate('ab', 5)), list(enumerate('ab', start=2 ** 62)), next(enumerate([1], 2 ** 61 - 1))); t(enumerate); t(enumerate, 5); t(enumerate, [], 'a'); t(lambda: enumerate([], 1, 2))
e = enumerate('abc', 2 ** 61 - 2); print(list(e)); e = enumerate('abc'); next(e); print(e.__reduce__()[1][1], enumerate[int])
print(list(zip()), list(zip('ab')), list(zip('abc', range(2))), list(zip('ab', 'cd', strict=True)), list(zip([], 'a')))
t(lambda: list(zip('abc', 'de', strict=True))); t(lambda: list(zip('ab', 'cde', strict=True))); t(lambda: list(zip('a', 'b', 'cd', strict=True))); t(lambda: list(zip('ab', 'cd', 'e', strict=True))); t(zip, 5); t(lambda: zip(x=1))
z = zip([1, 2], [3, 4]); print(next(z), list(z), list(z))
print(list(map(str, [1, 2])), list(map(lambda a, b: a + b, [1, 2, 3], [10, 20])), list(map(None.__class__.__eq__, [], []))); t(map); t(map, 1); t(lambda: list(map(1, [2]))); t(map, str, 5); t(lambda: list(map(lambda x: 1 // x, [1, 0])))
print(list(filter(None, [0, 1, '', 'a'])), list(filter(lambda x: x > 1, range(4))), list(filter(bool, [[], [1]]))); t(filter, 1); t(lambda: list(filter(1, [2]))); t(filter, None, 5)
print(list(reversed('abc')), list(reversed((1, 2))), list(reversed(range(3)))); t(reversed, {1}); t(reversed, 5); t(reversed); t(reversed, iter([])) 
class Seq:
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i):
        if i >= self.n: raise IndexError
        return i * i
print(list(Seq(4)), list(reversed(Seq(4))), 9 in Seq(4), 5 in Seq(4), type(iter(Seq(1))).__name__, iter(Seq(5)).__length_hint__(), reversed(Seq(3)).__length_hint__(), tuple(Seq(3)), max(Seq(3)), [*Seq(2)])
class Rev:
    def __reversed__(self): return iter('rev')
print(list(reversed(Rev())))
class NoRev(dict): __reversed__ = None
t(reversed, NoRev())
n = [0]
def counter(): n[0] += 1; return n[0]
print(list(iter(counter, 4)), type(iter(counter, 1)).__name__); t(iter, 5, 1); t(iter, 5); t(iter)
class StopMe:
    def __call__(self): raise StopIteration
print(list(iter(StopMe(), 1)))
it = iter([1, 2]); print(next(it), next(it), next(it, 'end')); t(next, it); t(next, 5); t(next)
a, *b = range(5); print(a, b); a, (b, c), *d = 1, (2, 3), 4; print(a, b, c, d)
def f(): a, b = range(3)
t(f)
def f(): a, b, c = 1, 2
t(f)
def f(): a, *b, c = [1]
t(f)
def f(): a, b = 5
t(f)
print(all([]), any([]), sum([[1], [2]], []), min([3, 1]), max('abc', key=ord), min([], default=7), sorted(zip([2, 1], 'ab'))); t(sum, ['a']); t(min, []); t(max, 1); t(sum, [1], 'a')
class It:
    def __iter__(self): return self
    def __next__(self): raise ValueError('in next')
t(list, It()); t(tuple, It()); t(set, It()); t(dict, It()); t(sum, It()); t(lambda: 1 in It()); t(sorted, It()); t(lambda: [].extend(It()))
class BadIter:
    def __iter__(self): return 5
t(list, BadIter()); t(iter, BadIter())
class Hint:
    def __iter__(self): return iter([1, 2])
    def __length_hint__(self): return 'x'
t(list, Hint())
