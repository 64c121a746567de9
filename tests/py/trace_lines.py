# Line events: every statement has one where Python gives one, also those that need no instruction.
import sys


def events(f, *args, only=None):
    got, first, names = [], f.__code__.co_firstlineno, {}

    def trace(frame, event, arg):
        name = frame.f_code.co_name
        if frame.f_code.co_filename == f.__code__.co_filename:
            got.append(f"{'' if name == f.__name__ else name + ':'}{frame.f_lineno - first}{'' if event == 'line' else event[0]}")
        return trace
    sys.settrace(trace)
    try:
        result = f(*args)
        if hasattr(result, "send") and f.__code__.co_flags & 0x80:
            try:
                while True:
                    result.send(None)
            except StopIteration as e:
                result = e.value
        elif hasattr(result, "__next__"):
            result = list(result)
    except Exception as e:
        result = type(e).__name__
    finally:
        sys.settrace(None)
    print(f.__name__, args, result, *got)


def passes(x):
    pass
    if x:
        pass
    else:
        pass
    for i in range(2):
        pass
    while x:
        x -= 1
        pass
    pass


def loops(n):
    for i in range(n):
        if i == 1:
            continue
        elif i == 3:
            break
        else:
            x = i
    else:
        n = 0
    while True:
        n -= 1
        if n < 0:
            break
    while 1:
        while n:
            n += 1
            break
        break
    for a in range(2):
        for b in (1, 2):
            if b: continue
            if a: break
    return n


def tries(x):
    try:
        try:
            if x == 1:
                1 / 0
            pass
        except ValueError:
            pass
        else:
            y = 1
        finally:
            "in between"
            z = x
    except ZeroDivisionError as e:
        if x:
            pass
    except:
        pass
    try:
        pass
    finally:
        pass


def leaves(how):
    for i in range(3):
        try:
            with W():
                if how == 0:
                    return 1
                if how == 1:
                    continue
                if how == 2:
                    break
                if how == 3:
                    raise KeyError
        except KeyError:
            how = 2
            continue
        finally:
            i = 0
    return (
        how
    )


class W:
    def __enter__(self):
        return self

    def __exit__(self, *a):
        pass


def constants(x):
    if 0:
        x = 1
    if 1:
        x = 2
    else:
        x = 3
    if x and 1:
        1
    "text"
    ...
    x
    while 0:
        pass
    assert 1
    assert x, "no"
    if not x:
        pass
    return


def multi(a, b):
    c = (a
         + b)
    d = [
        a,
        b,
    ]
    e = max(
        a,
        b,
        key=None
    )
    f = (a and
         b or
         c)
    (
        g,
        h
    ) = a, \
        b
    if (a == 1 and
            b == 2):
        i = a if a \
            else b
    j = {
        1: a,
        2:
        b
    }
    x = \
        5
    for y in \
            d:
        pass
    with W() \
            as z:
        pass
    del x, \
        j
    return f"{a}" \
           f"{b}"


def nested(x):
    def inner(a=1, *,
              b=2):
        return a

    @staticmethod
    @(lambda f: f)
    def decorated():
        pass

    class C:
        """doc"""
        y = x
        if y:
            z = 1
        else:
            z = 2

        def m(self): pass

    t = [i
         for i in range(2)
         if i]
    u = lambda: 3
    return inner() + u() + C.y


def matches(x):
    match x:
        case 1:
            pass
        case [a, b] if a:
            y = b
        case {"k": v}:
            y = v
        case str() | bytes():
            y = 2
        case _:
            pass


def gen(n):
    for i in range(n):
        yield i
    yield from (
        7, 8)
    try:
        yield
    finally:
        pass


def groups(x):
    try:
        if x:
            raise ExceptionGroup("g", [ValueError(1), TypeError(2)])
    except* ValueError as e:
        a = 1
    except* TypeError:
        pass
    else:
        pass
    finally:
        b = 2


class A:
    def __aiter__(self):
        self.n = 2
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        return self.n

    async def __aenter__(self):
        pass

    async def __aexit__(self, *a):
        pass


async def asyncs(x):
    async for i in A():
        pass
    async for j in A():
        if j:
            continue
        break
    async with A() as b:
        if x:
            return 1
    t = [k async for k in A()]
    return t


def ends(x):
    if x > 1:
        if x > 2:
            pass
    elif x:
        y = 1
    else:
        try:
            pass
        except Exception:
            pass


def handlers(x):
    while x:
        try:
            x -= 1
            if x == 2:
                raise KeyError
            if x == 1:
                continue
        except KeyError:
            continue
        finally:
            if x == 7:
                break
    try:
        int("x")
    except ValueError:
        try:
            raise
        except ValueError as e:
            return str(e)
        finally:
            del e


for f, args in [(passes, [(0,), (2,)]), (loops, [(0,), (2,), (6,)]), (tries, [(0,), (1,)]), (leaves, [(0,), (1,), (2,), (3,), (4,)]), (constants, [(0,), (5,)]),
                (multi, [(1, 2), (0, 3)]), (nested, [(1,), (0,)]), (matches, [(1,), ([1, 2],), ([0, 2],), ({"k": 3},), ("",), (2.5,)]), (gen, [(2,)]),
                (groups, [(0,), (1,)]), (asyncs, [(0,), (1,)]), (ends, [(0,), (1,), (2,), (3,)]), (handlers, [(0,), (4,), (8,)])]:
    for a in args:
        events(f, *a)
