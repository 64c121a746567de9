# What a block has looked at in a list or dict wakes its retry() when that changes.
import threading, apodora
from apodora import atomic, retry
def wakes(make, seen, change):
    box = make()
    out = []
    def waiter():
        try:
            with atomic:
                if seen(box): retry(timeout=60)
                out.append("woken")
        except Exception as e: out.append(type(e).__name__)
    t = threading.Thread(target=waiter)
    t.start()
    while apodora.stats()["retries"] == wakes.base: pass
    wakes.base += 1
    with atomic: change(box)
    t.join(60)
    return out
wakes.base = apodora.stats()["retries"]
def put(i, x):
    def f(l): l[i] = x
    return f
print(wakes(lambda: [0] * 5, lambda l: l[-1] == 0, put(4, 1)))
print(wakes(lambda: [0] * 100, lambda l: l[-1] == 0, put(99, 1)))
print(wakes(lambda: [0] * 100, lambda l: l[80] == 0, put(80, 1)))
print(wakes(lambda: [0] * 80, lambda l: not any(l), lambda l: l.append(1)))
print(wakes(lambda: [0] * 300, lambda l: not any(l), lambda l: l.append(1)))
print(wakes(lambda: [0] * 300, lambda l: l[-1] == 0, put(299, 1)))
print(wakes(lambda: {i: 0 for i in range(300)}, lambda d: d[5] == 0, put(5, 1)))
print(wakes(lambda: {i: 0 for i in range(300)}, lambda d: 5 in d, lambda d: d.pop(5)))
print(wakes(lambda: {i: 0 for i in range(300)}, lambda d: 5 in d, lambda d: d.clear()))
print(wakes(lambda: {i: 0 for i in range(300)}, lambda d: 305 not in d, put(305, 1)))
print(wakes(lambda: {i: 0 for i in range(30)}, lambda d: d[5] == 0, put(5, 1)))
print(wakes(lambda: {i: 0 for i in range(30)}, lambda d: 305 not in d, put(305, 1)))
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
# expect: ['woken']
