"""One process of the soak test:   soak_round.py SEED THREADS SECONDS PHASES FOLDER [STORE]
In each phase threads run random blocks on a new Space; each block's results, and its place in the serial order, go to FOLDER/phase-N for soak, which replays them
one after the other. Beside them run threads whose results this process checks itself. Prints `phase N BLOCKS KB` and, for what is wrong, `wrong: …`."""
import gc
import os
import pickle
import queue
import random
import sys
import threading
import time
import weakref
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soak_space import Space, Undo, final, look, plan, run
import apodora
from apodora import atomic, check, on_abort, on_commit, or_else, parallel, retry, snapshot, Counter, InvariantError, Queue, RetryTimeout, Transactional, _places

seed, threads, seconds, phases = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
folder, store = sys.argv[5], len(sys.argv) > 6
wrong = []


class Stop:
    def __init__(self): self.now = False


def say(*words):
    wrong.append(words)
    print("wrong:", *words, flush=True)


def guarded(f, *args):
    try:
        f(*args)
    except BaseException as e:
        import traceback
        traceback.print_exc()
        say(f.__name__, "ended by", repr(e))


# ---- blocks that are replayed ----

def replayed(me, phase, space, stop, log, out):
    rng = random.Random(seed * 1000 + phase * 50 + me)
    hooks = []
    _places()
    number = 0
    while not stop.now and number < 800:
        steps, how, number = plan(rng), rng.random(), number + 1
        tag = f"{me} {number}"
        if how < 0.06:
            with snapshot():
                results = look(space)
            log.append(("look", None, results))
        elif how < 0.10:
            with atomic:
                results = look(space)
            log.append(("look", None, results))
        elif how < 0.15:
            try:
                with atomic as t:
                    run(space, t, steps, [])
                    os.write(out, b"undone\n")
                    on_abort(hooks.append, -number)
                    on_commit(hooks.append, "no")
                    raise Undo
            except Undo:
                if hooks.pop() != -number: say("on_abort", hooks)
        elif how < 0.18:
            with atomic as t:
                run(space, t, steps, [])
                t.abort()
        elif how < 0.21:
            steps = plan(rng, alternatives=False)     # retry() has no place in it
            with atomic as t:                         # irrevocable in the middle
                results = []
                run(space, t, steps, results)
                os.mkdir(os.path.join(folder, f"dir {phase} {tag}"))
                run(space, t, steps[::-1], results)
            os.rmdir(os.path.join(folder, f"dir {phase} {tag}"))
            log.append(("run", steps, results, steps[::-1]))
        elif how < 0.27:
            with atomic as t:
                results = []
                os.write(out, f"{tag} begins\n".encode())
                run(space, t, steps, results)
                on_commit(hooks.append, number)
                os.write(out, f"{tag} ends\n".encode())
            if hooks.pop() != number: say("on_commit", hooks)
            log.append(("run", steps, results, [], tag))
        else:
            with atomic as t:
                results = []
                run(space, t, steps, results)
            log.append(("run", steps, results, []))
    if hooks: say("hooks", hooks)
    return _places()


# ---- threads that are checked here ----

class Account(metaclass=Transactional):
    def __init__(self, money):
        self.money, self.log = money, []
    def take(self, n):
        self.money -= n
        self.log.append(-n)
        del self.log[:-5]
    def put(self, n):
        self.money += n
    def __invariant__(self):
        return self.money >= 0


def transfers(rng, accounts, stop):
    while not stop.now:
        a, b, n = rng.choice(accounts), rng.choice(accounts), rng.randrange(60)
        try:
            with atomic:
                b.put(n)
                a.take(n)
        except InvariantError:
            pass


def observer(accounts, stop):
    while not stop.now:
        with snapshot():
            money = [a.money for a in accounts]
        if sum(money) != 100 * len(accounts) or min(money) < 0: say("accounts", money)
        with atomic:
            money = [a.money for a in reversed(accounts)]
            if sum(money) != 100 * len(accounts) or min(money) < 0: say("accounts in a block", money)


class Box:
    def __init__(self): self.items, self.done = [], False


def producer(me, rng, boxes, stop, made):
    while not stop.now:
        box = boxes[rng.randrange(2)]
        try:
            with atomic:
                if len(box.items) > 4: retry(timeout=0.01)
                box.items.append((me, len(made)))
        except RetryTimeout:
            continue
        made.append(len(made))


