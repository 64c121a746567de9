# Word count into one shared dict: a block for each line of ten words.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

words = [f"word{i}" for i in range(3000)]
N = max(50, int(8000 * SCALE))
texts = []
for k in range(THREADS):
    d = Draw(k + 11)
    texts.append([[words[min(d.below(3000), d.below(3000))] for _ in range(10)] for _ in range(N)])
counts = {}
def work(k):
    for _ in range(ROUNDS):
        for line in texts[k]:
            with atomic:
                for w in line: counts[w] = counts.get(w, 0) + 1
n, s = timed(work, N * THREADS * ROUNDS)
assert sum(counts.values()) == 10 * n
print(n, s)
