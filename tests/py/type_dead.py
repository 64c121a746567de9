"""What is no longer referred to dies in an explicit collection: neither registers of statements that are over, nor caches, nor C stacks keep it."""
import gc
import weakref


class Thing:
    def __init__(self, tag=0):
        self.tag = tag

    def __hash__(self):
        return hash(self.tag)

    def __eq__(self, other):
        return self.tag == other.tag

    def method(self):
        return self.tag


def cycles():
    for build in (set, frozenset, list, tuple, lambda x: dict.fromkeys(x), lambda x: {0: x}):
        thing = Thing()
        ref = weakref.ref(thing)
        box = build([thing, Thing(1)])
        thing.it = iter(box)
        del thing, box
        gc.collect()
        print(ref() is None, end=" ")
    print()


def temporaries():
    thing = Thing()
    ref = weakref.ref(thing)
    [thing, (thing,), {1: thing}]
    str(thing.method()) + repr([thing.tag, thing.tag])
    print(*[thing.tag], sep=str(thing.tag))
    del thing
    gc.collect()
    print(ref() is None)


def cached_class():
    class Local:
        def f(self):
            return 1
    ref = weakref.ref(Local)
    for i in range(3):
        Local().f()
    del Local
    gc.collect()
    print(ref() is None)


def keys():
    d = weakref.WeakKeyDictionary()
    things = [Thing(i) for i in range(5)]
    for t in things:
        d[t] = t.tag
    del t
    copied = d.copy()
    del things[0], copied           # its hash is 0
    gc.collect()
    print(len(d), sorted(d.values()))
    values = weakref.WeakValueDictionary((t.tag, t) for t in things)
    del things[-1]
    gc.collect()
    print(sorted(values), len(d))


def suspended():
    def gen(x):
        ref = weakref.ref(x)
        yield [x, x].__len__()
        del x
        yield ref
        yield ref()
    g = gen(Thing())
    print(next(g))
    ref = next(g)
    gc.collect()
    print(ref() is None, next(g))


def handled():
    try:
        raise KeyError(Thing())
    except KeyError as e:
        ref = weakref.ref(e.args[0])
    gc.collect()
    print(ref() is None)


def order():
    class Ref(weakref.ref):
        pass
    thing = Thing()
    a = Ref(thing)
    b = weakref.ref(thing)
    print(weakref.getweakrefs(thing) == [b, a], weakref.getweakrefs(thing)[0] is b)


for f in cycles, temporaries, cached_class, keys, suspended, handled, order:
    print(f.__name__, end=": ")
    f()
