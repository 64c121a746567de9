# A read-mostly cache: 98 % look-ups of three keys together, 2 % replacements.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

KEYS = 2000
cache = {k: (k, 0) for k in range(KEYS)}
N = max(100, int(40000 * SCALE))
plans = []
for k in range(THREADS):
    d = Draw(k + 61)
    plans.append([(d.below(100), d.below(KEYS), d.below(KEYS), d.below(KEYS)) for _ in range(N)])
def work(t):
    for _ in range(ROUNDS):
        for op, a, b, c in plans[t]:
            with atomic:
                if op < 98: x = cache[a][1] + cache[b][1] + cache[c][1]
                else: cache[a] = (a, cache[a][1] + 1)
n, s = timed(work, N * THREADS * ROUNDS)
assert sum(v for k, v in cache.values()) == ROUNDS * sum(op >= 98 for p in plans for op, *rest in p)
print(n, s)
