"""What has no versions is undone with its block all the same: fields of functions and properties, names and bases of classes, __class__."""
# expect: (1, 1, 2) f f doc __main__ {} {}
# expect: (<class '__main__.A'>,) C C A A (<class '__main__.C'>, <class '__main__.A'>, <class 'object'>) (<class '__main__.D'>, <class '__main__.C'>, <class '__main__.A'>, <class 'object'>) [<class '__main__.C'>] []
# expect: 1 None
# expect: f
# expect: kept
# expect: (1, 1, 2) thr f (<class '__main__.A'>,) C A
from apodora import atomic
class Stop(Exception): pass
def f(a, b=1, *, c=2): "doc"; return (a,b,c)
def g(a): return 'g'
class A: 
    def who(self): return 'A'
class B:
    def who(self): return 'B'
class C(A): pass
class D(C): pass
o = A()
p = property(lambda s: 1)
def run(fn):
    try:
        with atomic:
            fn()
            raise Stop
    except Stop: pass
def one():
    f.__code__ = g.__code__; f.__defaults__=None; f.__kwdefaults__=None; f.__name__='x'; f.__qualname__='y'; f.__doc__='z'; f.__module__='m'; f.__annotations__={'q':1}; f.__dict__={'a':1}
    f.zz=1
    assert f(1)=='g'
run(one)
print(f(1), f.__name__, f.__qualname__, f.__doc__, f.__module__, f.__annotations__, f.__dict__)
def two():
    C.__bases__=(B,); C.__name__='CC'; C.__qualname__='QQ'; o.__class__=B
    assert o.who()=='B' and D().who()=='B' and A.__subclasses__()==[]
run(two)
print(C.__bases__, C.__name__, C.__qualname__, o.who(), D().who(), C.__mro__, D.__mro__, A.__subclasses__(), B.__subclasses__())
def three():
    p.__init__(lambda s: 2); p.__doc__='x'
run(three)
print(p.fget(1), p.__doc__)
try:
    with atomic:
        f.__name__='outer'
        try:
            with atomic:
                f.__name__='inner'
                raise Stop
        except Stop: print(f.__name__)
        with atomic:
            f.__name__='inner2'
        raise Stop
except Stop: print(f.__name__)
with atomic:
    f.__name__='kept'
print(f.__name__)
import threading
t=threading.Thread(target=lambda: (run(one), run(two), setattr(f,'__name__','thr')))
t.start(); t.join()
print(f(1), f.__name__, f.__qualname__, C.__bases__, C.__name__, o.who())
