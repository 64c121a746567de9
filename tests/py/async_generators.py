# Asynchronous generators: steps, comprehensions, closing, exceptions; deep chains of delegation.
import sys
async def ag(n):
    try:
        for i in range(n):
            r = yield i
            if r: print('got', r)
    finally:
        print('fin')
class Aw:
    def __init__(self, v): self.v = v
    def __await__(self):
        r = yield self.v
        return r
async def ag2():
    x = await Aw('w1')
    print('x', x)
    y = yield 1
    print('y', y)
    x = await Aw('w2')
    yield 2
def run(c):
    out = []
    v = None
    try:
        while True:
            v = c.send(v)
            out.append(v)
            v = 'r' + str(v)
    except StopIteration as e:
        return out, e.value
async def main():
    async for x in ag(3): print(x)
    l = [x async for x in ag(4) if x % 2]
    print(l)
    g = ag(3)
    print(await g.__anext__(), await g.asend('hello'))
    await g.aclose()
    try: await g.__anext__()
    except StopAsyncIteration: print('stopped')
    g = ag2()
    async for x in g: print('main', x)
    g = ag(5)
    await anext(g)
    try: await g.athrow(ValueError('boo'))
    except ValueError as e: print(repr(e))
    print(await anext(ag(0), 'dflt'))
    print({x async for x in ag(2)}, {x: x async for x in ag(2)}, [y async for y in (z async for z in ag(2))])
    async def bad():
        try: yield 1
        finally: yield 2
    g = bad()
    await anext(g)
    try: await g.aclose()
    except RuntimeError as e: print(e)
    async def swallow():
        try: yield 1
        except GeneratorExit: await Aw('closing'); print('closed')
    g = swallow(); await anext(g); await g.aclose()
print(run(main()))
g = ag(1)
a = g.__anext__()
try: a.send(None)
except StopIteration as e: print('SI', e.value)
try: a.send(None)
except RuntimeError as e: print(e)
a = g.__anext__()
try: a.throw(KeyError)
except KeyError as e: print('KE')
g = ag2()
a = g.__anext__(); print(next(a)); b = g.__anext__()
try: b.send(None)
except RuntimeError as e: print(e)
print(g.ag_running, g.ag_await is not None, g.ag_frame.f_lineno, g.ag_code.co_name)
c = g.aclose()
try: c.send(None)
except RuntimeError as e: print(e)
c = g.athrow(ValueError)
try: c.send(None)
except RuntimeError as e: print(e)
print(sys.get_asyncgen_hooks())
def deep(n):
    if n == 0:
        try:
            while True:
                x = yield 'bottom'
        except ValueError as e:
            print('caught', e); yield 'rec'
            return 'ret'
        finally: print('bottom fin')
    r = yield from deep(n-1)
    return r
g = deep(300); print(next(g)); print(g.throw(ValueError('v'))); 
try: g.send(None)
except StopIteration as e: print(e.value)
g = deep(300); next(g); g.close(); print(g.gi_frame)
