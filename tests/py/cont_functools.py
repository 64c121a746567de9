# functools, abc, contextvars, atexit, stat.
import functools, abc, contextvars, stat, atexit, pickle, copy
from functools import partial, reduce, cmp_to_key, lru_cache, cache
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
def show(*a, **k): return a, k
p = partial(show, 1, 2, x=3); print(p(), p(4, y=5), p(x=9), p.func is show, p.args, p.keywords, partial(p, 7, z=1).args, partial(p, z=1).keywords, type(partial(p).func).__name__); t(partial); t(partial, 5); p.attr = 1; print(p.attr, p.__dict__, repr(partial(int, base=2)), partial(int, '10', base=2)(), partial(max)(1, 2))
print(partial(print, 1, end='!\n').__reduce__()[1:], pickle.loads(pickle.dumps(partial(int, base=3)))('21'), copy.copy(partial(max, 1))(0)); t(p.__setstate__, 5)
class PS(partial): pass
print(PS(int, 5).func, repr(PS(int, 5)), isinstance(PS(int), partial)); print(partial(show, *range(20))(*range(5), a=1)[0][-3:], partial[int])
def f():
    del p.attr
t(f); t(lambda: p.attr)
def ro(): p.func = 1
t(ro); r = partial(show); r.__setstate__((r, (), {}, {})); print(repr(r)); r.__setstate__((show, (1,), None, None)); print(r())
print(reduce(lambda a, b: a + b, [1, 2, 3]), reduce(lambda a, b: a * b, [], 7), reduce(max, 'hello'), reduce(lambda a, b: a, iter([5]))); t(reduce, lambda a, b: a, []); t(reduce, 1); t(reduce, 1, 5); t(reduce, 1, [1, 2]); t(reduce)
K = cmp_to_key(lambda a, b: (a > b) - (a < b)); print(sorted([3, 1, 2], key=K), K(1) < K(2), K(1) == K(1), K(2).obj, max([1, 3, 2], key=K)); t(lambda: K(1) < 2); t(hash, K(1)); t(K); t(lambda: K(obj=3).obj)
calls = []
@lru_cache(maxsize=3)
def sq(x, *, y=0): calls.append(x); return x * x + y
print([sq(i) for i in (1, 2, 3, 1, 4, 2, 1)], calls, sq.cache_info(), sq(x=1), sq(1, y=0), sq.cache_info(), sq.__name__, sq.__wrapped__(9), sq.cache_parameters()); sq.cache_clear(); print(sq.cache_info())
@cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(80), fib.cache_info()); t(sq, [])
@lru_cache(typed=True)
def ty(x): return type(x).__name__
print(ty(1), ty(1.0), ty(True), ty.cache_info().currsize)
@lru_cache(maxsize=0)
def nc(x): return x
nc(1); nc(1); print(nc.cache_info())
class A:
    @lru_cache
    def m(self, x): return x * 2
    @functools.cached_property
    def cp(self): print('computed'); return 5
    @functools.singledispatchmethod
    def sd(self, x): return 'any'
    @sd.register
    def _(self, x: int): return 'int'
a = A(); print(a.m(2), a.m(2), A.m.cache_info(), a.cp, a.cp, a.sd(1), a.sd('x'))
def err(x): raise ValueError(x)
e = lru_cache(err); t(e, 1); print(e.cache_info())
@functools.singledispatch
def sd(x): return 'object'
@sd.register(int)
def _(x): return 'int'
@sd.register(list)
def _(x): return 'list'
print(sd(1), sd(True), sd([]), sd('a'))
@functools.total_ordering
class TO:
    def __init__(s, v): s.v = v
    def __lt__(s, o): return s.v < o.v
    def __eq__(s, o): return s.v == o.v
