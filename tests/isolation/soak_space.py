"""What the soak test works on: containers of all kinds, what blocks do with them, and a model of it that runs in plain Python 3.11 one block after the other.
A plan is a list of steps: (operation, x, y), or (how, plan) for an inner block."""
import bisect
import collections
import copy
import hashlib
import heapq
import io
import itertools
import random
from array import array

try:
    from apodora import atomic, check, or_else, Counter, Queue, OrderedMap
    MODEL = False
except ImportError:
    MODEL = True

    class Counter:
        def __init__(self): self.value = 0
        def add(self, n): self.value += n

    class Queue(collections.deque):
        put, get = collections.deque.append, collections.deque.popleft

    class OrderedMap(dict):
        def order(self): return sorted(dict.items(self))
        def range(self, lo, hi): return [p for p in self.order() if not p[0] < lo and p[0] < hi]
        def floor(self, k): return next((p for p in reversed(self.order()) if not k < p[0]), None)
        def ceiling(self, k): return next((p for p in self.order() if not p[0] < k), None)
        def first(self): return self.order()[0]
        def last(self): return self.order()[-1]
        def pop(self, k, default=None): return dict.pop(self, k, default)
        def items(self): return iter(self.order())


class Key:
    """A key of a user's class, of which several have one hash."""
    def __init__(self, n): self.n = n
    def __hash__(self): return self.n % 7
    def __eq__(self, other): return isinstance(other, Key) and self.n == other.n
    def __lt__(self, other): return self.n < other.n


class Slots:
    __slots__ = ("a", "b", "c", "d")


if MODEL:
    class Bump:
        def __init__(self): self.n = 0
        def __call__(self, k): self.n += k; return self.n

    class Digest:
        def __init__(self): self.data = b""
        def update(self, data): self.data += data
        def hexdigest(self): return hashlib.sha256(self.data).hexdigest()[:8]
else:
    def Bump():
        n = 0
        def bump(k):
            nonlocal n
            n += k
            return n
        return bump

    class Digest:
        def __init__(self): self.sum = hashlib.sha256()
        def update(self, data): self.sum.update(data)
        def hexdigest(self): return self.sum.hexdigest()[:8]


class Space:
    def __init__(self, persistent=False):
        self.persistent = persistent
        self.list, self.big_list = [], list(range(300))
        self.dict, self.big_dict = {}, {i * 3: i for i in range(400)}
        self.set, self.big_set = set(), set(range(0, 900, 3))
        self.deque, self.bytes, self.array = collections.deque(), bytearray(), array("q", [0] * 10)
        self.ordered, self.default = collections.OrderedDict(), collections.defaultdict(list)
        self.last = collections.deque(maxlen=5)
        self.keyed, self.heap, self.text, self.slots = {}, [], "", Slots()
        self.counter, self.queue, self.map, self.keyed_map = Counter(), Queue(), OrderedMap(), OrderedMap()
        self.slots.a = self.slots.b = self.slots.c = self.slots.d = 0
        self.tree = None
        if persistent:
            return
        self.kind = type("Kind", (), {"f": lambda self: 0, "x": 0})
        self.bump, self.digest, self.binary = Bump(), Digest(), io.BytesIO()
        self.pairs, self.cycle = enumerate(range(10 ** 9)), itertools.cycle("abc")
        self.file, self.random, self.iter, self.numbers = io.StringIO(), random.Random(5), itertools.count(0, 3), iter(range(10 ** 9))


def keys(s): return sorted(k for k in s.__dict__ if k[:2] == "a_")


# ---- operations: each result is made of values that cannot change ----

