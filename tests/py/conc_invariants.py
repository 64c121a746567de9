# __invariant__ and changes outside of blocks: each is taken back alone, where it is made.
import threading
from apodora import atomic, InvariantError, Transactional

class Box(metaclass=Transactional):
    def __init__(self):
        self.items = [1, 2]
        self.table = {'a': 1}
        self.kinds = {1, 2}
        self.asked = 0
    def __invariant__(self):
        object.__setattr__(self, 'asked', self.asked + 1)
        return all(x > 0 for x in self.items) and all(v > 0 for v in self.table.values()) and all(x > 0 for x in self.kinds)

b = Box()

said = []
def note(*what): said.append(' '.join(map(str, what)))
def state(): return b.items, b.table, sorted(b.kinds)

def refused(what):
    other = []
    try:
        other.append(1)
        exec(what, {'b': b, 'other': other})
        note(what, 'allowed', state())
    except InvariantError as e:
        note(what, e.args[0] is b, len(other), state())

CHANGES = ['b.items.append(-1)', 'b.items[0] = -1', 'b.items += [3, -1]', 'b.items.extend([-1])', 'b.items[1:] = [-5]', 'b.items.insert(0, -1)',
           'b.table["b"] = -1', 'b.table["a"] = 0', 'b.table.update(a=-1)', 'b.table |= {"c": -1}', 'b.table.setdefault("d", -1)',
           'b.kinds.add(-1)', 'b.kinds |= {-1}', 'b.kinds.update([-2])', 'for _ in map(b.items.append, [-1]): pass',
           'other.append(2); b.items.append(-1)', 'b.items.sort(key=lambda x: (b.table and x))', 'b.items.sort(key=lambda x: -x, reverse=1)',
           'b.items.append(3)', 'del b.items[-1]', 'b.table["z"] = 26', 'del b.table["z"]']

def all_of_them():
    for c in CHANGES: refused(c)
def direct():
    n = b.asked
    try:
        b.items.append(-1)
    except InvariantError: note('caught', b.items)
    try: b.items[0] = -1
    except InvariantError: note('caught', b.items)
    try: b.table['x'] = -1
    except InvariantError: note('caught', b.table)
    b.items.append(5)
    b.items.append(6)
    note(b.items, b.asked - n)
    del b.items[2:]
    try: b.items.extend(x if x else 1 // x for x in (4, -1, 0))
    except InvariantError as e: note('in the midst', repr(e.__context__), b.items)
    try: b.items.extend(x if x else 1 // x for x in (4, 0))
    except ZeroDivisionError as e: note(repr(e), b.items)
    del b.items[2:]
all_of_them(); direct()
alone, said = said, []
print(*alone, sep='\n')
t = threading.Thread(target=lambda: (all_of_them(), direct()))
t.start(); t.join()
print(said == alone)
said.clear()
# others run
stop = threading.Event()
t = threading.Thread(target=stop.wait, daemon=True); t.start()
all_of_them(); direct()
print(said == alone)
# a big dict, two threads
b.table.update((i, 1) for i in range(300))
def change(k):
    try: b.table[k] = 0
    except InvariantError: return 1
    return 0
def many(ks, out):
    out.append(sum(change(k) for k in ks))
out = []
ts = [threading.Thread(target=many, args=(range(i, 60, 2), out)) for i in range(2)]
[t.start() for t in ts]; [t.join() for t in ts]
print(out, len(b.table), set(b.table.values()))
stop.set(); t.join()
# in a block it is asked at the end
with atomic:
    b.items.append(9)
    b.items.append(-9)
    b.items.remove(-9)
print(b.items)
# expect: b.items.append(-1) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items[0] = -1 True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items += [3, -1] True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items.extend([-1]) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items[1:] = [-5] True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items.insert(0, -1) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.table["b"] = -1 True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.table["a"] = 0 True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.table.update(a=-1) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.table |= {"c": -1} True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.table.setdefault("d", -1) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.kinds.add(-1) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.kinds |= {-1} True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: b.kinds.update([-2]) True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: for _ in map(b.items.append, [-1]): pass True 1 ([1, 2], {'a': 1}, [1, 2])
# expect: other.append(2); b.items.append(-1) True 2 ([1, 2], {'a': 1}, [1, 2])
# expect: b.items.sort(key=lambda x: (b.table and x)) allowed ([1, 2], {'a': 1}, [1, 2])
# expect: b.items.sort(key=lambda x: -x, reverse=1) allowed ([1, 2], {'a': 1}, [1, 2])
# expect: b.items.append(3) allowed ([1, 2, 3], {'a': 1}, [1, 2])
# expect: del b.items[-1] allowed ([1, 2], {'a': 1}, [1, 2])
# expect: b.table["z"] = 26 allowed ([1, 2], {'a': 1, 'z': 26}, [1, 2])
# expect: del b.table["z"] allowed ([1, 2], {'a': 1}, [1, 2])
# expect: caught [1, 2]
# expect: caught [1, 2]
# expect: caught {'a': 1}
# expect: [1, 2, 5, 6] 2
# expect: in the midst ZeroDivisionError('integer division or modulo by zero') [1, 2]
# expect: ZeroDivisionError('integer division or modulo by zero') [1, 2, 4]
# expect: True
# expect: True
# expect: [30, 30] 301 {1}
# expect: [1, 2, 9]
