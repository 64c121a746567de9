# What runs between two rounds of a loop, above its frame, and collects: what the loop has built so far stays. (It was taken for a temporary of the
# instruction before the loop's first one.)
import gc, os, signal

def disturb():
    gc.collect()
    global kept
    kept = [[k] for k in range(20000)]       # in the memory that was let go of

class Node:
    def __init__(self): self.me = self
    def __del__(self):
        global ended
        ended += 1
        disturb()
ended = 0
def build(n): return [x for x in range(n) if bytearray(200000)]      # calls no Python code itself
while ended < 3:
    Node()
    assert build(300) == list(range(300))
print("finalizers")

def handler(*a):
    global seen
    seen += 1
    disturb()
signal.signal(signal.SIGUSR1, handler)
def build(n): return [x for x in range(n) if x % 50 or not os.kill(os.getpid(), signal.SIGUSR1)]
seen = 0
for k in range(4): assert build(300) == list(range(300))
print("handlers", seen)
