"""marshal: values survive, errors are Python's, and what Python wrote can be read."""
import io
import marshal

class S(str): pass
values = [None, True, False, ..., StopIteration, 0, 1, -1, 2**31 - 1, -2**31, 2**31, 2**62, -2**61 - 5, 2**200 + 12345, -3**100, 1.5, -0.0, 1e308, 5e-324, 1 + 2j, "", "abc",
          "\xe9\u20ac\U0001f600", "\ud800", "x" * 300, b"", b"abc", bytes(range(256)), (), (1, (2, "a")), [], [1, [2]], {}, {"a": 1, 2: (3,)}, set(),
          frozenset((1, 2)), {1}, tuple(range(300))]
for v in values:
    for version in range(5):
        w = marshal.loads(marshal.dumps(v, version))
        if v == v and (w != v or type(w) is not type(v)):
            print("different", repr(v)[:60], version, repr(w)[:60])
l = []
l.append(l)
w = marshal.loads(marshal.dumps(l))
print(w[0] is w)
try: marshal.dumps(l, 2)
except ValueError as e: print(e)
a = "shared string"
t = marshal.loads(marshal.dumps((a, a, [a])))
print(t, t[0] is t[1])
for bad in (object(), S("x"), [object()], lambda: 0, int):
    try: marshal.dumps(bad)
    except ValueError as e: print(e)
for data in (b"", b"i\1\2", b"?", b"(\3\0\0\0N", b"r\0\0\0\0", b"[\xff\xff\xff\xff", b"s\5\0\0\0ab", b"(\1\0\0\0" * 3000, b"l\1\0\0\0\0\0", b"l\1\0\0\0\xff\xff"):
    try: print(marshal.loads(data))
    except (ValueError, EOFError, TypeError, RecursionError) as e: print(type(e).__name__, e)
f = io.BytesIO()
for v in values: marshal.dump(v, f)
f.seek(0)
print(all(repr(marshal.load(f)) == repr(v) for v in values if not isinstance(v, (set, frozenset)) or marshal.load(f) == v))
def outer(x, *, y=2):
    def inner(z): return x + y + z
    return inner
code = marshal.loads(marshal.dumps(outer.__code__))
print(code == outer.__code__, code.co_name, code.co_varnames)
outer.__code__ = code
print(outer(1)(5))
# what CPython 3.11 wrote
print(marshal.loads(b'\xfb\xda\x01a\xe9\x01\x00\x00\x00\xda\x01b)\x03g\x00\x00\x00\x00\x00\x00\xf8?\xf3\x02\x00\x00\x00xy[\x02\x00\x00\x00N\xec\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\xda\x01cy\x00\x00\x00\x00\x00\x00\xf0?\x00\x00\x00\x00\x00\x00\x00@0'))
