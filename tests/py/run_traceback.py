# what sys.excepthook prints: groups, notes, chains, repetitions, suggestions, limits
import io, sys

def show(f, *a):
    keep, sys.stderr = sys.stderr, io.StringIO()
    try:
        try: f(*a)
        except BaseException: sys.excepthook(*sys.exc_info())
        text = sys.stderr.getvalue()
    finally: sys.stderr = keep
    print(text.replace(__file__, 'FILE'))

def group():
    try: 1/0
    except ZeroDivisionError as e: first = e
    inner = ExceptionGroup('inner', [ValueError('a\nb'), first])
    inner.add_note('a note\nof two lines')
    raise ExceptionGroup('outer', [TypeError(1), inner, *map(KeyError, range(20))])
show(group)
def deep(n): return deep(n - 1) if n else 1/0
show(deep, 20)
def chain():
    try:
        try: {}['x']
        except KeyError as e: raise ValueError('second') from e
    except ValueError: raise RuntimeError
show(chain)
class Thing: colour = 1; _private = 2
def wrong(): Thing().color
show(wrong)
def name():
    counter = 1
    return conter
show(name)
def notes():
    e = ValueError('v')
    e.__notes__ = ['one', 2, 'three\nfour']
    raise e
show(notes)
def odd():
    e = ValueError('v')
    e.__notes__ = 5
    raise e
show(odd)
class Bad(Exception):
    def __str__(self): raise KeyError
def bad(): raise Bad
show(bad)
def loop():
    a, b = ValueError('a'), ValueError('b')
    a.__cause__, b.__cause__ = b, a
    raise a
show(loop)
for limit in 2, 1, 0, -1:
    sys.tracebacklimit = limit
    show(deep, 5)
del sys.tracebacklimit
def syntax(*a): raise SyntaxError('wrong', ('f.py', *a))
for a in ((3, 2, '  abc\n', 3, 4), (1, 0, 'abc', 1, 2), (1, 2, 'abcdefg', 1, 100), (2, 3, 'abc', 3, 1), (1, None, None)): show(syntax, *a)
