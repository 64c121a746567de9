# Bank transfers: 1,000 accounts; each block checks the balance and moves a unit; one in a hundred sums up twenty accounts.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

class Account:
    def __init__(self): self.balance = 100
accounts = [Account() for _ in range(1000)]
N = max(100, int(60000 * SCALE))
plans = []
for k in range(THREADS):
    d = Draw(k + 1)
    plans.append([(accounts[d.below(1000)], accounts[d.below(1000)], d.below(980)) for _ in range(N)])
def work(k):
    for _ in range(ROUNDS):
        for i, (a, b, first) in enumerate(plans[k]):
            if i % 100 == 0:
                with atomic: sum(x.balance for x in accounts[first:first + 20])
                continue
            with atomic:
                if a.balance > 0:
                    a.balance -= 1
                    b.balance += 1
n, s = timed(work, N * THREADS * ROUNDS)
assert sum(a.balance for a in accounts) == 100000
print(n, s)
