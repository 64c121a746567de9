"""Sections of locks that are left by what comes from outside, or in which the thread changes what no undone slice takes back: as if the lock had been taken."""
import signal, sys, threading, time


class State: pass


s = State()
s.n = s.inside = 0
lock, other = threading.Lock(), threading.Lock()
done = threading.Event()


def joined():
    """Sections join slices again, however often that was given up before."""
    for _ in range(3000):
        with other: s.n += 1


def interrupts(n):
    while s.inside != n: time.sleep(.001)
    signal.raise_signal(signal.SIGINT)


def interrupted(n, section):
    """A loop that is all that the section does: the exception comes at the jump to its first instruction."""
    joined()
    t = threading.Thread(target=interrupts, args=(n,))
    t.start()
    try: section(n)
    except KeyboardInterrupt: print("interrupted", n, lock.locked())
    t.join()


def loop(n):
    with lock:
        while True: s.inside = n


class Manager:
    def __enter__(self): pass
    def __exit__(self, *why): print("left by", why[0].__name__)


def managed(n):
    with Manager():
        while True: s.inside = n


def traced():
    """What is traced begins with settrace(), though the section runs again for the clock."""
    seen = []

    def trace(frame, event, arg):
        seen.append((frame.f_code.co_name, event))
        return trace

    def before(): s.n += 1
    def behind(): s.n += 1
    joined()
    with lock:
        before()
        sys.settrace(trace)
        behind()
        time.monotonic()
        sys.settrace(None)
    print(seen)


def renewed():
    joined()
    try:
        with lock: lock._at_fork_reinit()
    except RuntimeError as e: print(e)


def partly_owned():
    """An RLock that is held as well as used by a section stays held."""
    again = threading.RLock()
    joined()
    again.acquire()
    with again: s.n += 1
    print(again._is_owned(), "count=1" in repr(again))
    t = threading.Thread(target=lambda: print(again.acquire(False)))
    t.start()
    t.join()
    again.release()
    print(again._is_owned())


t = threading.Thread(target=done.wait)
t.start()
for n, section in enumerate((loop, managed), 1): interrupted(n, section)
traced()
renewed()
partly_owned()
done.set()
t.join()
