"""Random changes of persistent objects.  Prints a number and seconds.

  churn.py make OBJECTS             a store of so many
  churn.py change UPDATES [BLOCK]   so many changes, in blocks of BLOCK (1): three of four give an object a text of another length, the fourth replaces it, so that it is garbage
  churn.py hold                     keeps a snapshot until standard input ends"""
import random
import sys
import time

from apodora import atomic, root


class Thing:
    def __init__(self, number):
        self.number = number
        self.text = "x" * (number % 60)


def make(objects):
    with atomic:
        root["things"] = [Thing(i) for i in range(objects)]
    return objects


def change(updates, block=1):
    draw, things = random.Random(1).randrange, root["things"]
    objects = len(things)
    for n in range(0, updates, block):
        with atomic:
            for k in range(n, n + block):
                at = draw(objects)
                if k % 4:
                    thing = things[at]
                    thing.number, thing.text = k, "x" * (k % 60)
                else:
                    things[at] = Thing(k)
    return updates


def hold():
    print(len(root["things"]), flush=True)
    sys.stdin.read()
    return 1


began = time.perf_counter()
done = {"make": make, "change": change, "hold": hold}[sys.argv[1]](*(int(word) for word in sys.argv[2:]))
print(done, time.perf_counter() - began)
