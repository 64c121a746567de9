# Locks, events, conditions and queues inside of blocks: elided, effective at the commit; waiting for others is refused by name.
import threading, queue, time
from apodora import atomic, stats, retry, TransactionError
def irrevocable(): return stats()['irrevocable']
class Box: pass
b = Box(); b.n = 0
lock, rlock = threading.Lock(), threading.RLock()
n = 400
def with_lock(l):
    for i in range(n):
        with atomic:
            with l: b.n += 1
def plain(l):
    for i in range(n):
        with l: b.n += 1
def both(l):
    for i in range(n):
        if i % 2:
            with atomic, l: b.n += 1
        else:
            l.acquire()
            x = b.n
            if i % 16 == 0: time.sleep(0)
            b.n = x + 1
            l.release()
for l in (lock, rlock):
    for kinds in ((with_lock,) * 4, (with_lock, plain, with_lock, plain), (both,) * 3):
        b.n = 0
        ts = [threading.Thread(target=k, args=(l,)) for k in kinds]
        [t.start() for t in ts]; [t.join() for t in ts]
        print(b.n == len(kinds) * n, l.acquire(False), l.release())
# elided: two threads with one lock and different data do not run irrevocably
before = irrevocable()
boxes = [Box(), Box()]
for x in boxes: x.n = 0
def own(k):
    for i in range(500):
        with atomic:
            with lock: boxes[k].n += 1
ts = [threading.Thread(target=own, args=(k,)) for k in (0, 1)]
[t.start() for t in ts]; [t.join() for t in ts]
import os
print([x.n for x in boxes], irrevocable() - before < 200 or 'APO_STRESS' in os.environ)
# what a block sees and leaves
with atomic:
    print(lock.locked(), lock.acquire(), lock.locked(), lock.acquire(False))
    lock.release(); print(lock.locked())
    try: lock.release()
    except RuntimeError as e: print(e)
    lock.acquire()
print(lock.locked()); lock.release()
with atomic as t:
    lock.acquire(); rlock.acquire(); rlock.acquire(); t.abort()
print(lock.locked(), rlock._is_owned())
with atomic:
    rlock.acquire(); rlock.acquire(); rlock.release()
print(rlock._is_owned()); rlock.release()
lock.acquire()
with atomic:
    lock.release(); print(lock.locked(), lock.acquire(False), lock.locked()); lock.release()
    try:
        with atomic: lock.acquire(); raise KeyError
    except KeyError: print(lock.locked())
print(lock.locked())
# a held lock: the block starts again when it is given back
lock.acquire(); tries = []
def wants():
    with atomic as t:
        with lock: b.n = -1
    tries.append(t.attempt)
t = threading.Thread(target=wants); t.start(); time.sleep(0.05); b.n = 5; lock.release(); t.join(); print(b.n, tries[0] > 1)
# events, conditions: at the commit
ev = threading.Event(); cond = threading.Condition(); got = []
def waiter():
    ev.wait(); got.append('event')
    with cond:
        while not b.ready: cond.wait()
        got.append(b.ready)
b.ready = 0
t = threading.Thread(target=waiter); t.start()
time.sleep(0.02)
with atomic:
    ev.set(); until = time.monotonic() + 0.03
    while time.monotonic() < until: pass
    print(got)
time.sleep(0.02)
with atomic:
    with cond:
        b.ready = 7; cond.notify_all()
t.join(); print(got)
# refused, by name
def refused(f):
    try:
        with atomic: f()
    except TransactionError as e: print(e)
q = queue.Queue(1)
refused(q.get); q.put(1); refused(lambda: q.put(2))
refused(threading.Event().wait)
def on_condition():
    with cond: cond.wait()
refused(on_condition)
refused(threading.Barrier(2).wait)
sem = threading.Semaphore(0); refused(sem.acquire)
t = threading.Thread(target=time.sleep, args=(0.1,)); t.start(); refused(t.join); t.join()
def twice():
    lock.acquire(); lock.acquire()
refused(twice); print(lock.locked(), q.qsize())
q = queue.Queue()
with atomic:
    q.put(1); q.put(2); print(q.get(), q.qsize())
    with sem._cond: pass
print(q.get_nowait(), q.empty())
res = []
def take():
    for i in range(100): res.append(q.get())
def give():
    for i in range(50):
        with atomic: q.put(i); q.put(-i)
ts = [threading.Thread(target=f) for f in (take, give, give, take)]
[t.start() for t in ts]; [t.join() for t in ts]; print(sum(res), len(res))
# an act on the outside world after a lock was taken
import os
r, w = os.pipe()
with atomic:
    with lock:
        b.n = 11
        os.write(w, b'x'); x = os.read(r, 1) if False else None
    time.sleep(0)
    with lock: b.n += 1
print(b.n, lock.locked(), os.read(r, 1))
# expect: True True None
# expect: True True None
# expect: True True None
# expect: True True None
# expect: True True None
# expect: True True None
# expect: [500, 500] True
# expect: False True True False
# expect: False
# expect: release unlocked lock
# expect: True
# expect: False False
# expect: True
# expect: False True True
# expect: False
# expect: False
# expect: -1 True
# expect: []
# expect: ['event', 7]
# expect: waiting for Queue.get() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Queue.put() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Event.wait() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Condition.wait() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Barrier.wait() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Semaphore.acquire() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for Thread.join() inside an atomic block: use retry() and leave the wait to the transaction
# expect: waiting for a lock that is held inside an atomic block: use retry() and leave the wait to the transaction
# expect: False 1
# expect: 1 1
# expect: 2 True
# expect: 0 200
# expect: 12 False b'x'
