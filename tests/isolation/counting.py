"""counting.py THREADS EACH: every thread adds one EACH times in a block; the sum must be exact.  The conflicts that are printed are those of the
whole process, of threads that begin and end as well; `races` looks at where they were: none in the block of the Counter."""
import sys
import threading
import time
from apodora import atomic, stats, Counter

threads, each = int(sys.argv[1]), int(sys.argv[2])


class Number:
    n = 0


obj = Number()
obj.n = 0


def add():
    for _ in range(each):
        with atomic: obj.n += 1


threading.stack_size(1 << 20)
ts = [threading.Thread(target=add) for _ in range(threads)]
began = time.monotonic()
for t in ts: t.start()
for t in ts: t.join()
seconds = time.monotonic() - began
print(f"{obj.n:,} of {threads * each:,} in {seconds:.2f} s, {stats()['conflicts']:,} conflicts")
counter, before = Counter(), stats()["conflicts"]


def add():
    for _ in range(each):
        with atomic: counter.add(1)


ts = [threading.Thread(target=add) for _ in range(threads)]
began = time.monotonic()
for t in ts: t.start()
for t in ts: t.join()
lost = stats()["conflicts"] - before
print(f"Counter: {counter.value:,} in {time.monotonic() - began:.2f} s, {lost:,} conflicts")
sys.exit(obj.n != threads * each or counter.value != threads * each)
