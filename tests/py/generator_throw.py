# throw(), close() and what they meet: contexts, delegates that are no generators, frames, attributes, errors.
import sys
sys.unraisablehook = lambda u: None      # generators are collected at other times than in CPython

def show(f, *a):
    try: print('->', f(*a))
    except BaseException as e:
        print(type(e).__name__, e, '| context', repr(e.__context__), '| cause', repr(e.__cause__))
        return e

# contexts
def handling():
    try: raise KeyError('inner')
    except KeyError:
        yield 1
def plain():
    yield 1
for g in handling, plain:
    x = g(); next(x)
    show(x.throw, ValueError('v'))
    x = g(); next(x)
    try: raise IndexError('outer')
    except IndexError: show(x.throw, ValueError('v'))
    x = g(); next(x)
    try: raise IndexError('outer')
    except IndexError:
        show(x.throw, ValueError)
        print(repr(sys.exc_info()[1]))

# three arguments
def tb():
    try: 1 / 0
    except ZeroDivisionError as e: return e.__traceback__
for args in [(ValueError,), (ValueError, 'x'), (ValueError, ('x', 'y')), (ValueError, ValueError('z')), (ValueError('z'), None), (ValueError('z'), 'x'),
             (1,), ('s',), (int,), (ValueError, None, 1), (ValueError, KeyError('k')), (lambda: 1,)]:
    x = plain(); next(x); show(x.throw, *args)
    x = plain(); show(x.throw, *args)
    x = plain(); list(x); show(x.throw, *args)
x = plain(); next(x)
e = show(x.throw, ValueError, None, tb())
print([f.name for f in __import__('traceback').extract_tb(e.__traceback__)])
class Picky(Exception):
    def __init__(self): raise TypeError('cannot be made')
x = plain(); next(x); show(x.throw, Picky)
class Odd(Exception):
    def __new__(cls): return 5
x = plain(); next(x); show(x.throw, Odd)

# a fresh generator has its line in the traceback
def fresh():
    yield
x = fresh()
e = show(x.throw, ValueError('f'))
t = e.__traceback__.tb_next
while t.tb_next: t = t.tb_next
print(t.tb_frame.f_code.co_name, t.tb_lineno - fresh.__code__.co_firstlineno)

# delegates that are not generators
class It:
    def __iter__(self): return self
    def __next__(self): return 'n'
class Thrower(It):
    def throw(self, *a):
        print('throw', a)
        if a[0] is StopIteration: raise StopIteration('ended')
        if a[0] is KeyError: return 'thrown'
        raise a[0]
class Closer(It):
    def close(self):
        print('close')
class BadCloser(It):
    def close(self): raise IndexError('in close')
class Hider(It):      # what cannot be looked up is told to sys.unraisablehook
    @property
    def throw(self): raise LookupError('hidden')
    @property
    def close(self): raise LookupError('hidden')
def dele(it):
    try: print('result', (yield from it))
    except Exception as e: print('in dele', repr(e)); yield 'handled'
    except GeneratorExit: raise
def outer(it): 
    r = yield from dele(it)
    return r
for cls in It, Thrower, Closer, BadCloser:
    for exc in (ValueError,), (KeyError, 'k'), (StopIteration,), (GeneratorExit,), (ValueError('i'),):
        print(cls.__name__, exc)
        g = outer(cls()); next(g)
        show(g.throw, *exc)
    g = outer(cls()); next(g); show(g.close)
g = dele(Hider()); next(g); show(g.throw, ValueError); print(g.gi_suspended, next(g)); 
g = outer(Hider()); next(g); show(g.throw, ValueError)

# close
def stubborn():
    while True:
        try: yield 's'
        except GeneratorExit: pass
g = stubborn(); next(g); show(g.close)
def waits(g): 
    try: yield from g
    except RuntimeError as e: print('told', e); raise
g = waits(stubborn()); next(g); show(g.close); show(g.close); show(next, g)
def ender(): 
    try: yield
    except GeneratorExit: return 5
g = ender(); next(g); show(g.close)
g = waits(ender()); next(g); show(g.close)
def other():
    try: yield
    finally: raise KeyError('other')
g = waits(other()); next(g); show(g.close)
g = plain(); show(g.close); show(next, g); print(g.gi_frame, g.gi_running)

# already executing
def me():
    for f in next, lambda g: g.throw(ValueError), lambda g: g.close(), lambda g: g.send(None):
        show(f, self)
    yield
self = me(); next(self)
def rec(): yield from self
self = rec(); show(next, self)
show(plain().send, 5)

# frames
def fr(a):
    b = a + 1
    f = yield sys._getframe()
    print(f is sys._getframe(), f.f_back.f_code.co_name, f.f_locals['b'])
    yield
g = fr(1)
f = g.gi_frame
print(f.f_lineno - fr.__code__.co_firstlineno, f.f_back, f.f_locals)
f2 = next(g)
print(f is f2, f is g.gi_frame, f.f_lineno - fr.__code__.co_firstlineno, f.f_back, f.f_locals)
def caller(): g.send(f)
caller()
print(f.f_back, f.f_lineno - fr.__code__.co_firstlineno)
f.clear(); print(g.gi_frame, show(next, g))
def chain(n):
    if n: yield from chain(n - 1)
    else:
        f = sys._getframe(); names = []
        while f: names.append(f.f_code.co_name); f = f.f_back
        yield names
print(next(chain(3)))
def thrown_into():
    try: yield
    except ValueError:
        f = sys._getframe(); names = []
        while f: names.append(f.f_code.co_name); f = f.f_back
        yield names
def link(g): yield from g
g = link(link(thrown_into())); next(g); print(g.throw(ValueError))
print(g.gi_yieldfrom.__name__, g.gi_yieldfrom.gi_yieldfrom.gi_yieldfrom)
g.gi_code, g.__name__
for name in '__name__', '__qualname__':
    show(setattr, g, name, 1)
    show(delattr, g, name)
    setattr(g, name, 'other'); print(getattr(g, name))


# finally, in the right order, when exceptions pass through many
def level(n):
    try:
        if n: yield from level(n - 1)
        else: yield 'deep'
    finally: print('leave', n)
g = level(3); next(g); g.close()
g = level(3); next(g); show(g.throw, ValueError('through'))
