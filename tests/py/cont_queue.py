from _queue import SimpleQueue, Empty
import threading, time, queue
print(queue.SimpleQueue is SimpleQueue, queue.Empty is Empty, Empty, SimpleQueue)
q = SimpleQueue()
q.put(1); q.put(2, block=False); q.put_nowait(3); print(q.get(), q.get_nowait(), q.qsize(), q.empty(), q.get(timeout=1))
def t(f, *a, **k):
    try: print(f(*a, **k))
    except Exception as e: print(type(e).__name__, e)
t(q.get_nowait); t(q.get, False); t(q.get, True, 0.05); t(q.get, timeout=-1); t(q.get, timeout='x'); t(q.put); t(SimpleQueue, 1); t(q.get, block=True, timeout=0)
N = 20000
def producer(k):
    for i in range(N): q.put((k, i))
def consumer(out):
    while True:
        x = q.get()
        if x is None: break
        out.append(x)
outs = [[] for _ in range(3)]
cs = [threading.Thread(target=consumer, args=(o,)) for o in outs]
ps = [threading.Thread(target=producer, args=(k,)) for k in range(3)]
t0 = time.time()
for x in cs + ps: x.start()
for x in ps: x.join()
for _ in cs: q.put(None)
for x in cs: x.join()
allv = sorted(sum(outs, []))
print(len(allv), allv == sorted((k, i) for k in range(3) for i in range(N)), q.qsize())
for o in outs:
    last = {}
    for k, i in o:
        assert last.get(k, -1) < i
        last[k] = i
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(3) as ex: print(sum(ex.map(lambda x: x * x, range(100))))
