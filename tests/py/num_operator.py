"""_operator, _heapq, _bisect."""
import _bisect
import _heapq
import _operator
import functools
import random

def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
_operator.itemgetter()
_operator.itemgetter(1,2)
_operator.itemgetter(1)
_operator.itemgetter(1)([1,2],3)
_operator.itemgetter(1)([1,2],x=3)
_operator.itemgetter(x=1)
_operator.attrgetter()
_operator.attrgetter(5)
_operator.attrgetter("real","imag.real")(3+4j)
_operator.attrgetter("real","imag.real")
_operator.attrgetter("imag.real")(a,1)
_operator.methodcaller()
_operator.methodcaller(5)
_operator.methodcaller("a",1,b=2)
_operator.methodcaller("a")
_operator.methodcaller("upper")("x")
_operator.methodcaller("upper")()
_operator.methodcaller("upper",1,x=2).__reduce__()
_operator.methodcaller("upper",1).__reduce__()
_operator.itemgetter(1).__reduce__()
_operator.attrgetter("real","imag.real").__reduce__()
_operator.length_hint(5)
_operator.length_hint([1],"a")
_operator.concat(1,2)
_operator.concat([1],(2,))
_operator.iconcat(1,2)
_operator.indexOf([1],5)
_operator.countOf(5,5)
_operator.countOf([5],5)
_operator.index(1.5)
_operator._compare_digest("a","a")
_operator._compare_digest("a",b"a")
_operator._compare_digest("\u20ac","a")
_operator._compare_digest(b"a",b"b")
_operator.call(int,"12",base=3)
_operator.call()
_operator.add(1)
_operator.contains(5,1)
_operator.itemgetter(slice(1))([1,2])
_operator.itemgetter(1)([1])
type(_operator.itemgetter(1))
_operator.itemgetter.__module__
_operator.not_(0)
_operator.truth([])
_operator.is_(1,1)
_operator.setitem([1],0,2)
_operator.matmul(1,2)
_operator.ipow(2,3)
_operator.pow(2,3)
_operator.itemgetter(0)((1,))
""".strip().splitlines():
    show(line)


r = random.Random(3)
for _ in range(100):
    h = [r.randint(0, 20) for _ in range(r.randint(1, 12))]
    s = sorted(h)
    x = r.randint(0, 20)
    print(_bisect.bisect_left(s, x), _bisect.bisect_right(s, x), _bisect.bisect_left(s[::-1], -x, key=_operator.neg))
    _heapq.heapify(h)
    _heapq.heappush(h, x)
    print(h, _heapq.heappushpop(h, 3), _heapq.heapreplace(h, 7), [_heapq.heappop(h) for _ in range(len(h))])
    _heapq._heapify_max(s)
    print(s, _heapq._heapreplace_max(s, 5), _heapq._heappop_max(s), s)


class Evil:
    def __init__(self, heap):
        self.heap = heap

    def __lt__(self, other):
        self.heap.clear()
        return True


h = []
h += [Evil(h), Evil(h), Evil(h)]
for f in (_heapq.heapify, _heapq.heappop):
    try:
        print(f(h))
    except (RuntimeError, IndexError) as e:
        print(type(e).__name__, e)


class Path:
    pass


p = Path()
p.a = Path()
p.a.b = 5
print(_operator.attrgetter("a.b")(p), _operator.itemgetter(slice(1, 3))("abcd"), _operator.methodcaller("split", ",", maxsplit=1)("a,b,c"))
for f in (_operator.iadd, _operator.iconcat, _operator.imul):
    l = [1]
    m = f(l, [2] if f is not _operator.imul else 3)
    print(l, m is l)
