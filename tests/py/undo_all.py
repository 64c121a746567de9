"""Every mutable native type: each of its mutating methods is undone with the block it was called in.

TABLE says of each type how to make one, what its state is, which methods change it (and how to call them), and which do not. The test fails when a native type
stands neither there nor among those that hold no state of the program (CONSTANT, OUTSIDE), or when dir() of a type shows a name that its line does not.
Each change is tried on an object that is older than the block, in a nested block, in a nested block behind another change, and while another thread
runs; after the block was left by an exception, the state must be that of a second object, made the same way, that was left alone."""
# expect: tables complete
# expect: undone
# expect: undone
import _abc, _blake2, _codecs, _collections, _contextvars, _csv, _hashlib, _io, _json, _md5, _pickle, _queue, _random, _sha1, _sha256, _sha3, _sha512, _sre, _string, _struct, _thread, _weakref
import array, collections, contextvars, copy, csv, functools, io, itertools, operator, random, re, struct, sys, threading, types, unicodedata, weakref, zlib
import apodora
from apodora import atomic


class Stop(Exception):
    pass


# ---- what every type has, and what never changes anything
COMMON = set(dir(object)) - {"__init__", "__setattr__", "__delattr__", "__class__"} | set("""
    __len__ __contains__ __getitem__ __add__ __mul__ __rmul__ __radd__ __reversed__ __class_getitem__ __copy__ __deepcopy__ __getnewargs__ __length_hint__ __dict__ __weakref__
    __or__ __ror__ __and__ __rand__ __sub__ __rsub__ __xor__ __rxor__ __mod__ __rmod__ __module__ __get__ __text_signature__ __objclass__ __getstate__ __wrapped__ __self__
    __name__ __qualname__ __iter__ __call__ __isabstractmethod__ __bool__ __buffer__ __release_buffer__""".split())
# what a type without attributes of its own refuses to do to its instances
REFUSED = {"__setattr__", "__delattr__", "__class__", "__init__"}

TABLE = {}


def line(kind, make, state, changes, pure="", attributes=False):
    """changes: name, or name:variant -> function of the object."""
    known = {c.partition(":")[0] for c in changes} | set(pure.split())
    TABLE[kind] = make, state, changes, known | ({"__init__"} if not attributes else set()) | {"__class__"} | ({"__setattr__", "__delattr__"} if not attributes else set())


def call(name, *args, **kw):
    """A change: calls the method on copies of its arguments."""
    def change(o):
        return getattr(o, name)(*[a() if isinstance(a, Fresh) else a for a in args], **kw)
    return change


class Fresh:
    def __init__(self, make):
        self.make = make

    def __call__(self):
        return self.make()


def attribute_changes(names="x"):
    def replace_dict(o):
        o.__dict__ = {"other": 1}

    def many(o):
        for i in range(80):
            setattr(o, f"a{i}", i)

    def some(o):
        o.fresh = 1
        del o.fresh
        o.later = [1]
    return {"__setattr__": lambda o: setattr(o, "fresh", 1), "__setattr__:many": many, "__delattr__": lambda o: delattr(o, names), "__setattr__:some": some,
            "__dict__": lambda o: o.__dict__.update(z=9), "__dict__:replace": replace_dict, "__dict__:clear": lambda o: o.__dict__.clear()}


# ---- containers
def sequence_changes(x, many):
    def item(o): o[1] = x
    def part(o): o[1:3] = many()
    def steps(o): o[::2] = o[::2]; del o[::2]
    def gone(o): del o[0]
    def parts(o): del o[1:]
    return {"append": call("append", x), "extend": lambda o: o.extend(many()), "insert": call("insert", 1, x), "pop": call("pop"), "remove": lambda o: o.remove(o[1]),
            "reverse": call("reverse"), "__setitem__": item, "__delitem__": gone, "__setitem__:slice": part, "__delitem__:slice": parts, "__delitem__:steps": steps,
            "__iadd__": lambda o: operator.iadd(o, many()), "__imul__": lambda o: operator.imul(o, 2), "__imul__:0": lambda o: operator.imul(o, 0)}


line(list, lambda: [3, 1, 2, "x", 4], list, sequence_changes(9, lambda: [7, 8]) | {
    "clear": call("clear"), "sort": lambda o: o.sort(key=str), "sort:reverse": lambda o: o.sort(key=str, reverse=True), "pop:0": call("pop", 0),
    "__init__": call("__init__", [5]), "extend:self": lambda o: o.extend(o), "append:many": lambda o: [o.append(i) for i in range(200)]}, "copy count index")
line(bytearray, lambda: bytearray(b"abcdef"), bytes, sequence_changes(65, lambda: b"XY") | {
    "clear": call("clear"), "__init__": call("__init__", b"zz"), "pop:0": call("pop", 0), "extend:long": lambda o: o.extend(bytes(5000))}, """__alloc__ capitalize center copy count
    decode endswith expandtabs find fromhex hex index isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust lower lstrip maketrans partition removeprefix
    removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill""")
line(array.array, lambda: array.array("h", [1, 2, 3, 4]), lambda o: (o.typecode, o.tolist()), sequence_changes(9, lambda: array.array("h", [7, 8])) | {
    "byteswap": call("byteswap"), "frombytes": call("frombytes", b"\1\2\3\4"), "fromlist": call("fromlist", [5, 6]), "fromfile": lambda o: o.fromfile(io.BytesIO(b"\0\1\0\1"), 2),
    "pop:0": call("pop", 0)}, "buffer_info count fromunicode index itemsize tobytes tofile tolist tounicode typecode")
