"""A section that writes nothing, in a transaction that began while somebody held the lock: it does not see the middle of what was done then."""
import os, threading

null = os.open(os.devnull, os.O_WRONLY)
lock = threading.Lock()


class State: pass


s = State()
s.a = s.b = 0
s.go = True


def reads():
    seen = wrong = 0
    while s.go:
        with lock:
            a = s.a
            for _ in range(500): pass
            wrong += a != s.b
        seen += 1
        for _ in range(seen % 7 * 700): pass
    print("seen in the middle:", wrong)


def holds():
    for i in range(3000):
        lock.acquire()
        s.a += 1
        os.write(null, b"x")
        for _ in range(300): pass
        s.b += 1
        lock.release()
        for _ in range(3000): pass
    s.go = False


threads = [threading.Thread(target=f) for f in (reads, holds)]
for t in threads: t.start()
for t in threads: t.join()
