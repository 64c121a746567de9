# What changing one element of a container costs as the container grows: growth.py dict|set|list SIZE [UPDATES]; with --store: store|store-list|… (MAKE) SIZE.
# Prints nanoseconds of the thread's processor time for one block that reads and writes one element, or, of a container in a store, bytes and records written.
import array
import random
import sys
import threading
import time
from collections import deque

import apodora
from apodora import atomic, root

KIND, SIZE, UPDATES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20000
shared = {} if KIND.startswith("store") else set(range(SIZE)) if KIND == "set" else list(range(SIZE)) if KIND == "list" else {i: i for i in range(SIZE)}


def updates(keys):
    for i in keys:
        with atomic:
            shared[i] = shared[i] + 1


def comings_and_goings(keys):
    for i in keys:
        with atomic:
            if i in shared: shared.remove(i)
            else: shared.add(i)


def measure():
    draw = random.Random(1)
    keys = [draw.randrange(SIZE) for _ in range(UPDATES)]
    change = comings_and_goings if KIND == "set" else updates
    change(keys[:10])
    began = time.thread_time_ns()
    change(keys)
    print((time.thread_time_ns() - began) // UPDATES)


def change(o, i):
    """One element of a container in a store: another value, or, where there is none, one that goes and one that comes."""
    if isinstance(o, set):
        o.discard(i)
        o.add(-i - 1)
    elif isinstance(o, deque):
        o.popleft()
        o.append(i)
    elif isinstance(o, (dict, apodora.OrderedMap, list)):
        o[i] = o[i] + 1
    else:
        o[i] ^= 1


MAKE = {"store": lambda n: {i: i for i in range(n)}, "store-list": lambda n: list(range(n)), "store-set": lambda n: set(range(n)), "store-deque": lambda n: deque(range(n)),
        "store-map": lambda n: apodora.OrderedMap((i, i) for i in range(n)), "store-bytearray": bytearray, "store-array": lambda n: array.array("q", range(n))}


def persistent():
    store = apodora.store
    root["d"] = held = MAKE[KIND](SIZE)
    store.sync()
    draw = random.Random(1)
    for n in range(11):
        if n == 1:
            store.sync()
            before = store.stats()
        with atomic:
            change(held, draw.randrange(SIZE))
    store.sync()
    after = store.stats()
    print((after["bytes_written"] - before["bytes_written"]) // 10, (after["writes"] - before["writes"]) / 10)


if KIND in MAKE:
    persistent()
else:
    worker = threading.Thread(target=measure)
    worker.start()
    worker.join()