MEMORY = bytearray(b"abcdef")
line(memoryview, lambda: memoryview(bytearray(b"abcdef")), bytes, {
    "__setitem__": lambda o: operator.setitem(o, 0, 65), "__setitem__:slice": lambda o: operator.setitem(o, slice(0, 2), b"XY"), "release": call("release"), "__exit__": call("__exit__", 0, 0, 0)},
    "__delitem__ __enter__ c_contiguous cast contiguous f_contiguous format hex itemsize nbytes ndim obj readonly shape strides suboffsets tobytes tolist toreadonly")


def dict_changes():
    def item(o): o["new"] = 1
    def old(o): o["a"] = 9
    def gone(o): del o["a"]
    return {"__setitem__": item, "__setitem__:old": old, "__delitem__": gone, "clear": call("clear"), "pop": call("pop", "a"), "popitem": call("popitem"), "setdefault": call("setdefault", "q", 1),
            "update": call("update", {"b": 8}, z=1), "__ior__": lambda o: operator.ior(o, {"n": 1}), "__init__": call("__init__", {"i": 1}),
            "__setitem__:many": lambda o: [o.__setitem__(i, i) for i in range(300)], "pop:reinsert": lambda o: o.__setitem__("a", o.pop("a"))}


DICT_PURE = "copy fromkeys get items keys values"
line(dict, lambda: {"a": 1, "b": [2], 3: 3}, lambda o: list(o.items()), dict_changes(), DICT_PURE)
line(collections.OrderedDict, lambda: collections.OrderedDict(a=1, b=2, c=3), lambda o: (list(o.items()), list(reversed(o)), vars(o)), dict_changes() | {
    "move_to_end": call("move_to_end", "a"), "move_to_end:first": call("move_to_end", "c", last=False), "popitem:first": call("popitem", last=False)} |
    {"__setattr__": lambda o: setattr(o, "x", 1), "__delattr__": lambda o: (setattr(o, "x", 1), delattr(o, "x"), setattr(o, "y", 1))}, DICT_PURE, attributes=True)
line(collections.defaultdict, lambda: collections.defaultdict(list, a=[1], b=[2]), lambda o: (o.default_factory, list(o.items())), dict_changes() | {
    "__missing__": call("__missing__", "m"), "__getitem__": lambda o: o["missing"].append(1), "default_factory": lambda o: setattr(o, "default_factory", dict), "__init__": call("__init__", dict, i=1)}, DICT_PURE)
line(set, lambda: {1, 2, 3}, frozenset, {
    "add": call("add", 9), "clear": call("clear"), "difference_update": call("difference_update", {1}), "discard": call("discard", 1), "intersection_update": call("intersection_update", {1}),
    "pop": call("pop"), "remove": call("remove", 1), "symmetric_difference_update": call("symmetric_difference_update", {1, 9}), "update": call("update", [7, 8]), "__init__": call("__init__", [5]),
    "__iand__": lambda o: operator.iand(o, {1}), "__ior__": lambda o: operator.ior(o, {9}), "__isub__": lambda o: operator.isub(o, {1}), "__ixor__": lambda o: operator.ixor(o, {1, 9}),
    "add:many": lambda o: [o.add(i) for i in range(300)]}, "copy difference intersection isdisjoint issubset issuperset symmetric_difference union")
line(collections.deque, lambda: collections.deque([1, 2, 3, 4], 6), lambda o: (list(o), o.maxlen), {k: v for k, v in sequence_changes(9, lambda: [7, 8]).items() if "slice" not in k and "steps" not in k} | {
    "appendleft": call("appendleft", 0), "clear": call("clear"), "extendleft": call("extendleft", [7, 8]), "popleft": call("popleft"), "rotate": call("rotate", 1), "__init__": call("__init__", [5], 2),
    "append:many": lambda o: [o.append(i) for i in range(300)]}, "copy count index maxlen")


# ---- iterators
def rest(o):
    return list(itertools.islice(o, 31))


def advance(o):
    next(o)
    return next(o, None)


def iterator(make, changes=(), state=rest, pure="", **others):
    kind = type(make())
    line(kind, make, state, {"__next__": next, "__next__:2": advance, "__next__:all": rest} | dict(changes), pure)


class Indexed:
    def __getitem__(self, i):
        return "abcdefgh"[i]


class Indexed2(Indexed):
    def __len__(self):
        return 8


def counter():
    n = itertools.count()
    return lambda: next(n)


at2 = {"__setstate__": call("__setstate__", 2)}
iterator(lambda: iter([1, 2, 3, 4]), at2)
iterator(lambda: reversed([1, 2, 3, 4]), at2)
iterator(lambda: iter((1, 2, 3, 4)), at2)
iterator(lambda: iter("abcd"), at2)
iterator(lambda: iter("abc\u20acd"), at2)
iterator(lambda: iter(b"abcd"), at2)
iterator(lambda: iter(bytearray(b"abcd")), at2)
iterator(lambda: iter(array.array("h", [1, 2, 3, 4])), at2)
iterator(lambda: iter(range(10)), at2)
iterator(lambda: iter(range(2**70, 2**70 + 5)), at2)
iterator(lambda: iter(Indexed()), at2)
iterator(lambda: iter(counter(), 6))
iterator(lambda: reversed(Indexed2()), at2)
iterator(lambda: enumerate("abcd"))
iterator(lambda: filter(None, [0, 1, 2, 0, 3]))
iterator(lambda: map(str, range(5)))
iterator(lambda: zip("abcd", range(3)), {"__setstate__": call("__setstate__", True)})
for view in "keys", "values", "items":
    iterator(lambda view=view: iter(getattr({1: 2, 3: 4, 5: 6}, view)()))
    iterator(lambda view=view: reversed(getattr({1: 2, 3: 4, 5: 6}, view)()))