def list_ops(s, x, y):
    yield lambda: (s.list.append(x), len(s.list))
    yield lambda: s.list.pop() if s.list else None
    def item():
        if s.list: s.list[y % len(s.list)] = x
        return tuple(s.list)
    yield item
    yield lambda: (s.list.sort(), tuple(s.list[:3]))
    yield lambda: (s.list.sort(key=lambda v: -v % 100), tuple(s.list[:3]))
    def spread(): s.list[1:2] = [x, x]; return len(s.list)
    yield spread
    def cut(): del s.list[20:]; return tuple(s.list[-1:])
    yield cut
    yield lambda: (x in s.list, s.list.count(x))
    yield lambda: (s.list.reverse(), tuple(s.list[:2]))
    yield lambda: s.list.insert(y % 5, x)
    yield lambda: (bisect.bisect(sorted(s.list), x), sum(s.list))
    def big(): s.big_list[y % 290] = x; return s.big_list[x % 290]
    yield big
    yield lambda: s.big_list[y % 290]
    yield lambda: (s.big_list.append(x), s.big_list[-2])
    yield lambda: s.big_list.pop() if len(s.big_list) > 295 else None
    yield lambda: (len(s.big_list), sum(s.big_list[100:120]))
    def middle(): s.big_list.insert(150, x); return s.big_list.pop(y % 290)
    yield middle
    yield lambda: s.list.extend((x, y))
    def remove():
        if y % 20 in s.list: s.list.remove(y % 20)
        s.list.append(x % 20)
    yield remove
    def whole(): s.list[:] = [x, y, x]
    if x % 8 == 0: yield whole
    if x % 8 == 1: yield lambda: s.list.clear()
    def times(): s.list *= 2; del s.list[10:]; return tuple(s.list)
    if x % 8 == 2: yield times
    def big_cut(): del s.big_list[10:15]; s.big_list[20:20] = range(x, x + 5); return s.big_list[y % 290]
    yield big_cut
    def big_sort(): s.big_list.sort(); return s.big_list[150]
    if x % 8 == 3: yield big_sort
    yield lambda: s.big_list.index(s.big_list[x % 290])
    yield lambda: x in s.big_list
    def heap():
        heapq.heappush(s.heap, x)
        return heapq.heappop(s.heap) if len(s.heap) > 15 else s.heap[0]
    yield heap


def dict_ops(s, x, y):
    def put(): s.dict[y % 40] = x; return len(s.dict)
    yield put
    def blind(): s.dict[y % 40] = x
    yield blind
    yield lambda: s.dict.pop(y % 40, None)
    yield lambda: (s.dict.get(y % 40), y % 40 in s.dict)
    yield lambda: tuple(s.dict.items())
    yield lambda: tuple(s.dict)
    yield lambda: s.dict.update({(y + i) % 60: x for i in range(3)})
    yield lambda: s.dict.setdefault(y % 40, x)
    yield lambda: s.dict.popitem() if s.dict else None
    def big(): s.big_dict[y] = x
    yield big
    yield lambda: s.big_dict.pop(y, None)
    yield lambda: s.big_dict.get(y)
    yield lambda: y in s.big_dict
    yield lambda: len(s.big_dict)
    def move():
        v = s.big_dict.pop(y, None)
        if v is not None: s.big_dict[x] = v
        return v
    yield move
    yield lambda: tuple(itertools.islice(s.big_dict.items(), 3))
    yield lambda: sum(s.big_dict) if x % 4 == 0 else None
    if x % 8 == 0: yield lambda: s.dict.clear()
    if x % 32 == 1: yield lambda: (s.big_dict.clear(), s.big_dict.update((i, i) for i in range(0, 1000, 4)))[0]
    def merge(): s.dict |= {x % 50: y, y % 50: x}
    yield merge
    yield lambda: tuple(s.dict.copy().values())
    yield lambda: s.big_dict.popitem() if len(s.big_dict) > 100 else None
    def half():                                       # stops in the middle of an iteration
        for k in s.dict:
            if k > 20: return k
    yield half
    yield lambda: s.ordered.popitem(last=bool(x % 2)) if s.ordered else None
    def ordered(): s.ordered[y % 20] = x; return tuple(s.ordered)[:3]
    yield ordered
    def to_end():
        if y % 20 in s.ordered: s.ordered.move_to_end(y % 20, last=bool(x % 2))
        return next(iter(s.ordered), None)
    yield to_end
    def nested(): s.default[y % 10].append(x); return len(s.default[x % 10])
    yield nested
    yield lambda: tuple(s.default.pop(y % 10, ()))
    def keyed(): s.keyed[Key(y % 30)] = x; return s.keyed.get(Key(x % 30))
    yield keyed
    yield lambda: s.keyed.pop(Key(y % 30), None)
    yield lambda: tuple(k.n for k in s.keyed)


def set_ops(s, x, y):
    yield lambda: s.set.add(y % 40)
    yield lambda: (s.set.discard(y % 40), y % 40 in s.set)
    yield lambda: tuple(sorted(s.set))
    def xor(): s.set ^= {y % 40, x % 40}; return len(s.set)
    yield xor
    yield lambda: (s.big_set.add(y), len(s.big_set))
    yield lambda: (s.big_set.discard(y), x in s.big_set)
    yield lambda: y in s.big_set
    if x % 8 == 0: yield lambda: s.set.clear()
    yield lambda: s.set.update((x % 50, y % 50))
    yield lambda: len(s.set & s.big_set)
    def minus(): s.big_set -= {x, y}; return len(s.big_set)
    yield minus
    def either(): s.big_set |= {x, y}
    yield either


