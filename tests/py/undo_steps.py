"""Random changes of big containers that no other thread knows, in nested blocks some of which are undone: after each block the container is what a copy says.
Few changes are noted, many make a copy, and the two meet: with another thread about, and without."""
# expect: list 0 dict 0 set 0 deque 0
# expect: list 0 dict 0 set 0 deque 0
import random, threading
from collections import deque
from apodora import atomic


class Undo(Exception):
    pass


def list_step(l, r):
    n, k = len(l), r.random()
    if k < .5 and n: l[r.randrange(n)] = r.random()
    elif k < .7: l.append(r.random())
    elif k < .9 and n: l.pop()
    elif k < .94: l.extend([1, 2, 3] * r.randrange(40))
    elif k < .96: l.insert(r.randrange(n + 1), None)
    elif k < .98: del l[n - n // 5:]
    elif k < .99 and n: l[-1], l[0] = l[0], l[-1]
    else: l.reverse()


def dict_step(d, r):
    k = r.random()
    if k < .5: d[r.randrange(60000)] = r.random()
    elif k < .8: d.pop(r.randrange(60000), None)
    elif k < .9: d.setdefault(r.randrange(90000), k)
    elif k < .95 and d: d.popitem()
    else: d.update(dict.fromkeys(range(r.randrange(80)), k))


def set_step(s, r):
    k = r.random()
    if k < .5: s.add(r.randrange(60000))
    elif k < .9: s.discard(r.randrange(60000))
    elif k < .95: s |= set(range(r.randrange(80)))
    else: s -= set(range(r.randrange(80)))


def deque_step(d, r):
    k = r.random()
    if k < .3: d.append(k)
    elif k < .6: d.appendleft(k)
    elif k < .75 and d: d.pop()
    elif k < .9 and d: d.popleft()
    elif d: d[r.randrange(len(d))] = k


KINDS = {"list": (lambda n: list(range(n)), list_step, list), "dict": (lambda n: dict.fromkeys(range(n), 0), dict_step, lambda d: list(d.items())),
         "set": (lambda n: set(range(n)), set_step, set), "deque": (lambda n: deque(range(n)), deque_step, list)}


def block(o, step, state, r, depth):
    """A block of some steps and inner blocks; undone or not. The number of differences that were seen."""
    before, wrong = state(o), 0
    undone = r.random() < .5
    steps = r.choice((1, 3, 30, 30, 2000))
    try:
        with atomic:
            for _ in range(steps): step(o, r)
            if depth:
                for _ in range(r.randrange(3)):
                    wrong += block(o, step, state, r, depth - 1)
                    step(o, r)
            if undone: raise Undo
    except Undo:
        wrong += state(o) != before
    return wrong


def run():
    found = {}
    for name, (make, step, state) in KINDS.items():
        found[name] = 0
        for size in (5, 300, 1500, 20000):
            r = random.Random(size)
            o = make(size)
            for _ in range(12 if size < 10000 else 5): found[name] += block(o, step, state, r, 2)
    print(*(f"{k} {v}" for k, v in found.items()))


run()
ready, done = threading.Event(), threading.Event()
t = threading.Thread(target=lambda: (ready.set(), done.wait()))
t.start()
ready.wait()
run()
done.set()
t.join()