iterator(lambda: iter({1, 2, 3}))
iterator(lambda: iter(collections.OrderedDict(a=1, b=2, c=3)))
iterator(lambda: iter(collections.deque([1, 2, 3])))
iterator(lambda: reversed(collections.deque([1, 2, 3])))
iterator(lambda: struct.iter_unpack("<h", b"\1\0\2\0\3\0"))
iterator(lambda: _string.formatter_parser("a{b}c{d!r:x}e"))
iterator(lambda: _string.formatter_field_name_split("a.b[c].d")[1])
iterator(lambda: itertools.accumulate([1, 2, 3, 4]), {"__setstate__": lambda o: (next(o), o.__setstate__(50))})
iterator(lambda: itertools.chain("ab", "cd"), {"__setstate__": lambda o: o.__setstate__((iter(["xy"]),))}, pure="from_iterable")
iterator(lambda: itertools.combinations("abcd", 2), {"__setstate__": lambda o: (next(o), o.__setstate__((1, 2)))})
iterator(lambda: itertools.combinations_with_replacement("abc", 2), {"__setstate__": lambda o: (next(o), o.__setstate__((1, 2)))})
iterator(lambda: itertools.compress("abcd", [1, 0, 1, 1]))
iterator(lambda: itertools.count(3), pure="")
iterator(lambda: itertools.cycle("abc"), {"__setstate__": call("__setstate__", ([1, 2], 0))})
iterator(lambda: itertools.dropwhile(lambda x: x < 2, range(6)), {"__setstate__": call("__setstate__", 1)})
iterator(lambda: itertools.filterfalse(None, [0, 1, 0, "", 2]))
iterator(lambda: itertools.groupby("aabbccdd"), {"__setstate__": lambda o: (next(o), o.__setstate__(("c", "c", "c")))}, state=lambda o: [(k, "".join(g)) for k, g in o])
iterator(lambda: next(itertools.groupby("aaab"))[1])
iterator(lambda: itertools.islice("abcdefgh", 1, None, 2), {"__setstate__": call("__setstate__", 3)})
iterator(lambda: itertools.pairwise("abcde"))
iterator(lambda: itertools.permutations("abc"), {"__setstate__": lambda o: (next(o), o.__setstate__(((1, 0, 2), (3, 2, 1))))})
iterator(lambda: itertools.product("ab", "cd"), {"__setstate__": lambda o: (next(o), o.__setstate__((1, 0)))})
iterator(lambda: itertools.repeat("x", 4))
iterator(lambda: itertools.starmap(max, [(1, 2), (3, 4), (5, 6)]))
iterator(lambda: itertools.takewhile(lambda x: x < 3, range(9)), {"__setstate__": call("__setstate__", 1)})
iterator(lambda: itertools.tee("abcdef")[1], {"__setstate__": lambda o: o.__setstate__(itertools.tee("xyz")[0].__reduce__()[2])})
iterator(lambda: itertools.zip_longest("abcd", "xy"), {"__setstate__": call("__setstate__", "fill")})
iterator(lambda: csv.reader(["a,b", "c,d", "e,f", "g,h"]), state=lambda o: (o.line_num, rest(o), o.line_num), pure="dialect line_num")
iterator(lambda: re.compile("a").finditer("aXaXaXa"), state=lambda o: [m.span() for m in o])
line(type(re.compile("a").scanner("a")), lambda: re.compile("a").scanner("aXaXaXa"), lambda o: [m.span() for m in iter(o.search, None)], {
    "match": call("match"), "search": call("search")}, "pattern")


def gen():
    seen = [(yield 1)]
    try:
        while len(seen) < 5:
            seen.append((yield list(seen)))
    except ValueError as e:
        seen.append(str(e))
        yield seen
    yield seen


def started():
    g = gen()
    next(g)
    next(g)
    return g


async def coro():
    return [await pause(i) for i in range(4)]


@types.coroutine
def pause(i):
    return (yield i)


def waiting(make=coro):
    c = make()
    c.send(None)
    return c


def finish(c):
    got = []
    try:
        for i in range(9):
            got.append(c.send(i))
    except (StopIteration, RuntimeError) as e:
        got.append(str(e))
    return got


line(types.GeneratorType, started, lambda g: (g.gi_running, g.gi_suspended, g.__name__, g.__qualname__, finish(g)), {
    "__next__": next, "send": call("send", 5), "throw": lambda g: g.throw(ValueError("in")), "close": call("close"), "__next__:all": lambda g: list(g),
    "__name__": lambda g: setattr(g, "__name__", "n"), "__qualname__": lambda g: setattr(g, "__qualname__", "q")}, "gi_code gi_frame gi_running gi_suspended gi_yieldfrom")
line(types.CoroutineType, waiting, lambda c: (c.cr_suspended, c.__name__, c.__qualname__, finish(c)), {
    "send": call("send", 5), "throw": lambda c: swallow(lambda: c.throw(ValueError)), "close": call("close"), "__name__": lambda g: setattr(g, "__name__", "n"),
    "__qualname__": lambda g: setattr(g, "__qualname__", "q")}, "__await__ cr_await cr_code cr_frame cr_origin cr_running cr_suspended")
line(type(waiting().__await__()), lambda: waiting().__await__(), finish, {
    "send": call("send", 5), "__next__": next, "throw": lambda c: swallow(lambda: c.throw(ValueError)), "close": call("close")})


def swallow(f):
    try:
        f()
    except (ValueError, StopIteration, RuntimeError):
        pass


