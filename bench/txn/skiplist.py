# A skip list in Python: 80 % look-ups, 10 % insertions, 10 % deletions.
import sys
sys.path.insert(0, __file__.rpartition("/")[0])
from common import *

LEVELS, KEYS = 12, 4000
class Node:
    __slots__ = ("key", "next")
    def __init__(self, key, height): self.key, self.next = key, [None] * height
head = Node(-1, LEVELS)
def find(key):
    path, n = [None] * LEVELS, head
    for level in range(LEVELS - 1, -1, -1):
        while (m := n.next[level]) is not None and m.key < key: n = m
        path[level] = n
    return path, path[0].next[0]
def insert(key, height):
    path, n = find(key)
    if n is not None and n.key == key: return
    new = Node(key, height)
    for l in range(height):
        new.next[l] = path[l].next[l]
        path[l].next[l] = new
def remove(key):
    path, n = find(key)
    if n is None or n.key != key: return
    for l in range(len(n.next)):
        path[l].next[l] = n.next[l]
def height(d):
    h = 1
    while h < LEVELS and d.below(3) == 0: h += 1
    return h
d = Draw(5)
for _ in range(KEYS // 2): insert(d.below(KEYS), height(d))
N = max(50, int(4000 * SCALE))
plans = []
for k in range(THREADS):
    d = Draw(k + 31)
    plans.append([(d.below(100), d.below(KEYS), height(d)) for _ in range(N)])
def work(t):
    for _ in range(ROUNDS):
        for op, k, h in plans[t]:
            with atomic:
                if op < 80: find(k)
                elif op < 90: insert(k, h)
                else: remove(k)
n, s = timed(work, N * THREADS * ROUNDS)
node, keys = head.next[0], []
while node is not None:
    keys.append(node.key)
    node = node.next[0]
assert keys == sorted(set(keys))
print(n, s)
