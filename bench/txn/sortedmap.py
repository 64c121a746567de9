# A sorted map: 60 % look-ups, 15 % insertions, 15 % deletions, 10 % scans of ten keys. OrderedMap; with a lock: a dict and a list kept sorted by bisect.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

from bisect import bisect_left, insort
KEYS = 20000
N = max(100, int(15000 * SCALE))
if apodora:
    m = apodora.OrderedMap((k, k) for k in range(0, KEYS, 2))
    def get(k): return m.get(k)
    def put(k, v): m[k] = v
    def drop(k): m.pop(k, None)
    def scan(k): return [x for x in m.range(k, k + 20)]
else:
    table, order = {k: k for k in range(0, KEYS, 2)}, list(range(0, KEYS, 2))
    def get(k): return table.get(k)
    def put(k, v):
        if k not in table: insort(order, k)
        table[k] = v
    def drop(k):
        if table.pop(k, None) is not None: del order[bisect_left(order, k)]
    def scan(k):
        i = bisect_left(order, k)
        return [(x, table[x]) for x in order[i:bisect_left(order, k + 20)]]
plans = []
for k in range(THREADS):
    d = Draw(k + 21)
    plans.append([(d.below(100), d.below(KEYS)) for _ in range(N)])
def work(t):
    for _ in range(ROUNDS):
        for op, k in plans[t]:
            with atomic:
                if op < 60: get(k)
                elif op < 75: put(k, k)
                elif op < 90: drop(k)
                else: scan(k)
n, s = timed(work, N * THREADS * ROUNDS)
assert scan(0) == sorted(scan(0))
print(n, s)
