"""What the programs of bench/txn share: atomic blocks here, `with lock:` under python3.11; threads that are timed. Usage of all: PROGRAM THREADS [SCALE];
each prints operations and seconds, and ends with an error if its sums do not come out."""
import sys
import threading
import time

try:
    import apodora
    from apodora import atomic
except ImportError:
    apodora, atomic = None, threading.Lock()

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
ROUNDS = 12      # how often each thread goes through its plan: starting the threads, which may take milliseconds, must not count


class Draw:
    """Small random numbers, the same in every run."""
    def __init__(self, seed):
        self.state = seed * 2862933555777941757 + 3037000493

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.state >> 33) % n


def timed(work, operations, threads=None):
    """work(thread number) in so many threads; gives the operations and the seconds."""
    threads = threads or THREADS
    failed = []
    def guarded(k):
        try:
            work(k)
        except BaseException as e:
            failed.append(e)
            raise
    ts = [threading.Thread(target=guarded, args=(k,)) for k in range(threads)]
    began = time.perf_counter()
    for t in ts: t.start()
    for t in ts: t.join()
    seconds = time.perf_counter() - began
    if failed: sys.exit(1)
    return operations, seconds
