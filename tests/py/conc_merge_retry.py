# retry() in one of several small blocks that share a transaction: what came before it commits, and the block waits alone.
import threading
from collections import deque
from apodora import atomic, retry, check, or_else, RetryTimeout, Queue
class A: pass

def run(*fs):
    bad = []
    def guarded(f):
        try: f()
        except BaseException as e: bad.append(e); raise
    ts = [threading.Thread(target=guarded, args=(f,), daemon=True) for f in fs]
    [t.start() for t in ts]; [t.join() for t in ts]
    return bad

def pipeline(size, n, producers, consumers):
    buffer, got, puts = deque(), [], []
    def put(x):
        with atomic:
            check(len(buffer) < size)
            buffer.append(x)
    def get():
        with atomic:
            check(buffer)
            return buffer.popleft()
    def produce():
        for i in range(n): put(i)
    def consume():
        mine = []
        for i in range(n * producers // consumers): mine.append(get())
        with atomic: got.extend(mine)
    run(*[produce] * producers, *[consume] * consumers)
    return sorted(got) == sorted(list(range(n)) * producers), len(buffer)
print(pipeline(64, 3000, 1, 1), pipeline(1, 300, 1, 1), pipeline(7, 500, 3, 2))
# expect: (True, 0) (True, 0) (True, 0)

def locals_and_iterators():            # what a block had set, and how far an iterator had come, is as at its begin
    box, out = A(), []
    box.full, box.x = False, None
    def give():
        for i in range(500):
            with atomic:
                check(not box.full)
                box.full, box.x = True, i
    def take():
        seen, tries, it = [], 0, iter(range(100000))
        for i in range(500):
            v = None
            with atomic:
                tries += 1
                v = next(it)
                if not box.full: retry()
                box.full = False
                w = box.x
            seen.append((v, w))
        out.append((seen == [(i, i) for i in range(500)], tries))
    bad = run(give, take)
    return bad, out
print(locals_and_iterators())
# expect: ([], [(True, 500)])

def written_first():                   # the block has changed something before it retries: that goes back, what came before it stays
    a = A(); a.turn, a.n, a.waste = 0, 0, 0
    private = [[], []]
    def go(k):
        mine = private[k]
        own = []
        for i in range(300):
            own.append(i)
            with atomic:
                a.waste += 1
                own.append('in')
                check(a.turn == k)
                a.turn = 1 - k
                a.n += 1
                own.pop()
            mine.append(len(own))
    bad = run(lambda: go(0), lambda: go(1))
    return bad, a.n, a.waste, all(m == list(range(1, 301)) for m in private)
print(written_first())
# expect: ([], 600, 600, True)

def generators():                      # a generator that the block has resumed is where it was
    a = A(); a.free = 0
    out = []
    def numbers():
        i = 0
        while True:
            yield i
            i += 1
    def take():
        g, seen = numbers(), []
        for i in range(300):
            with atomic:
                v = next(g)
                check(a.free > 0)
                a.free -= 1
            seen.append(v)
        out.append(seen == list(range(300)))
    def give():
        for i in range(300):
            with atomic: a.free += 1
    return run(take, give), out
print(generators())
# expect: ([], [True])

def nested():                          # in an inner block, in alternatives, with a time limit, in an iterator that a native calls
    a = A(); a.p = a.q = a.done = 0
    def inner(k):
        for i in range(200):
            with atomic:
                with atomic:
                    if k: check(a.q); a.q -= 1
                    else: check(a.p); a.p -= 1
                a.done += 1
    def either(k):
        def p(): check(a.p); a.p -= 1
        def q(): check(a.q); a.q -= 1
        for i in range(200):
            or_else(p, q)
            with atomic: a.done += 1
    def native():
        def need(x):
            check(a.p > x)
            return x
        for i in range(50):
            with atomic:
                sorted([0, 0, 0], key=need)
                a.p -= 1
                a.done += 1
    def timed():
        n = 0
        for i in range(100):
            with atomic: n += 1
        try:
            with atomic:
                if a.done < 10**9: retry(timeout=0.001)
        except RetryTimeout: n += 1
        with atomic: a.done += n
    def give():
        for i in range(450):
            with atomic: a.p += 1
            with atomic: a.q += 1
    bad = run(lambda: inner(0), lambda: inner(1), lambda: either(0), native, timed, give)
    return bad, a.p + a.q, a.done
print(nested())
# expect: ([], 250, 751)
