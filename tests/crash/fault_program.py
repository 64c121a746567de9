"""Commits blocks while calls fail (fault_shim.c): whatever is refused is undone in memory and raises where the block ends, and work goes on. Prints how many blocks
were refused; leaves in root what `check` compares. Arguments: run THREADS | check DONE.."""
import sys
import threading
import time
import apodora
from apodora import StoreError, StoreFull, atomic, root

BLOCKS = 5


class Box:
    def __init__(self):
        self.items = []
        self.table = {}


def work(me, done, refused):
    box = root[me]
    n = 0
    while n < BLOCKS:
        before = len(box.items), dict(box.table), getattr(box, "mark", None)
        inside = False
        try:
            with atomic:
                box.items.append(n)
                box.table[n] = [Box(), "x" * 3000 * n]
                box.mark = n
                inside = True
            n += 1
        except StoreError as error:
            assert inside, error
            assert (len(box.items), dict(box.table), getattr(box, "mark", None)) == before, "not undone"
            refused.append(type(error).__name__)
            if len(refused) > 2000:
                raise
            time.sleep(0.001)                # on a busy machine, who takes back what was refused may have lost its processor: others are refused at once meanwhile
    done[me] = n


def run(threads):
    refused = []
    while "ready" not in root:
        try:
            with atomic:
                for i in range(threads):
                    root[i] = Box()
                root["ready"] = True
        except StoreError as error:
            assert list(root) == ["made"], "not undone"
            refused.append(type(error).__name__)
    done = {}
    workers = [threading.Thread(target=work, args=(i, done, refused)) for i in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert done == dict.fromkeys(range(threads), BLOCKS), (done, refused)
    check(threads)
    print("done", len(refused), *sorted(set(refused)))


def check(threads):
    for i in range(threads):
        box = root[i]
        assert box.items == list(range(BLOCKS)), box.items
        assert box.mark == BLOCKS - 1
        for n in range(BLOCKS):
            assert box.table[n][1] == "x" * 3000 * n and box.table[n][0].items == []


{"run": run, "check": check}[sys.argv[1]](int(sys.argv[2]))
if sys.argv[1] == "check":
    print("whole")
