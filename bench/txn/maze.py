# Maze routing (Lee): long transactions, each finds a path over a shared grid and lays it; then they are all taken up again.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

SIDE = 64
class Cell:
    __slots__ = ("used",)
    def __init__(self): self.used = 0
grid = [Cell() for _ in range(SIDE * SIDE)]
N = max(4, int(60 * SCALE))
def route(a, b, number):
    came, todo = {a: a}, [a]
    for p in todo:
        if p == b: break
        x = p % SIDE
        for q in (p - 1 if x else -1, p + 1 if x < SIDE - 1 else -1, p - SIDE, p + SIDE):
            if 0 <= q < SIDE * SIDE and q not in came and not grid[q].used:
                came[q] = p
                todo.append(q)
    if b not in came: return ()
    path = [b]
    while b != a: path.append(b := came[b])
    for p in path: grid[p].used = number
    return path
plans = []
for k in range(THREADS):
    d = Draw(k + 51)
    plans.append([(x + SIDE * y, (x + d.below(12)) % SIDE + SIDE * ((y + d.below(12)) % SIDE)) for x, y in ((d.below(SIDE), d.below(SIDE)) for _ in range(N))])
laid = [0] * THREADS
def work(k):
    for last in range(ROUNDS - 1, -1, -1):
        paths = []
        for i, (a, b) in enumerate(plans[k]):
            path = ()
            with atomic:
                if not grid[a].used and not grid[b].used: path = route(a, b, k * N + i + 1)
            paths.append(path)
        laid[k] = sum(map(len, paths))
        if last:
            for path in paths:
                with atomic:
                    for p in path: grid[p].used = 0
n, s = timed(work, N * THREADS * ROUNDS)
assert sum(laid) == sum(c.used != 0 for c in grid)
print(n, s)
