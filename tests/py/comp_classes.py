# comp_classes: see tests/run; expected output is Python's
class M(type):
    def __new__(m, n, b, ns, **kw): print('new', n, kw); return super().__new__(m, n, b, ns)
    def __init__(c, n, b, ns, **kw): super().__init__(n, b, ns)
class A(metaclass=M, opt=1):
    """docs"""
    x = 1
    y: int = x + 1
    z: 'str'
    __priv = 5
    def __init__(self, v): self.v = v; self.__p = v
    def get(self): return self.__p, self.__priv
    @property
    def prop(self): return self.v
    @prop.setter
    def prop(self, n): self.v = n
    @classmethod
    def cm(cls): return cls.__name__
    @staticmethod
    def sm(a): return a
    def who(self): return __class__.__name__
    lst = [i for i in range(3)]
class B(A):
    def __init__(self, v): super().__init__(v + 1)
    def get(self): return ('B',) + super().get()
    def inner(self):
        def g(): return super(B, self).get()
        return g()
    prop2 = property(lambda self: super(B, self).prop)
b = B(1)
print(b.get(), b.prop, B.cm(), B.sm(3), b.who(), b.inner(), b.prop2, A.lst, A.__annotations__, A.__doc__, B.__qualname__, B.get.__qualname__)
b.prop = 9; print(b.v, sorted(b.__dict__))
def mk():
    n = 5
    class L:
        nonlocal n
        m = n
        n = 6
        def f(self): return n
    return L, n
L, n = mk(); print(L.m, n, L().f(), L.__qualname__, hasattr(L, 'n'))
x = 'global'
def scope():
    x = 'local'
    class C:
        y = x
        x = 'class'
        z = x
    class D:
        y = x
    return C.y, C.z, D.y
try: print(scope())
except NameError as e: print(e)
class K(*[A], **{'metaclass': M}): pass
print(K.__mro__[1].__name__)
def dec(c): c.deco = 1; return c
@dec
class DD: pass
print(DD.deco)
class G:
    def __class_getitem__(cls, k): return k
print(G[1], G[1:2], G[1, 2])
class Outer:
    class Inner:
        def f(self): pass
print(Outer.Inner.f.__qualname__)
class S:
    @property
    def v(self): return self._v
    def __init_subclass__(cls, **kw): super().__init_subclass__(); cls.kw = kw
class S2(S, a=1): pass
print(S2.kw)
print([c.__name__ for c in type.mro(B)])
class E:
    a = 1
    if a: b = 2
    for i in range(2): locals()[f'k{i}'] = i
    try: 1/0
    except ZeroDivisionError as e: msg = str(e)
print(E.b, E.msg, hasattr(E, 'e'))

# A class attribute that is rebound is seen through instances at once.
class Counted:
    count = 0
    def step(self):
        Counted.count += 1
        return self.count
counted = Counted()
print([counted.step() for _ in range(3)])
