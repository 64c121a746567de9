# comp_exceptions: see tests/run; expected output is Python's
import sys
def t1(n):
    out = []
    try:
        out.append('try')
        if n == 0: raise ValueError('v')
        if n == 1: raise KeyError('k')
        if n == 2: return out
        if n == 5: 1/0
    except ValueError as e:
        out.append(str(e))
        return out
    except (KeyError, TypeError):
        out.append('key')
    else:
        out.append('else')
    finally:
        out.append('fin')
    return out
for i in range(4): print(t1(i))
try: t1(5)
except ZeroDivisionError as e: print('zde', e, e.__context__)
def t2():
    for i in range(3):
        try:
            if i == 0: continue
            if i == 2: break
            print('body', i)
        finally:
            print('f', i)
    try: return 'a'
    finally: print('ret')
print(t2())
def t3():
    try: return 1
    finally: return 2
print(t3())
def t4():
    while True:
        try: raise ValueError
        finally: break
    return 'swallowed'
print(t4())
def t5():
    try:
        try: raise ValueError('in')
        except ValueError as e:
            raise KeyError('out')
    except KeyError as e:
        return repr(e.__context__), e.__suppress_context__
print(t5())
def t6():
    try:
        try: 1/0
        finally: print(sys.exc_info()[0])
    except ZeroDivisionError: print(sys.exc_info()[0])
    print(sys.exc_info()[0])
t6()
def t7():
    try: raise ValueError('x') from KeyError('c')
    except ValueError as e: return repr(e.__cause__)
print(t7())
def t8():
    try:
        raise ValueError
    except ValueError:
        try: raise
        except ValueError: print('reraised')
        print(sys.exc_info()[0])
        for i in range(2):
            try: raise KeyError
            except KeyError: continue
        print(sys.exc_info()[0])
    print(sys.exc_info()[0])
t8()
class CM:
    def __init__(self, n, swallow=False): self.n, self.s = n, swallow
    def __enter__(self): print('enter', self.n); return self.n
    def __exit__(self, t, v, tb): print('exit', self.n, t and t.__name__, tb is not None); return self.s
def w1():
    with CM(1) as a, CM(2) as b:
        print(a, b)
        return 'ret'
print(w1())
def w2():
    with CM(1, True):
        raise ValueError
    print('after')
    for i in range(3):
        with CM(i):
            if i == 0: continue
            if i == 1: break
    with CM('x', True) as q:
        with CM('y'):
            raise KeyError('k')
    return q
print(w2())
try:
    with CM(9): 1/0
except ZeroDivisionError: print('propagated')
class T:
    def __enter__(self): return (1, (2, 3))
    def __exit__(self, *a): pass
with T() as (a, (b, c)): print(a, b, c)
def w3():
    with CM(1):
        try:
            with CM(2): raise ValueError(1)
        except ValueError as e: print(repr(e))
        finally: print('fin')
w3()
def nested_ret():
    for x in [1, 2]:
        with CM(x):
            try:
                try: return x
                finally: print('f1')
            finally: print('f2', sys.exc_info())
print(nested_ret())
def ename():
    try: raise ValueError
    except ValueError as e:
        del e
    try: e
    except NameError as x: print('unb')
    try: raise ValueError
    except ValueError as e:
        e = 5
    try: e
    except NameError as x: print('unb')
ename()
try: raise ValueError
except ValueError as ge: pass
try: ge
except NameError as x: print(x)
def eg():
    try:
        raise ExceptionGroup('g', [ValueError(1), TypeError(2), KeyError(3)])
    except* ValueError as e: print('V', e.exceptions)
    except* (TypeError, KeyError) as e: print('TK', e.exceptions)
    else: print('else')
    finally: print('fin')
eg()
def eg2():
    try:
        try: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])
        except* ValueError: raise KeyError('new')
    except BaseExceptionGroup as e: print(type(e).__name__, [repr(x) for x in e.exceptions])
eg2()
def eg3():
    try: raise ValueError(7)
    except* ValueError as e: print(type(e), e.exceptions)
    try: pass
    except* ValueError: print('no')
    else: print('else')
    try:
        try: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])
        except* ValueError: raise
    except ExceptionGroup as e: print(e.exceptions)
eg3()
def retval():
    x = 1
    try: return x
    finally: x = 2
print(retval())
def deep(n):
    try:
        if n: return deep(n - 1)
        raise ValueError('deep')
    finally: n = 0
try: deep(5)
except ValueError as e: print(e)
def loopfin():
    r = []
    for i in range(4):
        try:
            try:
                if i == 1: raise ValueError
                r.append(i)
            except ValueError: r.append('e'); continue
            finally: r.append('f')
            r.append('t')
        finally: r.append('F')
    return r
print(loopfin())
try:
    try: pass
    finally: undefined_name
except NameError as e: print(e)
def gen_exc():
    try:
        yield 1
        yield 2
    except GeneratorExit: print('closed'); raise
    finally: print('gfin')
g = gen_exc(); next(g); g.close()

# what except* clauses raise
def t(orig, handler):
    try:
        try: raise orig
        except* (TypeError, ValueError) as e: handler(e)
    except BaseException as x: print(repr(x), repr(x.__cause__), repr(x.__context__))
def h(e): raise SyntaxError("bad")
def h2(e): raise
def h3(e): raise e
def h4(e): raise SyntaxError("bad") from e
for hh in (h,h2,h3,h4):
    t(ExceptionGroup("m",[TypeError(1)]), hh)
    t(ExceptionGroup("m",[TypeError(1), OSError(2)]), hh)
    t(TypeError(3), hh)
def two():
    try:
        try: raise ExceptionGroup("m",[TypeError(1), ValueError(2), OSError(3)])
        except* TypeError: raise KeyError(1)
        except* ValueError: raise KeyError(2)
    except BaseException as x: print(repr(x), repr(x.__cause__), repr(x.__context__))
two()

# functions of a finally body, which the compiler copies, are one constant
def copied(x):
    try:
        if x: return 1
    finally:
        f = lambda: x
        def g(a=[i for i in (x,)]): return [j + x for j in (1, 2)]
        class C: y = (lambda: 3)()
        print(f(), g(), C.y, C.__qualname__, g.__qualname__)
    return 2
print(copied(0), copied(1), sorted(k.co_name for k in copied.__code__.co_consts if hasattr(k, "co_name")))
