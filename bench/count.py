"""count.py WHAT THREADS EACH: threads that add one to one number, each so many times: in a block (python3.11: with a lock), or in a Counter.
Prints additions and seconds, and how many blocks lost; ends with an error if the number is not exact."""
import sys
import threading
import time

try:
    import apodora
    from apodora import atomic, stats
except ImportError:
    apodora, atomic = None, threading.Lock()

what, threads, each = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


class Number:
    n = 0


number = Number()
counter = apodora.Counter() if apodora else None


def block():
    for _ in range(each):
        with atomic: number.n += 1


def add():
    for _ in range(each):
        with atomic: counter.add(1)


threading.stack_size(1 << 20)
ts = [threading.Thread(target=block if what == "block" else add) for _ in range(threads)]
began = time.perf_counter()
for t in ts: t.start()
for t in ts: t.join()
seconds = time.perf_counter() - began
print(threads * each, seconds, stats()["conflicts"] if apodora else 0)
sys.exit((number.n if what == "block" else counter.value) != threads * each)