print(TO(1) <= TO(1), TO(2) > TO(1), functools.wraps(show)(lambda: 1).__name__)
class Base(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
    @property
    @abc.abstractmethod
    def g(self): ...
class Half(Base):
    def f(self): return 1
class Full(Half): g = 5
t(Base); t(Half); print(Full().f(), Base.__abstractmethods__ == {'f', 'g'}, Half.__abstractmethods__, issubclass(Full, Base), isinstance(5, Base)); print(Base.register(int), isinstance(5, Base), isinstance(True, Base), issubclass(bool, Base), issubclass(str, Base), isinstance('x', Base)); t(Base.register, 5); t(int.mro); t(lambda: issubclass(5, Base))
class Sub(Base): pass
def f():
    class X(Base): pass
    X.register(Base)
t(f); print(abc.get_cache_token() > 0, Base.register(str) is str, isinstance('x', Base))
class Hook(abc.ABC):
    @classmethod
    def __subclasshook__(cls, C): return True if hasattr(C, 'quack') else NotImplemented
class Duck: quack = 1
print(isinstance(Duck(), Hook), isinstance(5, Hook), issubclass(Duck, Hook))
from collections.abc import *
for x in ([], (), {}, set(), 'a', 5, iter([]), range(3), {}.keys(), b'', (i for i in ()), print, frozenset()):
    print(type(x).__name__, [c.__name__ for c in (Hashable, Iterable, Iterator, Sized, Container, Collection, Sequence, MutableSequence, Mapping, MutableMapping, Set, MutableSet, KeysView, Callable, Generator, Reversible) if isinstance(x, c)])
class MS(Sequence):
    def __len__(self): return 3
    def __getitem__(self, i):
        if i > 2: raise IndexError
        return i
s = MS(); print(list(s), 1 in s, s.index(2), s.count(1), list(reversed(s)))
match s:
    case [a, b, c]: print('matched', a, b, c)
    case _: print('not')
class MM(MutableMapping):
    def __init__(self): self.d = {}
    def __getitem__(self, k): return self.d[k]
    def __setitem__(self, k, v): self.d[k] = v
    def __delitem__(self, k): del self.d[k]
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
m = MM(); m.update(a=1, b=2); print(dict(m), m.pop('a'), m.setdefault('c', 3), list(m.items()), m == {'b': 2, 'c': 3}, 'b' in m.keys(), m.popitem())
match m:
    case {'c': x}: print('map', x)
    case _: print('no map')
v = contextvars.ContextVar('v', default=1); w = contextvars.ContextVar('w'); print(v.get(), v.get(9), w.get(8), v.name); t(contextvars.ContextVar); t(contextvars.ContextVar, 5); tok = v.set(2); print(v.get(), tok.old_value, tok.var is v, contextvars.Token.MISSING is tok.old_value); tok2 = v.set(3); v.reset(tok2); print(v.get()); v.reset(tok); print(v.get())
try: v.reset(tok)
except RuntimeError as e: print(type(e).__name__, str(e)[-27:])
try: w.reset(v.set(1))
except ValueError as e: print(str(e)[-39:])
c = contextvars.copy_context()
def inside(x): v.set(x); return v.get(), contextvars.copy_context()[v]
v.set(10); print(c.run(inside, 5), v.get(), c[v], v in c, w in c, len(c), c.get(w, 'none'), list(c.values()), c == c.copy(), c == contextvars.copy_context()); t(lambda: c[w]) if False else None
try: c.run(c.run, inside)
except RuntimeError as e: print(str(e)[:20])
t(c.run); t(lambda: c['x']); t(contextvars.Context, 1); t(contextvars.Token); t(c.run, err, 1); print(contextvars.Context().run(v.get))
print(stat.S_ISDIR(0o40755), stat.S_ISREG(0o100644), stat.filemode(0o40755), stat.filemode(0o104755), stat.filemode(0o101644), stat.filemode(0o120777), stat.filemode(0o41777), stat.filemode(0), oct(stat.S_IMODE(0o100644)), oct(stat.S_IFMT(0o100644)), stat.S_ISDOOR(1), stat.ST_SIZE, stat.UF_HIDDEN, stat.FILE_ATTRIBUTE_ARCHIVE); t(stat.filemode, 'x'); t(stat.S_ISREG, -1)
atexit.register(print, 'bye', 'bye', sep='-'); atexit.register(print, 'first'); atexit.register(len); atexit.unregister(len); t(atexit.register, 5); t(atexit.register); n = atexit._ncallbacks(); atexit.register(len); print(atexit._ncallbacks() - n); atexit.unregister(len)
