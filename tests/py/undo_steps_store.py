"""Containers that no store knows, changed in blocks while a store is open, which wants whole bodies and no notes: blocks that are undone, and some that are not."""
# expect: list True True dict True True set True True
import os, tempfile
import apodora
from apodora import atomic

N, STEPS = 20000, 300


class Undo(Exception): pass


def pops(l):
    for _ in range(STEPS): l.pop()
    l[0] = l[-1] = None
    l.append(None)


def removes(d):
    for i in range(STEPS): d.pop(i)
    d[-1] = d[STEPS] = None


def discards(s):
    for i in range(STEPS): s.discard(i)
    s.add(-1)


def tried(o, change):
    """Is it as it was after an undone block, and as a copy after one that is not?"""
    before, changed = o.copy(), o.copy()
    try:
        with atomic:
            change(o)
            raise Undo
    except Undo: pass
    undone = o == before
    with atomic: change(o)
    change(changed)
    return undone, o == changed


with tempfile.TemporaryDirectory() as folder:
    store = apodora.open(os.path.join(folder, "store"))
    print("list", *tried(list(range(N)), pops), "dict", *tried(dict.fromkeys(range(N), 0), removes), "set", *tried(set(range(N)), discards))
    store.close()
