# Producers and consumers over a buffer of 64 places: half of the threads each (one thread: in turn). check() and retry(); with locks: two conditions.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

from collections import deque
N = max(1200, int(12000 * SCALE) * ROUNDS)
SIZE = 64
buffer = deque()
if apodora:
    def put(x):
        with atomic:
            apodora.check(len(buffer) < SIZE)
            buffer.append(x)
    def get():
        with atomic:
            apodora.check(buffer)
            return buffer.popleft()
else:
    lock = threading.Lock()
    space, items = threading.Condition(lock), threading.Condition(lock)
    def put(x):
        with lock:
            while len(buffer) >= SIZE: space.wait()
            buffer.append(x)
            items.notify()
    def get():
        with lock:
            while not buffer: items.wait()
            x = buffer.popleft()
            space.notify()
            return x
got = []
def work(k):
    mine = 0
    if THREADS == 1:
        for i in range(N):
            put(i)
            mine += get()
    elif k % 2 == 0:
        for i in range(N): put(i)
    else:
        for i in range(N): mine += get()
    got.append(mine)
n, s = timed(work, N * max(1, THREADS // 2))
assert sum(got) == max(1, THREADS // 2) * N * (N - 1) // 2
print(n, s)
