# What changing one element of a container costs as the container grows: growth.py dict|set|list SIZE [UPDATES]. With --store it is a persistent dict.
# Prints nanoseconds of the thread's processor time for one block that reads and writes one element, and, of a persistent dict, bytes and records written.
import random
import sys
import threading
import time

import apodora
from apodora import atomic, root

KIND, SIZE, UPDATES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 20000
shared = set(range(SIZE)) if KIND == "set" else list(range(SIZE)) if KIND == "list" else {i: i for i in range(SIZE)}


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


def persistent():
    store = apodora.store
    root["d"] = shared
    store.sync()
    draw = random.Random(1)
    updates([draw.randrange(SIZE)])
    store.sync()
    before = store.stats()
    updates([draw.randrange(SIZE) for _ in range(10)])
    store.sync()
    after = store.stats()
    print((after["bytes_written"] - before["bytes_written"]) // 10, (after["writes"] - before["writes"]) / 10)


if KIND == "store":
    persistent()
else:
    worker = threading.Thread(target=measure)
    worker.start()
    worker.join()
