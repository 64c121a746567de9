"""Critical sections of locks, which join the slices they stand in: nobody can tell. Some threads take the locks by `with`, some by acquire() and release(), some act outside
while they hold one; what is done under a lock is seen whole by whoever holds it, and nobody else changes it meanwhile."""
import os, threading, time

N = 400
lock, other, again = threading.Lock(), threading.Lock(), threading.RLock()


class State: pass


s = State()
s.a = s.b = s.n = s.x = s.y = s.deep = s.done = 0
s.log = []
wrong, holding = [], [0]
null = os.open(os.devnull, os.O_WRONLY)


def while_held(work):
    """Until the threads that hold the lock for long have ended."""
    def run():
        while holding[0]: work()
    return run


def adds():
    """Two halves, in two statements, under the lock."""
    with lock:
        s.a += 1
        s.b += 1


def reads():
    """Writes nothing that is shared."""
    with lock:
        if s.a != s.b: wrong.append("seen in the middle")


def reads_slowly():
    """The same, for about as long as others hold it."""
    with lock:
        a = s.a
        for _ in range(1000): pass
        if a != s.b: wrong.append("seen in the middle, slowly")
    for _ in range(3000): pass                              # what follows begins at any time


def holds():
    """The lock itself, for several slices: each act outside ends one."""
    start.wait()
    for i in range(N // 8):
        lock.acquire()
        before = s.a
        s.a += 1
        os.write(null, b"x")
        os.sched_yield()
        if s.a != before + 1: wrong.append("changed while it was held")
        s.b += 1
        os.write(null, b"x")
        lock.release()
    with lock: holding[0] -= 1


def acts():
    """A section that acts, or that asks for the time, or about the lock."""
    for i in range(N // 8):
        with lock:
            s.a += 1
            if i % 4 == 0: os.write(null, b"y")
            if i % 4 == 1: time.monotonic()
            if i % 4 == 2 and not lock.locked(): wrong.append("not locked in its section")
            s.b += 1


def moves():
    """Two locks, and a section in a section."""
    for i in range(N):
        with other:
            s.x -= 1
            with lock:
                s.n += 1
                s.y += 1
    for i in range(N // 4):
        with again:
            with again:
                if i % 10 == 0: os.write(null, b"z")
                s.deep += 1


def leaves():
    """Sections that are left by an exception, return, continue; what was done stands."""
    for i in range(N):
        try:
            with lock:
                s.log.append(i)
                if i % 3 == 0: raise KeyError(i)
                if i % 5 == 0: continue
                if i == N - 1: return
        except KeyError: pass


def times(spans):
    """Sections that ask when they begin and end: they do not overlap."""
    for i in range(N // 10):
        with lock: spans.append((time.monotonic_ns(), time.monotonic_ns()))


def waits():
    """A section that waits for what another thread does without the lock."""
    with other:
        while not s.done: pass


def with_condition(c, items, got):
    while True:
        with c:
            while not items: c.wait()
            x = items.pop(0)
        if x is None: return
        with lock: got.append(x)


spans = [[], []]
condition, items, got = threading.Condition(lock), [], []
holding[0] = 2
start = threading.Barrier(2)
threads = [threading.Thread(target=f) for f in (while_held(adds), while_held(reads), while_held(reads_slowly), holds, holds, acts, moves, moves, leaves, leaves)]
threads += [threading.Thread(target=times, args=(x,)) for x in spans]
threads += [threading.Thread(target=with_condition, args=(condition, items, got)) for _ in range(2)]
for t in threads: t.start()
for i in range(200):
    with lock:
        items.append(i)
        condition.notify()
for _ in range(2):
    with condition:
        items.append(None)
        condition.notify_all()
for t in threads: t.join()
waiting = threading.Thread(target=waits)
waiting.start()
while not other.locked(): time.sleep(.001)
s.done = 1
waiting.join()

print(s.a - s.b, s.n, s.x, s.y, s.deep, len(s.log), sorted(got) == list(range(200)), sorted(set(wrong)))
ordered = sorted(spans[0] + spans[1])
print(all(end <= begin for (_, end), (begin, _) in zip(ordered, ordered[1:])), lock.locked(), other.locked())


def deadlock():
    """A plain lock that its own section takes again is a deadlock, here with an end."""
    with lock:
        print(lock.acquire(timeout=.01), repr(lock).startswith("<locked"))
    with again: print(again._is_owned(), "owner=0" in repr(again))


t = threading.Thread(target=deadlock)
t.start()
t.join()
print(repr(lock).startswith("<unlocked"))
