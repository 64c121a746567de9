# f_lineno = n from each line to each other one: the same jumps are allowed, with the same messages, and the program goes on in the same way.
import gc
import sys

gc.disable()


class W:
    def __init__(self, o, n):
        self.o, self.n = o, n

    def __enter__(self):
        self.o.append(self.n)
        return self

    def __exit__(self, *a):
        self.o.append(-self.n)


class Stop(Exception):
    pass


def simple(o):
    o.append(1)
    o.append(2)
    o.append(3)
    return 4


def loops(o, k=0):
    for i in (1, 2):
        o.append(2)
        for j in (3, 4):
            o.append(4)
        o.append(5)
    else:
        o.append(7)
    pass
    while k < 2:
        k += 1
        if k == 1:
            continue
        o.append(13)
        break
    o.append(15)


def withs(o):
    o.append(1)
    with W(o, 2):
        o.append(3)
        with W(o, 4) as x, W(o, 44):
            o.append(5)
        o.append(6)
    with W(o, 7):
        o.append(8)
    o.append(9)


def tries(o):
    try:
        o.append(2)
        1 / 0
    except ZeroDivisionError as e:
        o.append(5)
        o.append(6)
    except ValueError:
        o.append(8)
    else:
        o.append(10)
    finally:
        o.append(12)
        o.append(13)
    o.append(14)


def fin(o):
    for i in (1, 2):
        try:
            o.append(3)
            if i == 2:
                continue
            o.append(6)
        finally:
            o.append(8)
            o.append(9)
    try:
        o.append(11)
        return 12
    finally:
        o.append(14)
        o.append(15)


def fin2(o):
    try:
        try:
            o.append(3)
            raise KeyError
        finally:
            o.append(6)
            o.append(7)
    except KeyError:
        o.append(9)
        o.append(10)
    return 11


def mix(o):
    for i in (1, 2):
        with W(o, 3):
            try:
                o.append(4)
                int("x")
            except ValueError:
                for k in (1,):
                    o.append(8)
                o.append(9)
        o.append(10)
    while True:
        o.append(12)
        break
    pass
    o.append(15)


def match(o):
    match len(o):
        case 1:
            o.append(3)
        case 0 if o.append(4):
            o.append(5)
        case _:
            o.append(7)
    o.append(8)


def retfor(o):
    for i in (1, 2):
        o.append(2)
        return 3
    o.append(4)
    for j in (1, 2):
        o.append(6)
        break
    else:
        return 9
    o.append(10)


def passes(o):
    o.append(1)
    if o:
        pass
    else:
        pass
    try:
        pass
    finally:
        pass
    return 11


def run(f, jump_from, jump_to):
    first, out, steps, error = f.__code__.co_firstlineno, [], 0, None

    def trace(frame, event, arg):
        nonlocal steps, error
        if frame.f_code is not f.__code__:
            return None
        steps += 1
        if steps > 60:
            raise Stop
        if error:
            if event == "line":
                out.append(f"L{frame.f_lineno - first}")
        elif event == "line" and frame.f_lineno - first == jump_from:
            try:
                frame.f_lineno = first + jump_to
            except ValueError as e:
                error = str(e)
            else:
                error = f"-> {frame.f_lineno - first}"
        return trace

    sys.settrace(trace)
    try:
        result = f(out)
    except Exception as e:
        result = type(e).__name__
    finally:
        sys.settrace(None)
    if error:
        print(f.__name__, jump_from, jump_to, error, result, *out)


for f in (simple, loops, withs, tries, fin, fin2, mix, match, retfor, passes):
    n = max(line for _, _, line in f.__code__.co_lines() if line) - f.__code__.co_firstlineno
    for a in range(1, n + 1):
        for b in range(n + 2):
            run(f, a, b)


# other events, other values

def attempt(event, values):
    def f(x):
        y = x + 1
        if x < 0:
            1 / 0
        return y

    def trace(frame, kind, arg):
        if frame.f_code is f.__code__ and kind == event:
            for v in values:
                try:
                    frame.f_lineno = v
                except (ValueError, AttributeError) as e:
                    print(event, v, type(e).__name__, e)
            try:
                del frame.f_lineno
            except AttributeError as e:
                print(e)
            return None
        return trace

    sys.settrace(trace)
    try:
        f(-1 if event == "exception" else 1)
    except ZeroDivisionError:
        pass
    finally:
        sys.settrace(None)


for event in ("call", "line", "return", "exception"):
    attempt(event, (1, 10 ** 30, -10 ** 30, 2 ** 40, -5, True, 1.0, "1", None))
try:
    sys._getframe().f_lineno = 1
except ValueError as e:
    print(e)


# a jump out of an atomic block, or over what binds a variable

def swap(x):
    try:
        y = x
    finally:
        x = 0
    return y


def leave(frame, event, arg):
    if event == "line" and frame.f_lineno == frame.f_code.co_firstlineno + 4:
        frame.f_lineno = frame.f_code.co_firstlineno + 5
    return leave


sys.settrace(leave)
print(swap(3))
sys.settrace(None)