# ---- streams in memory, digests, random numbers, compressors
def stream(make, state, piece, extra):
    return make, state, {
        "write": call("write", piece), "read": call("read", 2), "readline": call("readline"), "readlines": call("readlines"), "seek": call("seek", 1), "truncate": call("truncate", 1),
        "writelines": lambda o: o.writelines([piece, piece]), "close": call("close"), "__next__": next, "__exit__": call("__exit__", None, None, None), "__init__": call("__init__", piece),
        "__setattr__": lambda o: setattr(o, "x", 1), "__delattr__": lambda o: (setattr(o, "x", 1), delattr(o, "x"), setattr(o, "y", 1))} | extra, """__enter__ _checkClosed
        _checkReadable _checkSeekable _checkWritable __del__ closed detach encoding errors fileno flush getbuffer getvalue isatty line_buffering newlines readable seekable tell writable read1"""


def stream_state(o):
    return o.closed or (o.getvalue(), o.tell(), o.read(), vars(o))


line(io.StringIO, *stream(lambda: io.StringIO("one\ntwo\nthree\n"), stream_state, "piece", {"__setstate__": call("__setstate__", ("new", "\n", 2, {"k": 1}))}), attributes=True)
line(io.BytesIO, *stream(lambda: io.BytesIO(b"one\ntwo\nthree\n"), stream_state, b"piece", {
    "__setstate__": call("__setstate__", (b"new", 2, {"k": 1})), "read1": call("read1", 2), "readinto": lambda o: o.readinto(bytearray(2)), "readinto1": lambda o: o.readinto1(bytearray(2)),
    "write:far": lambda o: (o.seek(100), o.write(b"x")), "getbuffer": lambda o: o.getbuffer().__setitem__(0, 65)}), attributes=True)
def decoder():
    d = io.IncrementalNewlineDecoder(None, True)
    d.decode("a\r")
    return d


line(io.IncrementalNewlineDecoder, decoder, lambda o: (o.getstate(), o.newlines, o.decode("a\r\n", True)), {
    "decode": call("decode", "a\nb\r"), "setstate": call("setstate", (b"", 0)), "reset": call("reset"), "__init__": call("__init__", None, False)}, "errors getstate newlines")

for kind in _md5.md5, _sha1.sha1, _sha256.sha224, _sha256.sha256, _sha512.sha384, _sha512.sha512, _sha3.sha3_224, _sha3.sha3_256, _sha3.sha3_384, _sha3.sha3_512, _blake2.blake2b, _blake2.blake2s:
    line(type(kind()), lambda kind=kind: kind(b"start"), lambda o: o.hexdigest(), {"update": call("update", b"more"), "update:long": call("update", bytes(1000))}, """MAX_DIGEST_SIZE MAX_KEY_SIZE
        PERSON_SIZE SALT_SIZE block_size copy digest digest_size hexdigest name _capacity_bits _rate_bits _suffix""")
for kind in _sha3.shake_128, _sha3.shake_256:
    line(type(kind()), lambda kind=kind: kind(b"start"), lambda o: o.hexdigest(20), {"update": call("update", b"more")}, "block_size copy digest digest_size hexdigest name _capacity_bits _rate_bits _suffix")
for kind, size in (_hashlib.new("sha256"), ()), (_hashlib.new("shake_128"), (20,)), (_hashlib.hmac_new(b"key", digestmod="sha256"), ()):
    make = (lambda: _hashlib.hmac_new(b"key", b"start", "sha256")) if kind.name.startswith("hmac") else lambda name=kind.name: _hashlib.new(name, b"start")
    line(type(kind), make, lambda o, size=size: o.hexdigest(*size), {"update": call("update", b"more"), "update:long": call("update", bytes(5000))}, "block_size copy digest digest_size hexdigest name")
line(_random.Random, lambda: _random.Random(5), lambda o: o.getstate(), {
    "random": call("random"), "getrandbits": call("getrandbits", 40), "seed": call("seed", 9), "setstate": lambda o: o.setstate(_random.Random(3).getstate())}, "getstate")


# ---- pickling
KNOWN, FILES = ["known"], {}


def pickler():
    f = io.BytesIO()
    p = _pickle.Pickler(f, 4)
    p.dump(KNOWN)
    FILES[id(p)] = p, f
    return p


def pickler_state(o):
    f = FILES[id(o)][1]
    before = f.getvalue()
    o.dump([KNOWN])
    return before, f.getvalue(), o.fast, o.bin, getattr(o, "dispatch_table", None)


def unpickler():
    f = io.BytesIO(b"".join(_pickle.dumps([i]) for i in range(4)))
    u = _pickle.Unpickler(f)
    u.load()
    FILES[id(u)] = u, f
    return u


line(_pickle.Pickler, pickler, pickler_state, {
    "dump": call("dump", [1, KNOWN]), "dump:many": lambda o: [o.dump([i, str(i)]) for i in range(50)], "clear_memo": call("clear_memo"), "fast": lambda o: setattr(o, "fast", 1),
    "bin": lambda o: setattr(o, "bin", 0), "dispatch_table": lambda o: setattr(o, "dispatch_table", {}), "memo": lambda o: setattr(o, "memo", {}), "memo:clear": lambda o: o.memo.clear(), "__init__": lambda o: o.__init__(io.BytesIO(), 2)}, "persistent_id")
line(_pickle.Unpickler, unpickler, lambda o: (o.memo.copy(), o.load(), FILES[id(o)][1].tell()), {
    "load": call("load"), "memo": lambda o: setattr(o, "memo", {9: 9}), "memo:clear": lambda o: o.memo.clear(), "__init__": lambda o: o.__init__(io.BytesIO())}, "find_class persistent_load")

# ---- apodora's own containers
def ordered():
    m = apodora.OrderedMap()
    for k in 5, 1, 3: m[k] = str(k)
    return m