def other_ops(s, x, y):
    yield lambda: (s.deque.append(x), s.deque[0])
    yield lambda: s.deque.popleft() if s.deque else None
    yield lambda: s.deque.extendleft((x, y))
    def deque_item():
        if s.deque: s.deque[y % len(s.deque)] = x
        return tuple(s.deque)
    yield deque_item
    yield lambda: (s.deque.insert(y % 6, x), s.deque.count(x))
    if x % 8 == 0: yield lambda: s.deque.clear()
    def last():
        while len(s.last) > 4: s.last.pop()
        s.last.append(x); s.last.reverse(); return s.last[0]
    yield last
    yield lambda: (s.deque.rotate(y % 5), tuple(s.deque)[:4])
    def attribute(): setattr(s, f"a_{y % 9}", x); return getattr(s, f"a_{(y + 1) % 9}", None)
    yield attribute
    def no_attribute():
        if hasattr(s, f"a_{y % 9}"): delattr(s, f"a_{y % 9}")
        return tuple(keys(s))
    yield no_attribute
    def slot(): setattr(s.slots, "abcd"[y % 4], x); return getattr(s.slots, "abcd"[x % 4])
    yield slot
    def swap(): s.slots.a, s.slots.b = s.slots.b, s.slots.a; return s.slots.a
    yield swap
    yield lambda: (s.bytes.append(x % 256), bytes(s.bytes[-5:]))
    def bytes_cut(): del s.bytes[:len(s.bytes) // 2]; return len(s.bytes)
    yield bytes_cut
    def number(): s.array[y % 10] += x; return s.array[x % 10]
    yield number
    def text():
        s.text += str(x)
        if len(s.text) > 100: s.text = s.text[50:]
        return s.text[-5:]
    yield text
    def tree():                                       # objects that change hands
        s.tree = (x, s.tree, [y])
        depth, t = 0, s.tree
        while t: depth, t = depth + 1, t[1]
        if depth > 8: s.tree = s.tree[1][1]
        s.tree[2].append(x)
        return depth, tuple(s.tree[2])
    yield tree


def hot_ops(s, x, y):
    yield lambda: s.counter.add(x)
    yield lambda: s.counter.add(-y)
    yield lambda: s.counter.value
    yield lambda: s.queue.put(x)
    yield lambda: s.queue.get() if len(s.queue) else None
    def put(): s.map[y % 60] = x; return s.map.floor(x % 60)
    yield put
    def blind(): s.map[y] = x
    yield blind
    yield lambda: (s.map.pop(y % 60, None), len(s.map))
    yield lambda: s.map.pop(y, None)
    yield lambda: tuple(s.map.range(y % 60, y % 60 + 10))
    yield lambda: (s.map.get(y % 60), s.map.ceiling(y % 60))
    yield lambda: (s.map.first(), s.map.last()) if len(s.map) else None
    def keyed(): s.keyed_map[Key(y % 40)] = x; return len(s.keyed_map)
    yield keyed
    yield lambda: s.keyed_map.pop(Key(y % 40), None)
    yield lambda: tuple((k.n, v) for k, v in s.keyed_map.range(Key(y % 40), Key(y % 40 + 10)))


def volatile_ops(s, x, y):
    """On what no store keeps."""
    if s.persistent:
        return
    def function(): s.kind.f = lambda self: x; return s.kind().f()
    if x % 16 == 0: yield function
    yield lambda: s.kind().f()
    def variable(): s.kind.x += x; return s.kind.x
    yield variable
    yield lambda: (s.file.write(str(x)), s.file.tell())
    def file(): s.file.seek(max(0, s.file.tell() - 10)); return s.file.read(5)
    yield file
    yield lambda: s.random.random()
    yield lambda: s.random.getrandbits(40)
    yield lambda: next(s.pairs)
    yield lambda: next(s.cycle)
    yield lambda: s.bump(x % 3)
    yield lambda: s.bump(0)
    yield lambda: (s.digest.update(bytes([x % 256])), s.digest.hexdigest())[1]
    def cut_file(): s.file.seek(s.file.tell() // 2); s.file.truncate(); return len(s.file.getvalue())
    if x % 4 == 0: yield cut_file
    yield lambda: (s.binary.write(b"%d" % x), s.binary.getvalue()[-6:])[1]
    yield lambda: next(s.iter)
    yield lambda: next(s.numbers)


GROUPS = (list_ops, dict_ops, set_ops, other_ops, hot_ops, volatile_ops)


def operation(s, group, x, y):
    choices = list(GROUPS[group % len(GROUPS)](s, x, y))
    return choices[(x * 31 + y) % len(choices)]() if choices else None


# ---- blocks ----

class Undo(Exception):
    pass


if MODEL:
    class Retry(BaseException):
        pass

    class Abort(BaseException):
        pass

    def check(condition):
        if not condition:
            raise Retry

    class Point:
        """The state of the one space there is, to go back to."""
        def __init__(self, space):
            self.space = space
            flat = ("list", "big_list", "dict", "big_dict", "set", "big_set", "deque", "last", "bytes", "array", "ordered", "keyed", "heap", "queue", "map", "keyed_map")
            self.saved = {k: copy.copy(v) if k in flat else copy.deepcopy(v) for k, v in space.__dict__.items()}
            if not space.persistent: self.kind = space.kind.f, space.kind.x

        def rollback(self):
            self.space.__dict__.clear()
            self.space.__dict__.update(self.saved)
            if not self.space.persistent: self.space.kind.f, self.space.kind.x = self.kind

    class inner:
        def __init__(self, space): self.space = space
        def __enter__(self): self.point = Point(self.space); return self
        def abort(self): raise Abort
        def savepoint(self): return Point(self.space)
        def __exit__(self, kind, value, traceback):
            if kind is not None: self.point.rollback()
            return kind is Abort

    def or_else_in(space, *functions):
        for f in functions:
            try:
                with inner(space): return f()
            except Retry:
                pass
else:
    def inner(space): return atomic
    def or_else_in(space, *functions): return or_else(*functions)


def savepoint(s, t, plan, results):
    point = t.savepoint()
    run(s, t, plan, [])
    point.rollback()


def alternatives(s, x, y):
    def first(): s.dict[1] = x; s.map[7] = x; s.queue.put(x); check(x % 3 == 0 and s.counter.value % 2); return "first", len(s.dict)
    def second(): s.dict[2] = y; s.big_dict[5000] = x; check(y % 2); return "second", len(s.dict)
    return or_else_in(s, first, second, lambda: ("third", s.dict.get(1), s.map.get(7), 5000 in s.big_dict))


def run(s, t, plan, results):
    """t: the innermost block's transaction."""
    count = 0
    for step in plan:
        if step[0] == "keep":
            with inner(s) as t2:
                run(s, t2, step[1], results)
                count += 1
        elif step[0] == "raise":
            try:
                with inner(s) as t2:
                    mine = []
                    run(s, t2, step[1], mine)
                    count += 1                        # a local variable of this frame, which stays
                    raise Undo(tuple(mine))
            except Undo as e:
                results.append(e.args[0])
        elif step[0] == "abort":
            before = len(results)
            with inner(s) as t2:
                run(s, t2, step[1], results)
                count += 1
                t2.abort()
            if MODEL: del results[before:]            # the list is older than the inner block
        elif step[0] == "savepoint":
            savepoint(s, t, step[1], results)
        elif step[0] == "or_else":
            results.append(alternatives(s, *step[1]))
        else:
            results.append(operation(s, *step))
    results.append(count)


def plan(rng, depth=0, alternatives=True):
    steps = []
    for _ in range(rng.randrange(1, 6)):
        how = rng.random()
        if how < 0.12 and depth < 3:
            steps.append((rng.choice(("keep", "raise", "abort", "savepoint")), plan(rng, depth + 1, alternatives)))
        elif how < 0.15 and alternatives:
            steps.append(("or_else", (rng.randrange(1000), rng.randrange(1000))))
        else:
            steps.append((rng.randrange(len(GROUPS)), rng.randrange(1000), rng.randrange(1000)))
    return steps


def look(s):
    return [tuple(s.list), tuple(s.big_list), tuple(s.dict.items()), tuple(s.big_dict.items()), tuple(sorted(s.set)), tuple(sorted(s.big_set)), tuple(s.deque),
           bytes(s.bytes), tuple(s.last), tuple(s.array), tuple(s.ordered.items()), tuple((k, tuple(v)) for k, v in s.default.items()), tuple((k.n, v) for k, v in s.keyed.items()),
           tuple(s.heap), s.text, (s.slots.a, s.slots.b, s.slots.c, s.slots.d), s.counter.value, len(s.queue), tuple(s.map.items()), len(s.map),
           tuple((k.n, v) for k, v in s.keyed_map.items()), tuple((k, getattr(s, k)) for k in keys(s)), repr(s.tree)]


def final(s):
    out = look(s)
    if not s.persistent:
        out += [s.kind().f(), s.kind.x, s.file.getvalue(), s.file.tell(), s.random.random(), next(s.iter), next(s.numbers), next(s.pairs), next(s.cycle), s.bump(0), s.digest.hexdigest(), s.binary.getvalue()]
    return out
