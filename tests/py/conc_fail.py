# Slices behind a block that failed begin with what the failure left: the exception, and the captured variables.
import threading
from apodora import atomic
class A: pass
a = A(); a.n = 0; bad = []
def work():
    kept = 0
    look = lambda: kept
    for i in range(300):
        try:
            with atomic:
                a.n += 1
                kept = i
                raise KeyError(i)
        except KeyError as e:
            if e.args != (i,) or look() != i: bad.append((i, e.args, look()))
        a.n += 1
ts = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]
print(a.n, bad[:3])
# expect: 1200 []