def consumer(boxes, got):
    def take(box):
        check(box.items)
        return box.items.pop(0)
    def nothing_left():
        check(all(b.done for b in boxes))
    while True:
        item = or_else(lambda: take(boxes[0]), lambda: take(boxes[1]), nothing_left)
        if item is None: return
        got.append(item)


class Plain:
    def __init__(self):
        self.list, self.dict, self.set, self.counter, self.lock, self.locked, self.queue, self.hot = [], {}, set(), Counter(), threading.Lock(), 0, queue.Queue(10), Queue()


def slices(me, plain, stop, count):
    """No blocks: what a program counts on under CPython's lock."""
    n = 0
    while not stop.now:
        plain.list.append((me, n))
        plain.dict[me, n] = n
        plain.set.add((me, n))
        plain.counter.add(1)
        with plain.lock: plain.locked += 1
        if n % 8 == 0: plain.queue.put((me, n))
        plain.hot.put((me, n))
        box = Box()                                   # garbage with a cycle and a weak reference
        box.items.append(box)
        ref = weakref.ref(box)
        if ref() is not box: say("weakref")
        n += 1
    count[me] = n


def loop(xs):
    total, seen, counts, last = 0, [], {}, None
    for x in xs:
        counts[x % 7] = counts.get(x % 7, 0) + x
        if x % 3 == 0: total += x
        if x % 5 == 0: seen.append(x)
        last = [x]
        if x == 45: break
    else:
        last = None
    return total, seen, counts, last


def loops(stop):
    want = [loop(range(n)) for n in (40, 60)]
    while not stop.now:
        if [loop(parallel(range(n), workers=2)) for n in (40, 60)] != want: say("parallel loops")


def drain(plain, got):
    while (item := plain.queue.get()) is not None: got.append(item)


def check_plain(plain, count, drained):
    n = sum(count.values())
    want = {(me, i) for me in count for i in range(count[me])}
    for me in count:
        if [i for who, i in plain.list if who == me] != list(range(count[me])): say("appends in order", me)
        if [i for who, i in drained if who == me] != list(range(0, count[me], 8)): say("queue in order", me)
    if not len(plain.list) == len(plain.dict) == n == plain.counter.value == plain.locked == len(plain.hot): say("counts", n, len(plain.list), len(plain.dict), plain.counter.value, plain.locked, len(plain.hot))
    if set(plain.dict) != want or plain.set != want: say("keys")
    if {plain.hot.get() for _ in range(n)} != want: say("items of the Queue")


# ---- a phase ----

def phase_of(number):
    space = Space(store)
    if store: apodora.root["space"] = space
    path = os.path.join(folder, f"out {number}")
    out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    stop, logs, places = Stop(), [[] for _ in range(threads)], [None] * threads
    accounts, boxes, plain = [Account(100) for _ in range(5)], [Box(), Box()], Plain()
    made, got, count, drained = [[], []], [], {}, []
    rng = lambda k: random.Random(seed * 1000 + number * 50 + k)
    def replay(me): places[me] = replayed(me, number, space, stop, logs[me], out)
    model = [threading.Thread(target=guarded, args=(replay, i)) for i in range(threads)]
    beside = [threading.Thread(target=guarded, args=a) for a in
              [(transfers, rng(40 + i), accounts, stop) for i in range(2)] + [(observer, accounts, stop), (loops, stop)] + [(slices, i, plain, stop, count) for i in range(2)] +
              [(producer, i, rng(45 + i), boxes, stop, made[i]) for i in range(2)]]
    last = [threading.Thread(target=guarded, args=(consumer, boxes, got)), threading.Thread(target=guarded, args=(drain, plain, drained))]
    if number % 3 == 2: beside, last = [], []         # the replayed ones alone
    for t in model + beside + last: t.start()
    time.sleep(seconds)
    stop.now = True
    for t in model + beside: t.join()
    with atomic:
        for b in boxes: b.done = True
    plain.queue.put(None) if last else None
    for t in last: t.join()
    os.close(out)
    for me in range(2):
        if sorted(n for who, n in got if who == me) != made[me]: say("boxes", me, len(made[me]))
    if last: check_plain(plain, count, drained)
    with open(os.path.join(folder, f"phase-{number}"), "wb") as f:
        pickle.dump((store, logs, places, final(space)), f)
    return sum(map(len, logs))


def kilobytes():
    with open("/proc/self/statm") as f: return int(f.read().split()[1]) * 4


for number in range(phases):
    blocks = phase_of(number)
    gc.collect()
    print("phase", number, blocks, kilobytes(), flush=True)
sys.exit(bool(wrong))
