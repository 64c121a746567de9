# Requests for help of parallel loops that have ended are not kept, though no thread of the pool has the time to look at them.
import gc, threading, weakref
from apodora import parallel
pool = parallel.__globals__["_the_pool"]()
class Item: pass
busy, done = threading.Semaphore(0), threading.Event()
def occupy():
    busy.release()
    done.wait()
def loop(n, stop):
    items = [Item() for _ in range(n)]
    for x in parallel(items):
        if x is items[stop]: break
    return [weakref.ref(x) for x in items]
for _ in range(pool.size): pool.add(pool.jobs, occupy)
for _ in range(pool.size): busy.acquire()
refs = []
for k in range(300): refs += loop(4, 3 if k % 2 else 2)
gc.collect()             # those that were left by `break` go with their loops
for k in range(900):
    for x in parallel([Item() for _ in range(4)]): pass
print(sum(r() is not None for r in refs) < 200, len(pool.jobs) < 600 * pool.size or len(pool.jobs))
done.set()
# expect: True True