def queue_of_three():
    q = apodora.Queue()
    for i in range(3): q.put([i])
    return q


def map_iterator():
    m = ordered()
    i = iter(m)
    next(i)
    FILES[id(i)] = i, m
    return i


def drained(q):
    return [q.get() for i in range(len(q))]


line(apodora.Counter, lambda: apodora.Counter(5), lambda o: (o.value, int(o)), {"add": call("add", 3), "add:many": lambda o: [o.add(i) for i in range(50)]}, "__index__ __int__ value")
line(apodora.Queue, queue_of_three, drained, {"put": call("put", 9), "get": call("get"), "put:many": lambda o: [o.put(i) for i in range(300)], "get:all": drained})
line(apodora.OrderedMap, ordered, lambda o: list(o.items()), {
    "__setitem__": lambda o: operator.setitem(o, 4, "new"), "__setitem__:old": lambda o: operator.setitem(o, 3, "new"), "__setitem__:many": lambda o: [operator.setitem(o, i, i) for i in range(300)],
    "__delitem__": lambda o: operator.delitem(o, 1), "clear": call("clear"), "pop": call("pop", 5), "setdefault": call("setdefault", 9, 1), "update": call("update", {7: 8, 1: 2}), "popitem": call("popitem"),
    "popitem:first": lambda o: o.popitem(last=False)},
    "_walk ceiling copy first floor get items keys last range values")
line(type(iter(ordered())), map_iterator, list, {"__next__": next, "__next__:all": list})
line(type(zlib.compressobj()), zlib.compressobj, lambda o: o.compress(b"tail" * 3) + o.flush(), {
    "compress": call("compress", b"head" * 9), "flush": call("flush", zlib.Z_SYNC_FLUSH)}, "copy")
PACKED = zlib.compress(b"head" * 50) + b"behind"
line(type(zlib.decompressobj()), zlib.decompressobj, lambda o: (o.decompress(PACKED, 60), o.flush(), o.eof, o.unused_data, o.unconsumed_tail), {
    "decompress": call("decompress", PACKED[:5]), "decompress:all": call("decompress", PACKED), "flush": lambda o: (o.decompress(PACKED, 5), o.flush())}, "copy eof unconsumed_tail unused_data")
line(_queue.SimpleQueue, lambda: queue_of(1, 2, 3), lambda o: [o.get_nowait() for i in range(o.qsize())], {
    "put": call("put", 4), "put_nowait": call("put_nowait", 4), "get": call("get"), "get_nowait": call("get_nowait")}, "empty qsize")


def queue_of(*items):
    q = _queue.SimpleQueue()
    for i in items:
        q.put(i)
    return q


class Lines(list):
    write = list.append


LINES = Lines()
line(type(csv.writer(LINES)), lambda: writer(), lambda o: written[id(o)][:], {
    "writerow": call("writerow", [1, "a b"]), "writerows": call("writerows", [[1], [2]])}, "dialect")
written = {}


def writer():
    to = Lines()
    w = csv.writer(to)
    written[id(w)] = to
    keep.append(w)
    return w


keep = []


# ---- functions, classes, modules, exceptions
def plain(a, b=1, *, c: int = 2):
    "doc"
    return a, b, c


def function():
    f = types.FunctionType(plain.__code__, globals(), "plain", (1,), None)
    f.__kwdefaults__ = {"c": 2}
    f.x = 1
    return f


def other(a):
    return "other"


def setter(name, value):
    return lambda o: setattr(o, name, value)


line(types.FunctionType, function, lambda f: (f(0), f.__name__, f.__qualname__, f.__doc__, f.__module__, f.__defaults__, f.__kwdefaults__, f.__annotations__, f.__code__, vars(f)), {
    "__code__": setter("__code__", other.__code__), "__defaults__": setter("__defaults__", (5,)), "__kwdefaults__": setter("__kwdefaults__", {"c": 7}), "__name__": setter("__name__", "n"),
    "__qualname__": setter("__qualname__", "q"), "__doc__": setter("__doc__", "d"), "__module__": setter("__module__", "m"), "__annotations__": setter("__annotations__", {"a": 1}),
    "__annotations__:item": lambda f: f.__annotations__.update(r=1), "__kwdefaults__:item": lambda f: f.__kwdefaults__.update(c=9)} | attribute_changes(), "__builtins__ __closure__ __globals__ __init__", attributes=True)


class Base:
    def who(self): return "Base"


class Other:
    def who(self): return "Other"


def klass():
    class K(Base):
        x = 1
        def f(self): return "f"
    class Below(K):
        pass
    K.below = weakref.ref(Below)
    K.keeps = (Below,)
    return K


def class_state(K):
    B = K.keeps[0] if hasattr(K, "keeps") else None
    return (K.__name__, K.__qualname__, K.__module__, K.__doc__, K.__bases__, [c.__qualname__ for c in K.__mro__], [c.__qualname__ for c in B.__mro__] if B else 0, sorted(set(vars(K)) - {"__weakref__"}),
            K().who(), B().who() if B else 0, len(K()) if hasattr(K, "__len__") else 0, getattr(K, "x", 0), K().f() if hasattr(K, "f") else 0, K.__annotations__, getattr(K, "__abstractmethods__", 0),
            sum(c is K for c in Base.__subclasses__()), sum(c is K for c in Other.__subclasses__()), [c.__name__ for c in K.__subclasses__()])


def class_many(K):
    K.__len__ = lambda s: 3
    K.__call__ = lambda s: 4
    K.f = lambda s: "g"
    K().f()
    len(K())
    del K.x


