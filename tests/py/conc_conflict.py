# max_retries: a block that loses at its commit raises Conflict where it stands.
import threading, time
from apodora import atomic, Conflict
class A: pass
a = A(); a.n = 0
stop = False
def hammer():
    while not stop:
        with atomic: a.n += 1
t = threading.Thread(target=hammer); t.start()
try:
    with atomic(max_retries=3):
        x = a.n
        y = time.monotonic()
        while time.monotonic() < y + 0.1: pass
        a.n = x + 1
    print('no conflict')
except Conflict as e: print('Conflict', e)
stop = True; t.join(); print('ok')
# expect: Conflict gave up after 4 attempts
# expect: ok
