"""A random run compared with a model: every block notes what it has read and done and its place in the order of commits (a counter that each increments
makes it a chain), then a serial model replays them in that order and every read must be what the model gives.
    racetest.py SEED THREADS BLOCKS"""
import random
import sys
import threading
from collections import OrderedDict, deque
from apodora import atomic, check, or_else, Counter, Queue, OrderedMap

seed, threads, blocks = map(int, sys.argv[1:4])


class Space:
    def __init__(self):
        self.order = 0
        self.list, self.dict, self.set, self.deque, self.bytes = [], {}, set(), deque(), bytearray()
        self.ordered = OrderedDict()
        self.counter, self.queue, self.map = Counter(), Queue(), OrderedMap()
        self.lock, self.locked = threading.Lock(), 0


def step(s, op, x, y):
    """One operation; its result is what must agree."""
    if op == 0: s.list.append(x); return len(s.list)
    if op == 1: return s.list.pop() if s.list else None
    if op == 2:
        if s.list: s.list[y % len(s.list)] = x
        return list(s.list)
    if op == 3: s.list.sort(); return s.list[:3]
    if op == 4: s.dict[y % 40] = x; return len(s.dict)
    if op == 5: return s.dict.pop(y % 40, None)
    if op == 6: return s.dict.get(y % 40), y % 40 in s.dict
    if op == 7: return list(s.dict.items())
    if op == 8: s.set.add(y % 40); return None
    if op == 9: s.set.discard(y % 40); return y % 40 in s.set
    if op == 10: return sorted(s.set)
    if op == 11: s.deque.append(x); return s.deque[0]
    if op == 12: return s.deque.popleft() if s.deque else None
    if op == 13: s.deque.rotate(y % 5); return list(s.deque)[:4]
    if op == 14: setattr(s, f"a{y % 9}", x); return getattr(s, f"a{(y + 1) % 9}", None)
    if op == 15:
        if hasattr(s, f"a{y % 9}"): delattr(s, f"a{y % 9}")
        return sorted(k for k in s.__dict__ if k[0] == "a")
    if op == 16: s.list[1:2] = [x, x]; return len(s.list)
    if op == 17: del s.list[20:]; return s.list[-1:]
    if op == 18: s.bytes.append(x % 256); return bytes(s.bytes[-5:])
    if op == 19: s.dict.update({(y + i) % 60: x for i in range(3)}); return None
    if op == 20: s.ordered[y % 20] = x; return list(s.ordered)[:3]
    if op == 21:
        if y % 20 in s.ordered: s.ordered.move_to_end(y % 20, last=bool(x % 2))
        return next(iter(s.ordered), None)
    if op == 22: return x in s.list, s.list.count(x)
    if op == 23: s.list.reverse(); return s.list[:2]
    if op == 24: s.dict.setdefault(y % 40, x); return s.dict[y % 40]
    if op == 25: s.set ^= {y % 40, x % 40}; return len(s.set)
    if op == 26: s.counter.add(x); return None
    if op == 27: return s.counter.value
    if op == 28: s.queue.put(x); return None
    if op == 29: return s.queue.get() if len(s.queue) else None
    if op == 30: s.map[y % 60] = x; return s.map.floor(x % 60)
    if op == 31: return s.map.pop(y % 60, None), len(s.map)
    if op == 32: return list(s.map.range(y % 60, y % 60 + 10))
    if op == 33: return s.map.get(y % 60), s.map.ceiling(y % 60)
    if op == 34:
        def first(): s.dict[1] = x; s.map[7] = x; check(x % 3 == 0 and s.counter.value % 2); return "first", len(s.dict)
        def second(): s.dict[2] = y; check(y % 2); return "second", len(s.dict)
        return or_else(first, second, lambda: ("third", s.dict.get(1), s.map.get(7)))
    if op == 35:
        with atomic as t:
            s.map[y % 60] = -1; s.queue.put(-1); s.counter.add(5)
            if x % 2: t.abort()
        return s.map.get(y % 60), len(s.queue)
    with s.lock:
        s.locked += 1
        return s.locked


OPS = 37


class Undo(Exception):
    pass


def block(s, plan, how, y):
    results = []
    n = len(plan)
    for i, (op, x, y) in enumerate(plan):
        if how == 1 and i == n // 2:           # an inner block that is undone
            try:
                with atomic:
                    for op2, x2, y2 in plan:
                        step(s, op2, x2 + 1, y2 + 1)
                    raise Undo
            except Undo:
                pass
        if how == 2 and i == n // 2:           # one that stays
            with atomic:
                results.append(step(s, op, x, y))
            continue
        results.append(step(s, op, x, y))
    return results


def plans(me):
    rng = random.Random(seed * 100 + me)
    for _ in range(blocks):
        yield ([(rng.randrange(OPS), rng.randrange(1000), rng.randrange(1000)) for _ in range(rng.randrange(1, 7))], rng.randrange(4), rng.randrange(1000))


space = Space()
logs = [[] for _ in range(threads)]


def work(me):
    for n, (plan, how, y) in enumerate(plans(me)):
        if how == 3:
            try:
                with atomic:
                    block(space, plan, 0, y)
                    raise Undo
            except Undo:
                continue
        with atomic:
            place = space.order
            space.order = place + 1
            results = block(space, plan, how, y)
        logs[me].append((place, plan, how, y, results))


ts = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
for t in ts: t.start()
for t in ts: t.join()
everything = sorted((e for log in logs for e in log), key=lambda e: e[0])
model = Space()
wrong = 0
for i, (place, plan, how, y, results) in enumerate(everything):
    if place != i:
        print("place", place, "instead of", i)
        wrong += 1
        break
    want = block(model, plan, how, y)
    if want != results:
        print("block", i, plan, "gave", results, "but the order implies", want)
        wrong += 1
        if wrong > 3: break
final = lambda s: (s.counter.value, [s.queue.get() for _ in range(len(s.queue))], list(s.map.items()), len(s.map), s.locked, s.list, s.dict, s.set, s.deque, s.bytes, list(s.ordered.items()))
if not wrong and final(space) != final(model):
    print("the end differs:", final(space), final(model))
    wrong += 1
print(len(everything), "blocks,", wrong, "wrong")
sys.exit(wrong != 0)
