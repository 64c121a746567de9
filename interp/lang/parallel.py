# parallel.py: parallel, forall, eager, idle, Context over one pool of threads; instant and isolated functions.
import threading
import weakref
from collections import deque
from apodora import Queue, ContextError, check

def instant(function):
    """The call sees one snapshot; a write to an object that is older than the call raises FrozenError."""
    return _wrap(_snapshot, function)

def _fits(value, own, name):
    if value is own or isinstance(value, type) or getattr(value, "__isolated__", False):
        return True
    if isinstance(value, (tuple, frozenset)):
        return all(_fits(x, own, name) for x in value)
    return _is_frozen(value)

def isolated(function):
    """Refuses a function that is not closed in itself: one that binds globals, has a closure, or reads globals that can change."""
    name = getattr(function, "__qualname__", function)
    reads, writes = _globals_of(function)
    if function.__closure__:
        raise TypeError(f"isolated function {name} has a closure: {', '.join(function.__code__.co_freevars)}")
    if writes:
        raise TypeError(f"isolated function {name} binds the global {writes[0]}")
    import builtins
    for x in reads:
        if x == function.__name__:
            continue
        if x in function.__globals__:
            if not _fits(function.__globals__[x], function, x):
                raise TypeError(f"isolated function {name} uses {x}, which can change")
        elif not hasattr(builtins, x):
            raise TypeError(f"isolated function {name} uses {x}, which is not defined")
    function.__isolated__ = True
    return function

# ---- the pool ----

_here = threading.local()

class _Help:
    """A loop's request for a thread that helps it: void when the loop has ended, and no reason to keep it."""

    def __init__(self, loop):
        self.loop = weakref.ref(loop)

    def void(self):
        loop = self.loop()
        return loop is None or loop._over

    def run(self):                                       # no __call__: what is called from C cannot run iterations as transactions of their own
        loop = self.loop()
        if loop is not None:
            loop._help()

def _is_void(job):
    request = getattr(job, "__self__", None)
    return isinstance(request, _Help) and request.void()

class _Pool:
    """Threads that run jobs; idle ones when there is nothing else. They are started when needed, and do not hold up the end of the program."""

    def __init__(self, size):
        self.size, self.started, self.waiting = size, 0, 0
        self.room = 16                                   # jobs after which void ones are looked for
        self.jobs, self.idle = deque(), deque()
        self.change = threading.Condition()

    def add(self, queue, job):
        with self.change:
            queue.append(job)
            if self.waiting == 0 and self.started < self.size:
                self.started += 1
                threading.Thread(target=self.work, name=f"apodora-{self.started}", daemon=True).start()
            else:
                self.change.notify()

    def help(self, loop):
        with self.change:                                # where all threads are busy, loops come and go
            if len(self.jobs) > self.room:
                live = [job for job in self.jobs if not _is_void(job)]
                self.jobs.clear()
                self.jobs.extend(live)
                self.room = 2 * len(self.jobs) + 16      # so that each is looked at twice on an average
        self.add(self.jobs, _Help(loop).run)

    def take(self):
        with self.change:
            while True:
                if self.jobs:
                    return self.jobs.popleft()
                if self.idle and self.waiting + 1 >= self.started:
                    return self.idle.popleft()
                self.waiting += 1
                self.change.wait()
                self.waiting -= 1

    def work(self):
        _here.inside = True
        while True:
            self.take()()

_pool = None

def _the_pool():
    global _pool
    if _pool is None:
        import os
        pool = _Pool(_workers or os.cpu_count() or 1)
        with _atomic:
            if _pool is None:
                _pool = pool
    return _pool

def _run(future, function, args, kwargs):
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function(*args, **kwargs)
    except BaseException as e:
        future.set_exception(e)
    else:
        future.set_result(result)

def _submit(queue, function, args, kwargs):
    from concurrent.futures import Future
    future = Future()
    pool = _the_pool()
    pool.add(getattr(pool, queue), lambda: _run(future, function, args, kwargs))
    return future

def idle(function, /, *args, **kwargs):
    """Calls function when nothing better is to be done; gives a concurrent.futures.Future."""
    return _submit("idle", function, args, kwargs)

# ---- parallel ----

class _Parallel:
    def __init__(self, xs, workers):
        self._xs, self._workers = xs, workers

    def __iter__(self):
        if _in_block() or self._workers == 1:
            return iter(self._xs)
        pool = _the_pool()
        if pool.size == 1 and self._workers is None:
            return iter(self._xs)
        return _loop(self._xs, min(self._workers or pool.size, pool.size), pool.help, _atomic)

