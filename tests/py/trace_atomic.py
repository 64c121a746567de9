# f_lineno and atomic blocks: no jump leaves one; a variable that the code takes to be bound becomes None.
# expect: can't jump out of an atomic block
# expect: f 2 4 [12]
# expect: f 3 2 [13]
# expect: incompatible stacks
# expect: f 4 2 [12]
# expect: f 4 1 [14]
# expect: RuntimeWarning assigning None to 1 unbound local
# expect: g 1 3 None
# expect: RuntimeWarning assigning None to 1 unbound local
# expect: TypeError
import sys
import warnings

from apodora import atomic

box = [0]


def f():
    with atomic:
        box[0] += 1
        box[0] += 1
    box[0] += 10
    return box


def g():
    a = 1
    b = a + 1
    return b


def tracer(jump_from, jump_to, code):
    def trace(frame, event, arg):
        if frame.f_code is code and event == "line" and frame.f_lineno - code.co_firstlineno == jump_from and not done:
            done.append(1)
            try:
                frame.f_lineno = code.co_firstlineno + jump_to
            except ValueError as e:
                print(e)
        return trace
    return trace


warnings.showwarning = lambda message, category, *rest: print(category.__name__, message)
warnings.simplefilter("always")
for fn, jump_from, jump_to in ((f, 2, 4), (f, 3, 2), (f, 4, 2), (f, 4, 1), (g, 1, 3), (g, 1, 2)):
    done = []
    box[0] = 0
    sys.settrace(tracer(jump_from, jump_to, fn.__code__))
    try:
        print(fn.__name__, jump_from, jump_to, fn())
    except TypeError as e:
        print(type(e).__name__)
    finally:
        sys.settrace(None)
