# The class of super() before there is one; a descriptor that goes away while its instance is looked at; docs of slots.
try:
    class A:
        def f(self):
            super().x
        f(1)
except RuntimeError as e:
    print(e)


class B:
    def f(self):
        nonlocal __class__
        del __class__
        super()

    def g(self):
        return __class__


try:
    B().f()
except RuntimeError as e:
    print(e)
try:
    B().g()
except NameError as e:
    print(e)


class Evil:
    def __hash__(self):
        return hash("attr")

    def __eq__(self, other):
        try:
            del C.attr
        except AttributeError:
            pass
        return 0


class Descr:
    def __get__(self, ob, type=None):
        return 1


class C:
    attr = Descr()


c = C()
c.__dict__[Evil()] = 0
print(c.attr, hasattr(c, "attr"))
print((1).__repr__.__doc__, iter([]).__next__.__doc__, list.__len__.__doc__, int.__hash__.__doc__, [].__len__.__doc__)