line(type, klass, class_state, {
    "__setattr__": setter("x", 2), "__setattr__:new": setter("new", 2), "__setattr__:slot": lambda K: (setattr(K, "__len__", lambda s: 5), len(K())), "__delattr__": lambda K: delattr(K, "x"),
    "__delattr__:f": lambda K: delattr(K, "f"), "__setattr__:many": class_many, "__name__": setter("__name__", "N"), "__qualname__": setter("__qualname__", "Q"), "__module__": setter("__module__", "m"),
    "__doc__": setter("__doc__", "d"), "__bases__": setter("__bases__", (Other,)), "__annotations__": setter("__annotations__", {"a": 1}), "__abstractmethods__": setter("__abstractmethods__", frozenset("q")),
    "__subclasses__": lambda K: type("New", (K,), {})}, """__base__ __basicsize__ __dictoffset__ __flags__ __instancecheck__ __itemsize__ __mro__ __prepare__ __subclasscheck__ __weakrefoffset__ mro
    __init__""", attributes=True)
line(types.ModuleType, lambda: module(), lambda m: dict(vars(m)), attribute_changes() | {"__init__": call("__init__", "other", "doc"), "__annotations__": lambda m: m.__annotations__.update(a=1)}, attributes=True)


def module():
    m = types.ModuleType("m")
    m.x = 1
    return m


del_dict = attribute_changes()
TABLE[types.ModuleType][2].pop("__dict__:replace")      # cannot be replaced


def exception():
    try:
        raise KeyError(1, 2)
    except KeyError as e:
        e.x = 1
        e.__traceback__ = None
        return e


line(BaseException, exception, lambda e: (e.args, e.__cause__, e.__context__, e.__suppress_context__, e.__traceback__, vars(e)), {
    "args": setter("args", (5,)), "__cause__": setter("__cause__", ValueError), "__context__": setter("__context__", Stop()), "__suppress_context__": setter("__suppress_context__", True),
    "__traceback__": lambda e: swallow_raise(e), "add_note": call("add_note", "n"), "with_traceback": lambda e: e.with_traceback(TRACE), "__setstate__": call("__setstate__", {"y": 2}),
    "__init__": call("__init__", 7, 8)} | attribute_changes(), attributes=True)
TABLE[BaseException][2]["__cause__"] = lambda e: setattr(e, "__cause__", Stop())


def swallow_raise(e):
    try:
        raise e from None
    except KeyError:
        pass


def trace():
    try:
        raise Stop
    except Stop as e:
        return e.__traceback__


TRACE = trace()
line(types.TracebackType, lambda: types.TracebackType(None, TRACE.tb_frame, 0, 1), lambda t: t.tb_next, {"tb_next": lambda t: setattr(t, "tb_next", TRACE)}, "tb_frame tb_lasti tb_lineno")
def property_state(p):
    try:
        p.__set__(Base(), 1)
    except AttributeError as e:
        return p.fget, p.fset, p.fdel, p.__doc__, str(e)


line(property, lambda: property(plain, doc="d"), property_state, {
    "__init__": call("__init__", other), "__doc__": setter("__doc__", "x"), "__set_name__": lambda p: p.__set_name__(Base, "n")}, "deleter fdel fget fset getter setter __delete__ __set__")
line(staticmethod, lambda: staticmethod(plain), lambda s: (s.__func__, dict(vars(s))), {"__init__": call("__init__", other)} | {
    "__setattr__": lambda o: setattr(o, "x", 1), "__delattr__": lambda o: delattr(o, "__doc__")}, "__func__", attributes=True)
line(classmethod, lambda: classmethod(plain), lambda s: (s.__func__, dict(vars(s))), {"__init__": call("__init__", other)} | {
    "__setattr__": lambda o: setattr(o, "x", 1), "__delattr__": lambda o: delattr(o, "__doc__")}, "__func__", attributes=True)
line(super, lambda: super(Base, Base()), lambda s: (s.__thisclass__, s.__self_class__), {"__init__": lambda s: super.__init__(s, Other, Other())}, "__self_class__ __thisclass__")
line(types.CellType, lambda: types.CellType(5), lambda c: c.cell_contents, {"cell_contents": setter("cell_contents", 6)})
TABLE[types.CellType][2]["cell_contents:del"] = lambda c: (setattr(c, "cell_contents", 9), delattr(c, "cell_contents"), setattr(c, "cell_contents", 7))
line(types.SimpleNamespace, lambda: types.SimpleNamespace(x=1), lambda o: dict(vars(o)), attribute_changes() | {"__init__": call("__init__", y=2)}, attributes=True)
TABLE[types.SimpleNamespace][2].pop("__dict__:replace")
line(functools.partial, lambda: with_x(functools.partial(max, 1, key=str)), lambda p: (p.func, p.args, p.keywords, vars(p)), {
    "__setstate__": call("__setstate__", (min, (2,), {}, {"k": 1})), "keywords": lambda p: p.keywords.update(default=3)} | attribute_changes(), "args func __init__", attributes=True)


def with_x(o):
    o.x = 1
    return o


def cached():
    f = with_x(functools.lru_cache(maxsize=2)(str))
    f(1), f(2), f(1)
    return f


line(type(cached()), cached, lambda f: (f.cache_info(), [f(i) for i in (1, 2)], f.cache_info(), {k: v for k, v in vars(f).items() if k != "cache_parameters"}), {
    "__call__": lambda f: f(3), "__call__:old": lambda f: f(1), "cache_clear": call("cache_clear")} | {
    "__setattr__": lambda o: setattr(o, "y", 1), "__delattr__": lambda o: delattr(o, "x")}, "cache_info __init__", attributes=True)
