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
