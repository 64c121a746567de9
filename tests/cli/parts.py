"""What the tests of containers that are loaded and written in parts share."""
import os
import subprocess

from cli import PYTHON, TOP

# `loads(f)` and `written(f)`: how many records f() loads; what its commit writes, (records, bytes).
COMMON = """
import random, sys
import apodora
from apodora import root, atomic, snapshot, OrderedMap
store = apodora.store

def loads(f):
    before = store.stats()['loads']
    f()
    return store.stats()['loads'] - before

def written(f):
    store.sync()
    before = store.stats()
    f()
    store.sync()
    after = store.stats()
    return after['writes'] - before['writes'], after['bytes_written'] - before['bytes_written']

def together(write, look):
    # One thread makes changes that belong together, another one, which may have to load what it looks at, never sees a part of them.
    import threading
    def change():
        for n in range(30):
            with atomic: write(n)
    with atomic: write(-1)
    writer = threading.Thread(target=change)
    writer.start()
    while writer.is_alive():
        with snapshot(): seen = look()
        assert len(seen) == 1, seen
    writer.join()

def few(what, got, most):
    assert got <= most, f'{what}: {got} instead of at most {most}'
"""

# The same changes to persistent sets and to plain ones, some of them undone, in processes that come and go.
RANDOM_SETS = """
import pickle, os
seed, rounds = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
def plain(): return pickle.loads(root['model']) if 'model' in root else [set(range(100)), set(), {'text %d' % i for i in range(3000)}]
model = plain()
if 'sets' not in root:
    with atomic: root['sets'] = [set(m) for m in model]
sets = root['sets']
assert sets == model
print('begun', flush=True)
for n in range(rounds):
    k = r.randrange(3)
    word = (lambda: 'text %d' % r.randrange(6000)) if k == 2 else lambda: r.randrange(400)
    new = set(model[k])
    undo = r.random() < .2
    try:
        with atomic:
            for _ in range(r.choice((1, 1, 2, 5, 60))):
                x, what = word(), r.randrange(12)
                assert (x in sets[k]) == (x in new)
                if what < 5: sets[k].add(x), new.add(x)
                elif what < 9: sets[k].discard(x), new.discard(x)
                elif what == 9: y = {word() for _ in range(20)}; sets[k].update(y), new.update(y)
                elif what == 10: y = {word() for _ in range(20)}; sets[k].difference_update(y), new.difference_update(y)
                elif r.random() < .1: sets[k].clear(), new.clear()
                elif new: x = sets[k].pop(); new.remove(x)
            if undo: raise KeyError
            model[k] = new
            root['model'] = pickle.dumps(model)
    except KeyError: pass
    assert len(sets[k]) == len(model[k])
assert sets == model, [len(s ^ m) for s, m in zip(sets, model)]
if 'checked' in sys.argv: print('same')
"""

# The same changes to persistent deques and to plain ones, some of them undone, in processes that come and go.
RANDOM_DEQUES = """
import pickle
from collections import deque
seed, rounds = int(sys.argv[1]), int(sys.argv[2])
r = random.Random(seed)
model = pickle.loads(root['model']) if 'model' in root else [deque(range(100)), deque(range(70), 90), deque()]
if 'deques' not in root:
    with atomic: root['deques'] = [deque(m, m.maxlen) for m in model]
deques = root['deques']
assert deques == model
print('begun', flush=True)
OPS = (lambda d, x: d.append(x), lambda d, x: d.appendleft(x), lambda d, x: d.pop() if d else None, lambda d, x: d.popleft() if d else None,
       lambda d, x: d.extend(range(x)), lambda d, x: d.extendleft(range(x % 9)), lambda d, x: d.rotate(x % 41 - 20), lambda d, x: [d.popleft() for _ in range(min(len(d), x))],
       lambda d, x: [d.pop() for _ in range(min(len(d), x))], lambda d, x: d.__setitem__(x % len(d), x) if d else None, lambda d, x: d[x % len(d)] if d else None)
RARE = (lambda d, x: d.clear(), lambda d, x: d.reverse(), lambda d, x: d.insert(x, x) if d.maxlen is None else None, lambda d, x: d.__delitem__(x % len(d)) if d else None)
for n in range(rounds):
    k = r.randrange(3)
    new = model[k].copy()
    undo = r.random() < .2
    try:
        with atomic:
            for _ in range(r.choice((1, 1, 2, 5, 60))):
                op, x = r.choice(OPS if r.random() < .98 else RARE), r.randrange(60)
                assert op(deques[k], x) == op(new, x)
            if undo: raise KeyError
            model[k] = new
            root['model'] = pickle.dumps(model)
    except KeyError: pass
    assert len(deques[k]) == len(model[k])
assert deques == model
if 'checked' in sys.argv: print('same')
"""


def agree(t, store):
    """The store is sound, and the second reader says of it what the first one does."""
    t.expect(f"check {store}", "store", "check", store, out="0 damaged")
    second = subprocess.run([PYTHON, "-B", os.path.join(TOP, "tools", "store-reader"), store], capture_output=True, text=True, cwd=t.folder, timeout=60)
    t.say(second.returncode == 0 and second.stdout == t.run("store", "dump", store).out, f"the second reader agrees about {store}", second.stderr[-300:])


def steps(t, name, text):
    """make, change, again, last: each in a process of its own; once more with the copy that a dump makes."""
    path = t.file(name + ".py", COMMON + text + "\nglobals()[sys.argv[1]]()\n")
    t.expect(f"{name}: made", "--store", name, path, "make")
    for step in ("change", "again", "last"):
        t.expect(f"{name}: {step}", "--store", name, path, step)
        if step == "change":
            agree(t, name)
            t.expect("dump", "store", "dump", name, name + ".jsonl", "--quiet")
            t.expect("load", "store", "load", name + "-2", name + ".jsonl", "--quiet")
            t.expect("gc", "store", "gc", name + "-2", "--quiet")
            t.expect("of the copy", "--store", name + "-2", path, "again")
            t.expect("read only", "--store", name + "-2", "--store-readonly", path, "last")


def at_random(t, name, text, seeds):
    path = t.file(name + ".py", COMMON + text)
    for seed in range(seeds):
        t.expect(f"{name}: {seed}", "--store", name, "--durability", "none", *(["--cache", "1M"] if seed % 2 else []), path, str(seed), "40", "checked", out="same")
    agree(t, name)