def parallel(xs, ordered=True, workers=None):
    """for x in parallel(xs): iterations run ahead in other threads, each a transaction; they commit in order, and the result is that of the plain loop.
    Sequences (list, tuple, range) alone are run ahead."""
    if workers is not None and (not isinstance(workers, int) or workers < 1):
        raise ValueError("workers must be a positive number")
    return _Parallel(xs, workers)

# ---- forall ----

def _apply(xs, function, i, x):
    y = function(x)
    if y is not None:
        xs[i] = y

def forall(xs, function):
    """xs[i] = function(xs[i]) for all i, in parallel, in any order, a batch to a transaction; where function gives None, it has changed the item in place.
    After an exception no further batch begins, and it is raised."""
    n = len(xs)
    workers = _the_pool().size
    if n < 2 or workers == 1 or getattr(_here, "inside", False) or _in_block():
        for i in range(n):
            _apply(xs, function, i, xs[i])
        return
    items = list(xs)
    size = max(1, min(256, n // (workers * 8)))
    starts, results, failed = deque(range(0, n, size)), {}, []

    def batches():
        while not failed:
            try:
                start = starts.popleft()
            except IndexError:
                return
            try:
                with _atomic:
                    done = [function(x) for x in items[start:start + size]]
                results[start] = done
            except BaseException as e:
                failed.append(e)
                return

    futures = [_submit("jobs", batches, (), {}) for _ in range(workers - 1)]
    batches()
    for future in futures:
        future.result()
    for start, done in results.items():
        with _atomic:
            for i, y in enumerate(done, start):
                if xs[i] is not items[i]:
                    _apply(xs, function, i, xs[i])       # somebody has put another item there
                elif y is not None:
                    xs[i] = y
    if failed:
        raise failed[0]

# ---- eager ----

class _Eager:
    """What an eager generator function gives: the generator runs in a thread of its own, at most `ahead` values before the consumer."""

    def __init__(self, generator, ahead):
        self._generator, self._ahead, self._values, self._state = generator, ahead, Queue(), _State()
        self._started = self._over = False

    def __iter__(self):
        return self

    def __next__(self):
        if self._over:
            raise StopIteration
        if not self._started:
            if _in_block():                              # nothing is begun that an undone block would have to take back
                return next(self._generator)
            self._started = True
            threading.Thread(target=_produce, args=(self._generator, self._ahead, self._values, self._state), name="apodora-eager", daemon=True).start()
        kind, value = self._values.get()
        if kind == "value":
            return value
        self._over = True
        if kind == "end":
            raise StopIteration(value)
        raise value

    def close(self):
        """Ends the generator: its finally clauses have run when this returns."""
        if self._over:
            return
        self._over = True
        if not self._started:
            self._generator.close()
            return
        with _atomic:
            self._state.closed = True
        while True:
            kind, value = self._values.get()
            if kind == "end":
                return
            if kind == "error":
                raise value

    def __del__(self):
        self._state.closed = True

class _State:
    closed = False
    def __init__(self):
        self.closed = False

def _produce(generator, ahead, values, state):
    def put(kind, value):
        with _atomic:
            if kind == "value" and not state.closed:
                check(len(values) < ahead)
            values.put((kind, value))
    try:
        while not state.closed:
            try:
                value = next(generator)
            except StopIteration as e:
                return put("end", e.value)
            put("value", value)
        generator.close()
        put("end", None)
    except BaseException as e:
        put("error", e)

def eager(function=None, *, ahead=8):
    """@eager(ahead=n) on a generator function: up to n values are computed before they are asked for, while the consumer works."""
    if function is None:
        return lambda f: eager(f, ahead=ahead)
    if not isinstance(ahead, int) or ahead < 1:
        raise ValueError("ahead must be a positive number")
    from functools import wraps
    @wraps(function)
    def wrapper(*args, **kwargs):
        return _Eager(function(*args, **kwargs), ahead)
    return wrapper

# ---- Context ----

def _in_context(function, args, kwargs):
    with _context:
        return function(*args, **kwargs)

class Context:
    """with Context() as c: c.submit(fn, *args) gives a Future. The callables run in parallel, each in a snapshot; they may read all, and change only
    what they have made: any other write raises ContextError. Leaving the context waits for all of them."""

    def __init__(self):
        self._futures = []

    def __enter__(self):
        return self

    def submit(self, function, /, *args, **kwargs):
        if getattr(_here, "inside", False):              # a thread of the pool does not wait for the pool
            from concurrent.futures import Future
            future = Future()
            _run(future, _in_context, (function, args, kwargs), {})
        else:
            future = _submit("jobs", _in_context, (function, args, kwargs), {})
        self._futures.append(future)
        return future

    def __exit__(self, *exc):
        from concurrent.futures import wait
        wait(self._futures)
        self._futures = []
        return False
