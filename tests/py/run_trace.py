# sys.settrace, sys.setprofile, frames that have ended
import sys

events = []
def tracer(frame, event, arg):
    events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno, arg if event == 'return' else None))
    return tracer

def numbers():
    yield 1
    yield 2

def work(n, start=2):
    total = start
    for i in numbers():
        total += i
    try:
        1 // n
    except ZeroDivisionError:
        total += 1
    return total

def run(f, *a):
    events.clear()
    sys.settrace(tracer)
    try: f(*a)
    finally: sys.settrace(None)
    return [e for e in events if e[0] != 'run']

# which lines are reported in loops may differ by a repetition: each line once, and all else in order
seen = run(work, 0)
print([e for e in seen if e[1] != 'line'])
print(sorted({e[:3] for e in seen if e[1] == 'line'} - {('work', 'line', 4)}))

calls = []
def profiler(frame, event, arg):
    calls.append((event, frame.f_code.co_name, getattr(arg, '__name__', arg) if event.startswith('c_') else None))
def leaf(x): return len(x)
def branch(): return leaf([1]), leaf([]), max(3, 4)
sys.setprofile(profiler)
branch()
sys.setprofile(None)
print([c for c in calls if c[2] != 'setprofile'])
print(sys.gettrace(), sys.getprofile())

def failing(frame, event, arg): raise KeyError(event)
sys.settrace(failing)
try: leaf([])
except KeyError as e: print('raised', e, sys.gettrace())

# a trace function may change locals
def change(frame, event, arg):
    if frame.f_code.co_name == 'changed' and event == 'line' and 'x' in frame.f_locals:
        frame.f_locals['x'] = 42
    return change
def changed():
    x = 1
    return x
sys.settrace(change)
r = changed()
sys.settrace(None)
print(r)

# what a frame held stays with the traceback
def inner(a, b=2):
    c = a + b
    def cell(): return c
    raise ValueError(c)
def outer():
    mine = 'outer'
    inner(1)
try: outer()
except ValueError as e: tb = e.__traceback__
names = []
while tb:
    f = tb.tb_frame
    names.append((f.f_code.co_name, {k: v for k, v in f.f_locals.items() if k in 'abc' or k == 'mine'} if f.f_code.co_name != '<module>' else None,
                  f.f_back and f.f_back.f_code.co_name))
    last, tb = f, tb.tb_next
print(names)
last.clear()
print(last.f_locals)
def same():
    x = 1
    a = locals()
    x = 2
    b = locals()
    return a is b, a['x']
print(same())
def g():
    y = 5
    yield
    y = 6
    yield
it = g()
f = it.gi_frame
print(f.f_lineno - f.f_code.co_firstlineno, f.f_locals, f.f_back)
next(it)
print(f.f_lineno - f.f_code.co_firstlineno, f.f_locals, f is it.gi_frame)
next(it)
print(f.f_locals)
try: sys._getframe().clear()
except RuntimeError as e: print(e)
