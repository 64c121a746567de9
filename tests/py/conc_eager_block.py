# An eager generator whose first values are asked for in blocks goes back with them, and runs ahead from the first one that is asked for outside.
import threading
from apodora import atomic, eager
threads = set()
@eager(ahead=4)
def numbers():
    for i in range(8):
        threads.add(threading.get_ident())
        yield i
me, it = threading.get_ident(), numbers()
def undone():
    with atomic as txn:
        got = next(it), next(it)
        txn.abort()
    return got
print(undone(), undone(), threads)
with atomic: first = next(it)
print(first, threads == {me}, next(it), list(it), len(threads))
@eager
def fails():
    yield 1
    raise KeyError("end")
it = fails()
with atomic: print(next(it))
try: next(it)
except KeyError as e: print(e)
# expect: (0, 1) (0, 1) set()
# expect: 0 True 1 [2, 3, 4, 5, 6, 7] 2
# expect: 1
# expect: 'end'