line(type(functools.cmp_to_key(max)(1)), lambda: functools.cmp_to_key(max)(1), lambda k: k.obj, {"obj": setter("obj", 2)})

VAR = contextvars.ContextVar("VAR", default=0)


def context():
    c = contextvars.Context()
    c.run(VAR.set, 1)
    return c


line(contextvars.Context, context, lambda c: dict(c), {"run": call("run", VAR.set, 2)}, "copy get items keys values")


class Plain:
    def __init__(self):
        self.x = 1
        self.y = [1]


class Slots:
    __slots__ = "x", "y"
    def __init__(self):
        self.x = 1


class Number(int):
    pass


class Record(dict):
    pass


def slots_state(o):
    return [getattr(o, n, None) for n in ("x", "y")]


def become(o):
    o.__class__ = Other


EXTRA = {        # not native types: the machinery of instances
    "plain": (Plain, lambda o: (type(o), dict(vars(o))), attribute_changes() | {"__class__": become, "__class__:and": lambda o: (become(o), setattr(o, "z", 1)),
              "__dict__:view": lambda o: vars(o).pop("x")}),
    "slots": (Slots, slots_state, {"set": setter("y", 1), "del": lambda o: delattr(o, "x")}),
    "int": (lambda: with_x(Number(5)), lambda o: (int(o), dict(vars(o))), attribute_changes()),
    "bare int": (lambda: Number(5), lambda o: (int(o), dict(vars(o))), {"first": setter("x", 1)}),
    "bare list": (type("L", (list,), {}), lambda o: (list(o), dict(vars(o))), {"first": lambda o: (o.append(1), setattr(o, "x", 1))}),
    "dict": (lambda: with_x(Record(a=1)), lambda o: (dict(o), dict(vars(o))), attribute_changes() | {"item": lambda o: o.update(b=1)}),
    "bare exception": (lambda: Stop(1), lambda o: (o.args, dict(vars(o))), {"first": setter("x", 1), "note": call("add_note", "n")}),
    "bare function": (lambda: types.FunctionType(plain.__code__, {}), lambda o: (dict(vars(o)), o.__annotations__), {"first": setter("x", 1), "ann": lambda f: f.__annotations__.update(z=1)}),
    "function globals": (lambda: types.FunctionType((lambda: G).__code__, {"G": 1}), lambda f: f(), {"set": lambda f: f.__globals__.update(G=2)}),
    "weak values": (weakref.WeakValueDictionary, lambda d: sorted(d), {"set": lambda d: d.__setitem__("k", Base), "update": lambda d: d.update(a=Base, b=Other)}),
    "weak keys": (weakref.WeakKeyDictionary, lambda d: len(d), {"set": lambda d: d.__setitem__(Base, 1)}),
    "weak set": (lambda: weakref.WeakSet([Base]), lambda d: len(d), {"add": lambda d: d.add(Other), "clear": call("clear")}),
    "Counter": (lambda: collections.Counter("aab"), dict, {"update": call("update", "xx"), "subtract": call("subtract", "a"), "iadd": lambda c: operator.iadd(c, collections.Counter("z"))}),
    "random.Random": (lambda: random.Random(4), lambda r: r.getstate(), {"gauss": call("gauss", 0, 1), "shuffle": lambda r: r.shuffle([1, 2, 3]), "seed": call("seed", 1), "choice": call("choice", "ab")}),
    "views": (lambda: {1: 2, 3: 4}.keys(), list, {"through": lambda k: [m for m in (k.mapping,)] and None}),
    "array view": (lambda: bytearray(b"abc"), bytes, {"view": lambda b: memoryview(b).__setitem__(0, 90), "cast": lambda b: memoryview(b)[1:].__setitem__(0, 90)}),
    "local": (threading.local, lambda o: dict(vars(o)), {"set": setter("a", 1)}),
    "userlist": (lambda: collections.UserList([1]), list, {"append": call("append", 2)}),
    "chainmap": (lambda: collections.ChainMap({}, {"a": 1}), dict, {"set": lambda c: c.__setitem__("b", 1)}),
    "cached_property": (type("P", (), {"v": functools.cached_property(lambda s: 1), "__init__": lambda s: None}), lambda o: dict(vars(o)), {"get": lambda o: o.v}),
    "abc": (lambda: __import__("abc").ABCMeta("Abstract", (), {}), lambda A: (issubclass(int, A), isinstance("", A)), {"register": lambda A: (A.register(int), issubclass(int, A)), "ask": lambda A: issubclass(str, A)}),
    "dispatch": (lambda: functools.singledispatch(plain), lambda f: len(f.registry), {"register": lambda f: f.register(int, other)}),
}
EXTRA["views"][2].clear()

# Hold nothing that a program can change.
CONSTANT = """ builtins.object builtins.NoneType builtins.NotImplementedType builtins.ellipsis builtins.bool builtins.int builtins.float builtins.complex builtins.str builtins.bytes builtins.tuple
    builtins.range builtins.slice builtins.frozenset builtins.code builtins.builtin_function_or_method builtins.method builtins.method-wrapper builtins.method_descriptor builtins.wrapper_descriptor
    builtins.classmethod_descriptor builtins.getset_descriptor builtins.member_descriptor builtins.mappingproxy builtins.dict_items builtins.dict_keys builtins.dict_values builtins.odict_items
    builtins.odict_keys builtins.odict_values builtins.frame builtins._dict_value builtins.attribute_holder types.GenericAlias types.UnionType operator.attrgetter operator.itemgetter operator.methodcaller
    weakref.ReferenceType weakref.ProxyType weakref.CallableProxyType _struct.Struct re.Match re.Pattern _json.Encoder _json.Scanner _csv.Dialect _contextvars.ContextVar _contextvars.Token
    _collections._tuplegetter itertools._tee_dataobject functools._tally _abc._abc_data _abc._counter _contextvars._state Token.MISSING _io._BytesIOBuffer unicodedata.UCD
    builtins.asyncgen_state builtins.asyncgen_hooks _thread._ExceptHookArgs sys.version_info
    _pickle.PicklerMemoProxy _pickle.UnpicklerMemoProxy _pickle.memo _pickle.session _hashlib.state apodora._MapNode apodora._MapTower apodora._QueueEnd apodora._QueueNode apodora.Missing apodora.atomic""".split()
