# Hooks that use blocks, transactions that are over, on_abort after a retry() that timed out, yields through blocks, locks of undone blocks.
from apodora import atomic, retry, check, on_commit, on_abort, RetryTimeout, Conflict, TransactionError
import threading
def hook(n):
    with atomic:
        log.append(n)
log = []
with atomic:
    on_commit(hook, 1); on_commit(hook, 2)
print(log)
log = []
class C: pass
c = C(); c.x = 0
try:
    with atomic:
        on_abort(hook, 'a'); on_abort(hook, 'b')
        if c.x == 0: retry(0.05)
except RetryTimeout as e: print('timeout', e)
print(log)
def inner():
    yield 1
    yield 2
def g():
    try:
        with atomic:
            c.x += 1
            yield from inner()
    except TransactionError as e:
        print('TE', e, c.x)
    yield 'end'
print(list(g()))
def g2():
    try:
        with atomic:
            c.x += 1
            yield from [1,2]
    except TransactionError as e:
        print('TE', e, c.x)
    yield 'end'
print(list(g2()))
async def co():
    try:
        with atomic:
            c.x += 1
            class A:
                def __await__(s):
                    yield 5
            await A()
    except TransactionError as e:
        print('TE', e, c.x)
try: co().send(None)
except StopIteration: print('stopped')
with atomic as t1: pass
try:
    with atomic as t2:
        c.x = 9
        t1.abort()
except TransactionError as e: print(e)
print(c.x)
lk = threading.Lock()
try:
    with atomic:
        lk.acquire()
        raise KeyError(1)
except KeyError: print(lk.locked())
lk = threading.Lock(); lk.acquire()
try:
    with atomic:
        lk.release()
        raise KeyError(1)
except KeyError: print(lk.locked())
with atomic:
    on_abort(hook, 'x')
    with atomic as t:
        on_abort(hook, 'y'); on_commit(hook, 'never')
        t.abort()
    on_commit(hook, 'z')
print(log)
# expect: [1, 2]
# expect: timeout nothing that the block had read changed in time
# expect: ['b', 'a']
# expect: TE yield inside an atomic block 0
# expect: ['end']
# expect: TE yield inside an atomic block 0
# expect: ['end']
# expect: TE yield inside an atomic block 0
# expect: stopped
# expect: this transaction is over
# expect: 0
# expect: False
# expect: True
# expect: ['b', 'a', 'y', 'z']
