"""Atomic blocks that change one persistent object each: blocks.py THREADS SECONDS. Prints blocks and seconds. Without --store the objects are in memory."""
import sys
import threading
import time

from apodora import atomic, root

THREADS, SECONDS = int(sys.argv[1]), float(sys.argv[2])


class Thing:
    def __init__(self, number):
        self.number = number
        self.value = "x" * 40


with atomic:
    root["things"] = [Thing(i) for i in range(1000)]
things = list(root["things"])
counts = [0] * THREADS


def work(me):
    mine = things[me::THREADS]
    n, size, end = 0, len(mine), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        thing = mine[n % size]
        with atomic:
            thing.number = n
        n += 1
    counts[me] = n


threads = [threading.Thread(target=work, args=(i,)) for i in range(THREADS)]
began = time.perf_counter()
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sum(counts), time.perf_counter() - began)
