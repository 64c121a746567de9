# comp_generators: see tests/run; expected output is Python's
def g1(n):
    for i in range(n):
        r = yield i
        if r: print('got', r)
    return 'done'
def g2():
    v = yield from g1(3)
    print(v)
    yield from [10, 20]
print(list(g2()))
g = g1(5); next(g); print(g.send('hello'))
def g3():
    try:
        while True:
            try: x = yield
            except ValueError as e: print('caught', e); yield 'v'
    finally: print('cleanup')
g = g3(); next(g); print(g.throw(ValueError('t'))); g.close()
import sys
def g4():
    try: raise KeyError
    except KeyError:
        yield sys.exc_info()[0]
        yield sys.exc_info()[0]
g = g4()
try: raise ValueError
except ValueError: print(next(g), sys.exc_info()[0])
print(next(g), sys.exc_info()[0])
def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
import itertools
print(list(itertools.islice(fib(), 10)))
print(sum(x * y for x in range(5) for y in range(3) if x != y))
lam = lambda: (yield 5)
print(list(lam()))
async def co(n):
    if n: return await co(n - 1) + 1
    return 0
def run(c):
    try:
        while True: c.send(None)
    except StopIteration as e: return e.value
print(run(co(5)))
class Aw:
    def __await__(self):
        r = yield 'y'
        return 'aw'
class AI:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        await Aw()
        return self.n
class ACM:
    async def __aenter__(self): print('aenter'); await Aw(); return self
    async def __aexit__(self, t, v, tb): print('aexit', t); await Aw(); return t is ValueError
async def m():
    async for i in AI(3):
        if i == 1: continue
        print(i)
    else: print('else')
    async for i in AI(3): break
    print([x async for x in AI(3) if x], {x: await Aw() async for x in AI(2)})
    async with ACM() as a, ACM(): print('in')
    async with ACM(): raise ValueError
    try:
        async with ACM(): raise KeyError
    except KeyError: print('KE')
    async def f():
        async with ACM(): return 5
    print(await f())
    return 'end'
print(run(m()))
