# Threads that are started inside of atomic blocks: they begin when the block has committed, and not at all if it is undone.
import threading, _thread, time
from concurrent.futures import ThreadPoolExecutor
from apodora import atomic, on_commit, TransactionError
class Box: pass
b = Box(); b.n = 0; b.seen = []
def work(k):
    with atomic: b.seen.append((k, b.n))
def refused(f, *a):
    try: f(*a)
    except TransactionError as e: return str(e)[:48]
for attempt in 'alone', 'beside another thread':
    if attempt != 'alone':
        stop = threading.Event()
        other = threading.Thread(target=stop.wait); other.start()
    b.n = 0; b.seen = []
    ts = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    with atomic:
        b.n = 1
        for t in ts: t.start()
        inside = [(t.is_alive(), t.ident is not None, t in threading.enumerate()) for t in ts], len(b.seen), refused(ts[0].join)
        again = refused(ts[0].join, 5)
        try: ts[0].start()
        except RuntimeError as e: twice = str(e)
        b.n = 2
    ids = [t.ident for t in ts]
    for t in ts: t.join()
    print(inside, again, twice)
    print(sorted(b.seen), [t.is_alive() for t in ts], ids == [t.ident for t in ts], len(set(ids)))
    # undone: nothing starts, and it can be started later
    t = threading.Thread(target=work, args=(9,))
    count = threading.active_count()
    try:
        with atomic:
            t.start()
            1 / 0
    except ZeroDivisionError: pass
    print(t.is_alive(), t.ident, len(b.seen), threading.active_count() == count)
    try: t.join()
    except RuntimeError as e: print(e)
    t.start(); t.join()
    print(sorted(b.seen)[-1])
    # an undone inner block, and hooks in order
    order = []
    with atomic:
        on_commit(order.append, 'first')
        try:
            with atomic:
                threading.Thread(target=order.append, args=('never',)).start()
                1 / 0
        except ZeroDivisionError: pass
        t = threading.Thread(target=lambda: order.append('thread'), daemon=True); t.start()
        on_commit(t.join)
        on_commit(order.append, 'last')
    print(order)
    # the bare function
    done = threading.Event(); got = []
    with atomic:
        ident = _thread.start_new_thread(lambda: (got.append(_thread.get_ident()), done.set()), ())
    done.wait(60)
    print(got == [ident])
    # a subclass, an error in the thread, many started by one block
    class Mine(threading.Thread):
        def run(self): b.seen.append(self.name)
    with atomic:
        b.seen = []
        ts = [Mine(name=f't{i}') for i in range(20)]
        for t in ts: t.start()
    for t in ts: t.join()
    print(len(set(b.seen)), threading.active_count() == count)
    # a pool that makes its threads in a block
    with ThreadPoolExecutor(3) as pool:
        with atomic: fs = [pool.submit(pow, i, 2) for i in range(5)]
        print([f.result() for f in fs])
    if attempt != 'alone': stop.set(); other.join()
# blocks that run again start their threads once
b.n = 0; started = []
def starter(i):
    for k in range(20):
        with atomic:
            b.n += 1
            t = threading.Thread(target=started.append, args=(b.n,)); t.start()
        t.join()
ts = [threading.Thread(target=starter, args=(i,)) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(b.n, sorted(started) == list(range(1, 81)))
# the program waits at its end for what it started
with atomic: threading.Thread(target=lambda: (time.sleep(0.05), print('the end'))).start()
# expect: ([(True, True, True), (True, True, True), (True, True, True)], 0, 'waiting for Thread.join() inside an atomic block') waiting for Thread.join() inside an atomic block threads can only be started once
# expect: [(0, 2), (1, 2), (2, 2)] [False, False, False] True 3
# expect: False None 3 True
# expect: cannot join thread before it is started
# expect: (9, 2)
# expect: ['first', 'thread', 'last']
# expect: True
# expect: 20 True
# expect: [0, 1, 4, 9, 16]
# expect: ([(True, True, True), (True, True, True), (True, True, True)], 0, 'waiting for Thread.join() inside an atomic block') waiting for Thread.join() inside an atomic block threads can only be started once
# expect: [(0, 2), (1, 2), (2, 2)] [False, False, False] True 3
# expect: False None 3 True
# expect: cannot join thread before it is started
# expect: (9, 2)
# expect: ['first', 'thread', 'last']
# expect: True
# expect: 20 True
# expect: [0, 1, 4, 9, 16]
# expect: 80 True
# expect: the end
