"""A store of many small objects: many.py load|open|cold|warm N. Prints operations and seconds.

  load   N objects into a dict, in one block, until they are durable
  open   from nothing to the first attribute of one object (a process that imports only what it needs)
  cold   reads one attribute of each of N objects in a process that has just opened the store
  warm   reads attributes of 1000 loaded objects, 10000 times: persistent with --store, plain without
  fill   a dict, a set and a list of N elements
  keys, elements, items   looks up what it has looked up before in the dict, set, list of N: persistent with --store, plain without"""
import random
import sys
import time

import apodora
from apodora import atomic, root

WHAT, N = sys.argv[1], int(sys.argv[2])


class Thing:
    def __init__(self, number):
        self.number = number
        self.name = "thing"


def load():
    with atomic:
        root["things"] = [Thing(i) for i in range(N)]
        root["some"] = root["things"][:1000]
    return N


def first():
    assert root["some"][3].number == 3
    return 1


def cold():
    total = 0
    for thing in root["things"]:
        total += thing.number
    assert total == N * (N - 1) // 2
    return N


def reading(things):
    total = 0
    for _ in range(10000):
        for thing in things:
            total += thing.number
    return total


def warm():
    global began
    things = list(root["some"]) if "some" in root else [Thing(i) for i in range(1000)]
    reading(things)
    began = time.perf_counter()
    reading(things)
    return 10000 * len(things)


BIG = {
    "keys": lambda: {f"key {i}": i for i in range(N)},
    "elements": lambda: {f"key {i}" for i in range(N)},
    "items": lambda: list(range(N)),
}


def fill():
    with atomic:
        for name, make in BIG.items():
            root[name] = make()
    return 3 * N


def look_in(big, keys):
    for key in keys:
        big[key]


def look_for(big, keys):
    for key in keys:
        key in big


def again():
    """The best of some rounds over the same keys, in no order."""
    global began
    big = root[WHAT] if WHAT in root else BIG[WHAT]()
    picks = random.Random(1).choices(range(N), k=N)
    keys = picks if WHAT == "items" else [f"key {i}" for i in picks]
    look = look_for if WHAT == "elements" else look_in
    best = float("inf")
    for _ in range(12):
        began = time.perf_counter()
        look(big, keys)
        best = min(best, time.perf_counter() - began)
    began = time.perf_counter() - best
    return N


began = time.perf_counter()
done = {"load": load, "open": first, "cold": cold, "warm": warm, "fill": fill, **dict.fromkeys(BIG, again)}[WHAT]()
if WHAT in ("load", "fill") and apodora.store:
    apodora.store.sync()
print(done, time.perf_counter() - began)
