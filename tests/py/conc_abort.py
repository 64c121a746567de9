# abort() runs what cleans up on its way - finally clauses, __exit__ methods, generators - and nothing that catches; what they do is undone with the block.
# A file that is closed in a block that is undone, or rolled back, is open again.
import contextlib, os, tempfile, threading
stop = threading.Event()
other = threading.Thread(target=stop.wait); other.start()        # two threads: blocks and slices are logged
from apodora import atomic, on_abort, or_else, retry
log = []
class M:
    def __enter__(self): log2.append("enter"); return self
    def __exit__(self, kind, value, tb): seen.append((kind.__name__ if kind else None, tb is not None)); log.append("exit"); return self.swallow
    swallow = False
log2 = []; seen = []
m = M()
out = []
def cells():
    with atomic as txn:
        x = 1
        try:
            with m:
                log.append("in")
                txn.abort()
        finally:
            log.append("finally"); out_local = "ran"
            print("never seen")
    return x, out_local
print(cells(), log, seen, log2)
# seen by whoever is outside?  __exit__ with swallow
m.swallow = True
def swallowed():
    with atomic as txn:
        with m: txn.abort()
        ran_on = True
        log.append("after")
    return ran_on
print(log, swallowed())
m.swallow = False
# outer from inner
with atomic as outer:
    log.append("outer")
    with atomic as inner:
        log.append("inner")
        on_abort(print, "inner aborted")
        outer.abort()
    print("not here")
print(log)
# return in finally
def f():
    with atomic as txn:
        log.append(1)
        try: txn.abort()
        finally: return "returned"
print(f(), log)
# exception in finally
def g():
    with atomic as txn:
        log.append(1)
        try: txn.abort()
        finally: raise KeyError("finally")
try: g()
except KeyError as e: print(repr(e), type(e.__context__).__name__, log)
# generators and contextmanager
@contextlib.contextmanager
def cm():
    try: yield 1
    except Exception: local.append("wrong")
    finally: local.append("cleaned")
local = []
def gen():
    try:
        for i in range(10): yield i
    finally: pass
it = gen()
next(it)
def h():
    cleaned = 0
    with atomic as txn:
        with cm():
            for v in it:
                if v == 3:
                    cleaned = v
                    txn.abort()
    return cleaned
print(h(), local, next(it))
def inside():
    try:
        box[0].abort()
        yield
    finally: out.append("gen")
box = []
with atomic as txn:
    box.append(txn)
    for _ in inside(): pass
print(box, out)
# sort key
with atomic as txn:
    l = [3, 1, 2]
    l.sort(key=lambda v: txn.abort())
print("after sort")
# except
with atomic as txn:
    try: txn.abort()
    except Exception: print("wrong")
try:
    with atomic as txn:
        try: txn.abort()
        except BaseException as e: print("held back"); raise
except BaseException: print("wrong")
with atomic as txn:
    for i in range(3):
        try: txn.abort()
        except: log.append("kept on"); continue
print(log)
lock = threading.Lock()
with atomic as txn:
    with lock: txn.abort()
print(lock.locked())
@atomic
def k(txns):
    with atomic as t: txns[0].abort()
def loop():
    for i in range(3):
        with atomic as txn:
            try:
                if i == 1: txn.abort()
                if i == 2: return "at 2"
            finally:
                n = i
    return "end"
print(loop())
def star():
    with atomic as txn:
        done = []
        try:
            try: txn.abort()
            except* BaseException: done.append("star")
        except: done.append("bare")
        finally: ran = True
    return done, ran
print(star())

folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "f")
def closed(fd):
    try: os.fstat(fd)
    except OSError: return True
    return False
def rolled_back(mode, before):
    with open(path, "w") as f: f.write("one\ntwo\n")
    f = open(path, mode) if before else None
    with atomic as txn:
        f = f or open(path, mode)
        if f.readable(): f.readline()
        point = txn.savepoint()
        f.close()
        shut = f.closed
        point.rollback()
        got = f.readline() if f.readable() else f.write("three\n")
    f.close()
    with open(path) as g: return shut, got, g.read()
for mode in ("r", "rb", "a"): print(mode, rolled_back(mode, True), rolled_back(mode, False))
f = open(path, "w")
fd = f.fileno()
try:
    with atomic:
        f.write("undone")
        f.close()
        raise KeyError
except KeyError: print(f.closed, closed(fd))
with atomic:
    f.write("kept")
    f.close()
    f.close()
    print(f.closed, closed(fd))
print(closed(fd), open(path).read())
with atomic:
    for i in range(2000):          # more than there are descriptors
        with open(path) as g: g.read()
g = open(path)
try: os.close(g.fileno())
except OSError: pass
try:
    with atomic: g.close()
except OSError as e: print(e.errno == 9)
stop.set(); other.join()
# expect: (1, 'ran') [] [] []
# expect: [] True
# expect: inner aborted
# expect: []
# expect: returned []
# expect: KeyError('finally') _Abort []
# expect: 3 [] 1
# expect: [] []
# expect: after sort
# expect: []
# expect: False
# expect: at 2
# expect: ([], True)
# expect: r (True, 'two\n', 'one\ntwo\n') (True, 'two\n', 'one\ntwo\n')
# expect: rb (True, b'two\n', 'one\ntwo\n') (True, b'two\n', 'one\ntwo\n')
# expect: a (True, 6, 'one\ntwo\nthree\n') (True, 6, 'one\ntwo\nthree\n')
# expect: False False
# expect: True False
# expect: True kept
# expect: True
