# Imports inside of atomic blocks: undone with the block, never half made, and waited for by starting the block again.
import os, sys, tempfile, threading
from apodora import atomic
tmp = tempfile.TemporaryDirectory()
sys.path.insert(0, tmp.name)
sys.dont_write_bytecode = True
def module(name, text):
    with open(os.path.join(tmp.name, name), "w") as f: f.write(text)
def together(fns):
    gate, out = threading.Barrier(len(fns)), [None] * len(fns)
    def run(i):
        gate.wait(60)
        try: out[i] = fns[i](i)
        except BaseException as e: out[i] = e
    ts = [threading.Thread(target=run, args=(i,)) for i in range(len(fns))]
    [t.start() for t in ts]; [t.join() for t in ts]
    return out
class Box: pass
box = Box(); box.runs = []
sys.modules['thebox'] = box

# undone with the block: one thread, then beside another
def undone():
    try:
        with atomic:
            import calm
            box.x = calm.end
            seen = 'calm' in sys.modules, calm.end
            1 / 0
    except ZeroDivisionError: pass
    print(*seen, 'calm' in sys.modules, hasattr(box, 'x'), box.runs)
module('calm.py', 'import thebox\nthebox.runs.append("calm")\nend = 7\n')
undone()
stop = threading.Event()
other = threading.Thread(target=stop.wait)
other.start()
undone()
with atomic:
    import calm
stop.set(); other.join()
print('calm' in sys.modules, calm.end, box.runs)

# many at once, in blocks and outside, of a module that acts on the outside world and of one that does not
for kind in ('sleeps', 'calculates'):
    body = 'time.sleep(0.02)' if kind == 'sleeps' else 'sum(range(20000))'
    for n in range(4):
        name = f'{kind}{n}'
        module(name + '.py', f'import time, thebox\nthebox.runs.append("{name}")\nfirst = 1\n{body}\nmiddle = 2\n{body}\nlast = 3\n')
        def within(i):
            with atomic:
                m = __import__(name)
                return m.first, m.middle, m.last
        def without(i):
            m = __import__(name)
            return m.first, m.middle, m.last
        got = together([within if (i + n) % 2 else without for i in range(8)])
        print(set(got), box.runs.count(name))

# a module that fails: all see it fail, each tries anew
module('broken.py', 'import time, thebox\nthebox.runs.append("broken")\ntime.sleep(0.02)\n1 / 0\n')
print([type(e).__name__ for e in together([lambda i: __import__('broken')] * 4)], box.runs.count('broken'), 'broken' in sys.modules)

# circles: what a block imports does not act outside (a block that has acted cannot wait for others' imports: TransactionError)
for n in range(4):
    rest = lambda yes: 'import time\ntime.sleep(0.005)\n' if yes else 'sum(range(50000))\n'
    module(f'a{n}.py', rest(not n & 1) + f'from apodora import atomic\nwith atomic:\n    import b{n}\nname = "a"\n')
    module(f'b{n}.py', rest(not n & 2) + f'import a{n}\nname = "b"\n')
    def within(i):
        with atomic: return __import__(f'ab'[i] + str(n)).__name__
    def without(i): return __import__(f'ab'[i] + str(n)).__name__
    print(together([within if n & 1 else without, within if n & 2 else without]), sys.modules[f'a{n}'].name, sys.modules[f'b{n}'].name)
sys.path.remove(tmp.name); tmp.cleanup()
# expect: True 7 False False []
# expect: True 7 False False []
# expect: True 7 ['calm']
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: {(1, 2, 3)} 1
# expect: ['ZeroDivisionError', 'ZeroDivisionError', 'ZeroDivisionError', 'ZeroDivisionError'] 4 False
# expect: ['a0', 'b0'] a b
# expect: ['a1', 'b1'] a b
# expect: ['a2', 'b2'] a b
# expect: ['a3', 'b3'] a b
