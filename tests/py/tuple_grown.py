# Tuples that are another one and some more: what is new in them is published, however they came about.
import threading
try:
    from apodora import atomic
except ImportError:
    atomic = threading.RLock()

class Box:
    def __init__(self, v): self.v = v
class Holder:
    def __init__(self): self.t = ()
holder = Holder()
kept = []
turn = [threading.Event() for _ in range(2)]

def writer():
    for i in range(60):
        with atomic:
            t = holder.t
            t = t + (Box(i),)
            t += (Box([i]), (Box(-i),))
            holder.t = t + () + tuple([Box((Box(i), i))])
        try:
            with atomic:
                kept.append(holder.t + (Box('lost'),))
                raise KeyError
        except KeyError: pass
        grown = holder.t[:2] + (Box(i + 1),)
        with atomic: holder.t = holder.t[2:] + grown if i % 7 == 0 else holder.t
        turn[0].set()
        turn[1].wait(60)
        turn[1].clear()

def total(x):
    if isinstance(x, Box): return total(x.v)
    if isinstance(x, (tuple, list)): return sum(total(y) for y in x)
    return x

seen = []
def reader():
    for i in range(60):
        turn[0].wait(60)
        turn[0].clear()
        with atomic:
            seen.append((len(holder.t), total(holder.t)))
            for x in holder.t:
                if isinstance(x, Box) and isinstance(x.v, int): x.v += 1
        turn[1].set()

ts = [threading.Thread(target=f) for f in (writer, reader)]
for t in ts: t.start()
for t in ts: t.join()
print(seen[:5], seen[-1])
