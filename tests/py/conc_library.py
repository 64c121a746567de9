# abort() that no handler sees, or_else, Transactional, invariants, readonly.
import threading, time
from apodora import *
from apodora import readonly

class Box: pass
b = Box(); b.n = 0; b.items = []

def say(*a): print(*a)

# abort: not catchable, undoes, leaves its block, keeps locals
n = 0
with atomic as t:
    b.n = 5
    try:
        try:
            n = 1
            t.abort()
        except BaseException:
            print('caught')
    finally:
        print('finally')
    print('not reached')
print(b.n, n)    # a name of the module is undone
def deep(t, k):
    try:
        if k: deep(t, k - 1)
        else: sorted([1, 2], key=lambda x: t.abort())
    except BaseException: print('caught')
with atomic as outer:
    b.n = 7
    with atomic as inner:
        b.n = 8
        deep(inner, 5)
    print('in outer', b.n)
    for x in (1, 2):
        with atomic as inner:
            b.n += 1
            on_abort(say, 'outer left')
            deep(outer, 3)
    print('not reached')
print(b.n)
def gen(t):
    yield 1
    t.abort()
def gens():
    for i in range(2):
        with atomic as t:
            b.n = 99
            for x in gen(t): pass
    print(b.n, x)
gens()
def f():
    with atomic as t:
        with atomic: t.abort()
        return 'not reached'
    return 'left'
print(f())

# or_else
def first():
    b.n = 100
    b.items.append('first')
    check(b.ready)
    return 'first'
def second():
    b.items.append('second')
    return 'second', b.n
b.ready = False
print(or_else(first, second), b.items, b.n)
b.ready = True
print(or_else(first, second), b.items, b.n)
b.ready = False; b.items = []; b.other = 0
with atomic:
    b.n = 3
    print(or_else(first, lambda: retry(), second))
print(b.items, b.n)
def third():
    check(b.other)
    return 'third', b.other
def wake():
    time.sleep(0.1)
    with atomic: b.other = 1
th = threading.Thread(target=wake); th.start()
print(or_else(first, third)); th.join()
b.other = 0
try: or_else(first, lambda: retry(timeout=0.05))
except RetryTimeout as e: print('RetryTimeout')
try: or_else(lambda: 1 / 0, second)
except ZeroDivisionError: print('ZeroDivisionError', b.items)
print(b.items, b.n)

# Transactional
class Account(metaclass=Transactional):
    kind = 'plain'
    def __init__(self, balance=0):
        self.balance = balance
        self.log = []
    def deposit(self, x):
        "adds"
        self.balance += x
        self.log.append(x)
        if x == 13: raise ValueError('thirteen')
    def move(self, to, x):
        self.deposit(-x)
        to.deposit(x)
    def _private(self): self.balance = -1
    @property
    def cents(self): return self.balance * 100
    @cents.setter
    def cents(self, v):
        self.balance = v // 100
        if v < 0: raise ValueError('negative')
    @classmethod
    def named(cls, n): return cls(n)
    @staticmethod
    def zero(): return Account(0)
    @readonly
    def look(self): return self.balance
    @readonly
    def wrong(self): self.balance = 1
    def each(self):
        yield 1
        yield 2
a, c = Account(10), Account.named(5)
a.deposit(2)
try: a.deposit(13)
except ValueError as e: print(e, a.balance, a.log)
try: a.move(c, -13)
except ValueError as e: print(e, a.balance, c.balance)
a.move(c, 4); print(a.balance, c.balance, a.cents, Account.zero().balance, list(a.each()))
try: a.cents = -100
except ValueError as e: print(e, a.balance)
a.cents = 800; print(a.balance, a.look(), Account.deposit.__name__, Account.deposit.__doc__)
try: a.wrong()
except FrozenError as e: print('FrozenError', a.balance)
class Savings(Account, isolation='snapshot'):
    def deposit(self, x):
        super().deposit(x)
        self.balance += 1
s = Savings(1); s.deposit(1); print(s.balance, isinstance(s, Account), type(s).__name__)
class Mixin:
    def twice(self):
        self.balance *= 2
        raise KeyError('twice')
class Mixed(Mixin, Account): pass
m = Mixed(3)
try: m.twice()
except KeyError: print(m.balance)
ts = [threading.Thread(target=lambda: [a.move(c, 1) for i in range(300)]) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(a.balance, c.balance)

# invariants
class Positive(metaclass=Transactional):
    def __init__(self, n): self.n = n; self.parts = [n]
    def __invariant__(self): return self.n >= 0 and sum(self.parts) == self.n
    def add(self, k): self.n += k; self.parts.append(k)
    def forget(self, k): self.n += k
    def fails(self): self.n = -5; self.n = sum(self.parts)
class Raises(metaclass=Transactional):
    x = 1
    def __invariant__(self):
        assert self.x, 'x is zero'
        return True
p = Positive(3); p.add(4); p.add(-7); p.fails(); print(p.n, p.parts)
for what in ('p.add(-1)', 'p.forget(1)', 'p.n = 5', 'Positive(-1)'):
    try: exec(what)
    except InvariantError as e: print(what, type(e.args[0]).__name__, p.n, p.parts)
    else: print(what, 'allowed')
q = Positive(1)
try:
    with atomic:
        p.add(2); q.add(1)
        q.parts.append(7)
except InvariantError as e: print(e.args[0] is q, p.n, q.n, q.parts)
try:
    with atomic: q.parts.append(7)
except InvariantError as e: print('by its list', e.args[0] is q, q.parts)
with atomic:
    q.parts.append(7); q.n += 7
print(q.n, q.parts)
try:
    with atomic:
        r = Positive(1)
        with atomic as t:
            gone = Positive(2); object.__setattr__(gone, 'n', -3)
            t.abort()
        r.n = -1
except InvariantError as e: print('new one', e.args[0].n)
y = Raises()
try: y.x = 0
except InvariantError as e: print(repr(e.__cause__), y.x)
# expect: 0 0
# expect: outer left
# expect: 0
# expect: 0 1
# expect: left
# expect: ('second', 0) ['second'] 0
# expect: first ['second', 'first'] 100
# expect: ('second', 3)
# expect: ['second'] 3
# expect: ('third', 1)
# expect: RetryTimeout
# expect: ZeroDivisionError ['second']
# expect: ['second'] 3
# expect: thirteen 12 [2]
# expect: thirteen 12 5
# expect: 8 9 800 0 [1, 2]
# expect: negative 8
# expect: 8 8 deposit adds
# expect: FrozenError 8
# expect: 3 True Savings
# expect: 3
# expect: -1192 1209
# expect: 0 [3, 4, -7]
# expect: p.add(-1) Positive 0 [3, 4, -7]
# expect: p.forget(1) Positive 0 [3, 4, -7]
# expect: p.n = 5 Positive 0 [3, 4, -7]
# expect: Positive(-1) Positive 0 [3, 4, -7]
# expect: True 0 1 [1]
# expect: by its list True [1]
# expect: 8 [1, 7]
# expect: new one -1
# expect: AssertionError('x is zero') 1
