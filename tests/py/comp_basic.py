# comp_basic: see tests/run; expected output is Python's
# expressions and control flow
def f(a, b=2, *args, c, d=4, **kw):
    return a, b, args, c, d, sorted(kw.items())
print(f(1, c=3), f(1, 2, 3, 4, c=5, e=6), f(*[1, 2], *(3,), **{'c': 1}, z=2, **{'y': 3}))
def chain(a, b, c): return a < b < c, a < b > c, not a < b, 1 < a <= b != c
print(chain(1, 2, 3), chain(3, 2, 1))
def bools(a, b, c):
    x = a and b or c
    y = a or b and c
    z = not a or not b
    if a and (b or not c): w = 1
    elif not (a or b): w = 2
    else: w = 3
    a = a or 'dflt'
    return x, y, z, w, a
for a in (0, 1, ''):
    for b in (0, 1):
        for c in (0, 'c'): print(bools(a, b, c))
def loops():
    out = []
    for i in range(5):
        if i == 1: continue
        if i == 4: break
        out.append(i)
    else: out.append('else')
    while i > 0:
        i -= 1
        if i == 2: continue
        out.append(i)
    else: out.append('welse')
    for i in []: pass
    else: out.append('empty')
    while True:
        break
    else: out.append('no')
    return out
print(loops())
def swap(a, b, c):
    a, b = b, a
    a, b, c = c, a, b
    (a, b), c = (b, c), a
    x = y = [a]
    x[0], z = 5, x
    i = 0
    l = [0, 0, 0]
    i, l[i] = 1, 9
    return a, b, c, x, y, z, i, l
print(swap(1, 2, 3))
a, *b, c = range(6); print(a, b, c)
*a, = 'xyz'; print(a)
[a, [b, *c]] = 1, (2, 3, 4); print(a, b, c)
def walrus(x):
    y = x + (x := 5) + x
    if (n := len('abc')) > 2: y += n
    return y, x, [z := i for i in range(3)], z
print(walrus(1))
print([i*j for i in range(4) for j in range(i) if (i + j) % 2], {i: i*i for i in range(3)}, {i % 2 for i in range(5)}, list(i for i in 'ab'))
print([[x for x in range(y)] for y in range(3)], [x for y in [3] for x in [y, y]])
def fstr(a, w=10): return f"{a!r:>{w}}|{a:5}|{a=}|{{}}|{a!s}" f"{'nested ' + f'{w}'}"
print(fstr('q'), f"{3.14159:.2f}", f"{1}", f"")
print(1 if a else 2, (lambda x, *y, z=3: (x, y, z))(1, 2), 2**10, -7 // 2, -7 % 3, 1 << 70, ~5, 0x10 ^ 3)
x = [1, 2, 3, 4, 5]
print(x[1:3], x[::-1], x[-1], x[::2], x[-2:])
x[1:3] = [7]; del x[0]; x[0] += 1; print(x)
class O: pass
o = O(); o.a = 1; o.a += 5; o.l = [1]; o.l[0] -= 3; print(o.a, o.l); del o.a; print(hasattr(o, 'a'))
def unbound():
    try: print(q)
    except UnboundLocalError as e: print(e)
    q = 1
    del q
    try: q
    except UnboundLocalError as e: print(e)
    try: del q
    except UnboundLocalError as e: print(e)
    try: e
    except UnboundLocalError as e2: print(e2)
unbound()
def cond_unbound(c):
    if c: v = 1
    try: return v
    except NameError as e: return str(e)
print(cond_unbound(1), cond_unbound(0))
def closure():
    n = 0
    def inc(by=1):
        nonlocal n
        n += by
        return n
    def get(): return n
    return inc, get
i, g = closure(); i(); i(5); print(g())
def cellparam(a, b):
    def h(): return a
    a += b
    return h()
print(cellparam(1, 2))
def emptycell():
    def h(): return zz
    try: h()
    except NameError as e: print(e)
    zz = 1
    print(h()); del zz
    try: h()
    except NameError as e: print(e)
emptycell()
def deco(n):
    def d(f): return lambda *a: (n, f(*a))
    return d
@deco(1)
@deco(2)
def dd(x): return x
print(dd(3))
print(1 in [1, 2], 3 not in {1, 2}, None is None, [] is not [])
def gl():
    global newg
    newg = 5
gl(); print(newg)
def star_display(a): return [*a, 1, *a], (*a, 2), {*a, 3}, {**{'a': 1}, 'b': 2, **{'a': 3}}
print(star_display([1, 2]))
print([1, 2, 3, 4], (1, 2), {1, 2, 3}, {1: 2, 3: 4})
big = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, a]
print(sum(big[:-1]), len(big))
def kwonly(*, a=1, b): return a, b
print(kwonly(b=2))
assert True, "no"
try: assert 0, "msg"
except AssertionError as e: print('AE', e)
def annot(a: int, *b: str, c: 'x' = 1) -> list: v: int = 1; return v
print(annot.__annotations__, annot(1))
y: int = 3
z: str
print(__annotations__)
print(__debug__, ...)

# places of a code object, in Python's own table: decoded they are what co_positions tells
def places(a, b):
    total = [a +
             b for a in (1, 2)]

    return (total,
            None if b else a.
            missing)

def decoded(table, line):
    at = 0
    def number():
        nonlocal at
        n = shift = 0
        while True:
            b = table[at]; at += 1
            n |= (b & 63) << shift; shift += 6
            if not b & 64: return n
    def signed():
        n = number()
        return -(n >> 1) if n & 1 else n >> 1
    while at < len(table):
        head = table[at]; at += 1
        kind, units = head >> 3 & 15, (head & 7) + 1
        end = col = end_col = None
        if kind == 15: place = (None, None, None, None)
        else:
            if kind < 10: b = table[at]; at += 1; col = kind * 8 + (b >> 4 & 7); end_col = col + (b & 15); end = line
            elif kind < 13: line += kind - 10; col, end_col = table[at], table[at + 1]; at += 2; end = line
            elif kind == 13: line += signed(); end = line
            else: line += signed(); end = line + number(); col = number() - 1; end_col = number() - 1
            place = (line, end, col, end_col)
        for _ in range(units): yield place

code = places.__code__
print([tuple(p) for p in code.co_positions()] == list(decoded(code.co_linetable, code.co_firstlineno)))
moved = code.replace(co_firstlineno=1000)
print(code.replace(co_linetable=moved.co_linetable) == code, code.replace(co_linetable=b"") == code)
print({tuple(p) for p in code.replace(co_linetable=bytes([0x80 | 15 << 3 | 7]) * 99).co_positions()})
import weakref
print(weakref.ref(code)() is code)

def positional(a, b, /, c, *, d=0): pass
for kw in ({"b": 1, "a": 2}, {"a": 1, "c": 2}, {"c": 1, "e": 2}, {"e": 1, "b": 2}):
    try: positional(*[0] * (2 - len(kw)), **kw)
    except TypeError as e: print(e)
