# Builtins that make one value of all that a generator yields: they are run without a call of their own (mod/builtins_fold.c).
import sys
class N:
    def __init__(s, v): s.v = v
    def __add__(s, o): print(sys._getframe().f_back.f_code.co_name, g.gi_running if g else None); return N(s.v + o.v)
    __radd__ = lambda s, o: s
    def __bool__(s): print('bool', sys._getframe(1).f_code.co_name); return s.v > 2
    def __lt__(s, o): print('lt', sys._getframe(1).f_code.co_name); return s.v < o.v
g = None
def f():
    global g
    print(sum(x for x in range(10)), sum(x / 2 for x in range(5)), sum([1, 2]) , sum(x for x in ()), sum(2**60 + x for x in range(8)))
    print(sum(x for x in (1, 2.5, 2**70, 1)), sum(x for x in (True, False, True)))
    g = (N(x) for x in range(4))
    print(sum(g).v)
    print(any(N(x) for x in range(9)), all(N(9 - x) for x in range(20)))
    g = (x > 3 for x in range(10)); print(any(g), list(g), any(g), all(g), sum(g))
    g = (x for x in [1, 2, 0, 5]); print(all(g), next(g)); 
    print(min(x for x in (5, 2, 8)), max(x for x in (1.5, 2.5, float('nan'), 1)), max(x for x in 'abc'), min(N(x) for x in (3, 1, 2)).v)
    print(max((x for x in ()), default=4), max((x for x in (1, -3)), key=abs))
    for fn in (max, min):
        try: fn(x for x in ())
        except ValueError as e: print(e)
    try: sum(1 / (x - 2) for x in range(4))
    except ZeroDivisionError as e:
        tb = e.__traceback__
        while tb: print(tb.tb_frame.f_code.co_name, tb.tb_lineno, tb.tb_lasti >= 0); tb = tb.tb_next
    def gen():
        x = yield 1
        print('sent', x)
        y = yield from (a for a in (2, 3))
        try: z = yield 4
        finally: print('end')
        return 9
    print(sum(gen())); print(any(v > 2 for v in gen())); print(max(gen()))
    def bad():
        yield 1
        raise StopIteration(3)
    try: sum(bad())
    except RuntimeError as e: print(e, repr(e.__cause__))
    def me(): 
        yield 1
        yield sum(h)
    h = me()
    try: sum(h)
    except ValueError as e: print(e)
    def d(n): return 0 if not n else 1 + sum(d(n - 1) for _ in range(1))
    print(d(100))
    try: d(10**6)
    except RecursionError as e: print(str(e)[:32])
    def ex():
        try: yield 1
        except GeneratorExit: print('closed'); raise
        yield 2
    e = ex(); print(any(e)); e.close()
    try: sum(x for x in ('a', 'b'))
    except TypeError as e: print(e)
    def handling():
        try: 1 / 0
        except ZeroDivisionError:
            yield 1
            print(sys.exc_info()[0])
            yield 2
        yield 3
    try: raise KeyError(1)
    except KeyError:
        print(sum(handling()), sys.exc_info()[0])
    print(sum(sum(y for y in range(x)) for x in range(20)), [sum(g) for g in [(i for i in range(4))] * 2])
    print(sys._getframe().f_lineno)
f()
ev = []
def tr(fr, e, a):
    ev.append((fr.f_code.co_name, e, a if e != 'c_call' and e != 'c_return' else a.__name__)); return tr
def prof(x):
    for i in range(2):
        if x: sys.settrace(tr); sys._getframe().f_trace = tr
        yield i
sys.settrace(tr); print(sum(x for x in range(2))); sys.settrace(None); print(len(ev), ev[:8]); ev.clear()
def turn(): 
    r = sum(prof(1)); sys.settrace(None); return r
print(turn(), [e[:2] for e in ev]); ev.clear()

# Threads whose slices end and start again in the middle.
import threading
total = [0] * 4
class Box:
    def __init__(self): self.v = 0
boxes = [Box() for _ in range(50)]
def work(k):
    for i in range(200):
        boxes[i % 50].v += 0
        total[k] += sum(b.v + 1 for b in boxes) + any(b.v for b in boxes) + max(b.v for b in boxes)
ts = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(total)
