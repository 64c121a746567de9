# Maze routing (Lee): long transactions, each finds a path over a shared grid and lays it.
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
    if b not in came: return 0
    n = 0
    while b != a:
        grid[b].used = number
        b = came[b]
        n += 1
    grid[a].used = number
    return n + 1
plans = []
for k in range(THREADS):
    d = Draw(k + 51)
    plans.append([(x + SIDE * y, (x + d.below(12)) % SIDE + SIDE * ((y + d.below(12)) % SIDE)) for x, y in ((d.below(SIDE), d.below(SIDE)) for _ in range(N))])
laid = [0] * THREADS
def work(k):
    total = 0
    for i, (a, b) in enumerate(plans[k]):
        with atomic:
            got = 0
            if not grid[a].used and not grid[b].used: got = route(a, b, k * N + i + 1)
        total += got
    laid[k] = total
n, s = timed(work, N * THREADS)
assert sum(laid) == sum(c.used != 0 for c in grid)
print(n, s)
