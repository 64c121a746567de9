# `with` over locks that several threads want: what is done under them is all there, whatever way the block is left.
import threading

lock, again = threading.Lock(), threading.RLock()


class Sum: pass


one = Sum()
one.plain = one.nested = one.left = 0


def work(n):
    for i in range(n):
        with lock: one.plain += 1
        with again as got:
            assert got is True
            with again: one.nested += 1
        try:
            with lock:
                one.left += 1
                if i % 3 == 0: raise KeyError(i)
                if i % 5 == 0: continue
                if i == n - 1: return
        except KeyError: pass


threads = [threading.Thread(target=work, args=(1500,)) for _ in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(one.plain, one.nested, one.left, lock.locked())


def steps():
    with lock:
        yield 1
        yield 2


def oddities():
    x = steps()
    next(x)
    print(lock.locked())
    x.close()
    print(lock.locked())
    with lock:
        lock.release()
        lock.acquire()
    try:
        with lock: lock.release()
    except RuntimeError as e: print(e)
    try:
        with lock as held: held.nothing
    except AttributeError as e: print(e, lock.locked())
    names = {"lock": lock}
    exec("with lock: held = lock.locked()", names)
    print(names["held"], lock.locked())


t = threading.Thread(target=oddities)
t.start()
t.join()
print(lock.acquire(False), lock.release())