# Streams to the outside, locks and what waits on them: docs/tour.md says what blocks do with those.  asynchronous generators: tests of their own
OUTSIDE = """apodora.ParallelIterator apodora.Savepoint apodora.Store apodora.Transaction _io.BufferedRWPair _io.BufferedRandom _io.BufferedReader _io.BufferedWriter _io.FileIO _io.TextIOWrapper _io._BufferedIOBase _io._IOBase _io._RawIOBase _io._TextIOBase _thread.lock
    _thread.RLock _thread._local builtins.async_generator builtins.async_generator_asend builtins.async_generator_athrow builtins.anext_awaitable builtins.async_generator_wrapped_value""".split()
MODULES = {"builtins", "types", "collections", "itertools", "functools", "operator", "re", "weakref", "unicodedata", "zlib", "array", "_abc", "_blake2", "_collections", "_contextvars", "_csv", "_hashlib", "_io",
           "_json", "_md5", "_pickle", "_queue", "apodora", "_random", "_sha1", "_sha256", "_sha3", "_sha512", "_sre", "_struct", "_thread", "_string", "_weakref"}


def natives(of=object, seen=None):
    seen = {object} if seen is None else seen
    for t in type.__subclasses__(of):
        if t not in seen:
            seen.add(t)
            natives(t, seen)
    return [t for t in seen if not t.__flags__ & 1 << 9]


def check_tables():
    bad = 0
    for t in natives():
        name = f"{t.__module__}.{t.__qualname__}"
        if t.__module__ not in MODULES or name in CONSTANT or name in OUTSIDE or issubclass(t, BaseException) and t is not BaseException or hasattr(t, "n_sequence_fields"):
            continue
        if t not in TABLE:
            bad += 1
            print("no line for", name)
            continue
        make, state, changes, known = TABLE[t]
        for n in sorted(set(dir(t)) - COMMON - known - {"__hash__", "__class__"}):
            bad += 1
            print(f"{name}.{n}: does it change the object?")
    return bad


def fails(change, o):
    """Is this change refused? Then it must have changed nothing; the comparison says so."""
    try:
        change(o)
    except (TypeError, AttributeError, StopIteration) as e:
        return e


def in_block(o, change):
    with atomic:
        change(o)
        raise Stop


def nested(o, change):
    with atomic:
        try:
            with atomic:
                change(o)
                raise Stop
        except Stop:
            pass


def behind(o, change):
    try:
        with atomic:
            change(o)
            try:
                with atomic:
                    change(o)
                    raise Stop
            except Exception:
                pass
            raise Stop
    except Stop:
        pass


def outcome(state, o):
    try:
        return state(o)
    except Exception as e:
        return type(e), str(e)


def try_one(name, make, state, label, change):
    bad = 0
    if label == "__class__" or outcome(state, make()) != outcome(state, make()):
        pass
    trial = make()
    with atomic:
        refused = fails(change, trial)
    if refused is None and label not in ("cache_clear", "ask", "__doc__", "through") and outcome(state, trial) == outcome(state, make()):
        print(f"{name}.{label}: the table says that it changes something")
        bad += 1
    if refused is not None:
        print(f"{name}.{label}: refused: {refused!r}")
        bad += 1
    for how in in_block, nested, behind:
        o, untouched = make(), make()
        shared.append(o)
        if threads:
            swap.wait()
        try:
            how(o, change)
        except Exception:
            pass
        a, b = outcome(state, o), outcome(state, untouched)
        if a != b:
            bad += 1
            print(f"{name}.{label}: not undone ({how.__name__}{' with threads' if threads else ''}): {a!r:.300} instead of {b!r:.300}")
        shared.clear()
    return bad


shared = []
threads = False
swap = threading.Event()
swap.set()


def try_all():
    bad = 0
    for t, (make, state, changes, known) in TABLE.items():
        for label, change in changes.items():
            bad += try_one(t.__name__, make, state, label, change)
    for name, (make, state, changes) in EXTRA.items():
        for label, change in changes.items():
            bad += try_one(name, make, state, label, change)
    return bad


def globals_and_context():
    """What belongs to the thread or the program."""
    bad = 0
    VAR.set(1)
    try:
        with atomic:
            global shared, fresh_global
            token = VAR.set(2)
            old, shared, fresh_global = shared, [1], 1
            sys.modules["undo_all_fake"] = 1
            sys.path.append("undone")
            random.random()
            raise Stop
    except Stop:
        pass
    if VAR.get() != 1 or shared == [1] or "fresh_global" in globals() or "undo_all_fake" in sys.modules or sys.path[-1] == "undone":
        print("globals or context variables are not undone", VAR.get(), shared, sys.path[-1])
        bad += 1
    return bad


if __name__ == "__main__":
    print("tables incomplete" if check_tables() else "tables complete")
    print("NOT undone" if try_all() + globals_and_context() else "undone")
    threads = True
    enough = threading.Event()
    another = threading.Thread(target=enough.wait)
    another.start()
    print("NOT undone" if try_all() + globals_and_context() else "undone")
    enough.set()
    another.join()
