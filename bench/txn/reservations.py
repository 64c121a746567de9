# Reservations (after STAMP's vacation): cars, rooms, flights, customers; eight kinds of transaction.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

class Item:
    def __init__(self, price): self.total, self.free, self.price = 20, 20, price
class Customer:
    def __init__(self): self.bills = ()
R, C = 500, 400
tables = [[Item(50 + i % 50) for i in range(R)] for _ in range(3)]
customers = [Customer() for _ in range(C)]
N = max(100, int(12000 * SCALE))
def reserve(c, t, ids):
    best = None
    for i in ids:
        item = tables[t][i]
        if item.free > 0 and (best is None or item.price < best.price): best = item
    if best is not None:
        best.free -= 1
        c.bills = c.bills + (best,)
def cancel(c):
    for item in c.bills: item.free += 1
    c.bills = ()
def act(op, c, ids):
    if op < 3: reserve(c, op, ids)
    elif op == 3: cancel(c)
    elif op == 4: return sum(x.price for x in c.bills)
    elif op == 5:
        for i in ids: tables[0][i].price += 1
    elif op == 6:
        for i in ids[:2]:
            tables[1][i].total += 1
            tables[1][i].free += 1
    else:
        for t in range(3): reserve(c, t, ids)
plans = []
for k in range(THREADS):
    d = Draw(k + 41)
    plans.append([(d.below(8), customers[d.below(C)], [d.below(R) for _ in range(4)]) for _ in range(N)])
def work(k):
    for _ in range(ROUNDS):
        for op, c, ids in plans[k]:
            with atomic: act(op, c, ids)
n, s = timed(work, N * THREADS * ROUNDS)
held = {}
for c in customers:
    for item in c.bills: held[id(item)] = held.get(id(item), 0) + 1
assert all(x.free + held.get(id(x), 0) == x.total for t in tables for x in t)
print(n, s)
