# bytes, bytearray, memoryview.
def t(f, *a, **k):
    try:
        r = f(*a, **k)
        print(ascii(r), type(r).__name__)
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))

samples = [b'', b'a', b'Hello, World', b'a\tb\tcd', b'  x y  z ', b'a,b,,c', b'x\r\ny\rz\n', b"it's", b'"both\'s"', b'\x00\x7f\xff\n', b'Title Case', b'-12']
for base in samples:
    for s in (base, bytearray(base)):
        for m in 'capitalize lower upper title swapcase strip lstrip rstrip split rsplit splitlines expandtabs isalnum isalpha isascii isdigit islower isspace istitle isupper __len__ __repr__ hex decode copy'.split():
            t(lambda: getattr(s, m)())
        t(s.splitlines, True); t(s.split, b' '); t(s.split, None, 1); t(s.rsplit, None, 1); t(s.rsplit, b',', 1); t(s.partition, b','); t(s.rpartition, b' ')
        t(s.center, 20); t(s.center, 21, b'*'); t(s.ljust, 20, b'.'); t(s.rjust, 20); t(s.zfill, 15); t(s.hex, ':'); t(s.hex, b'-', 2); t(s.hex, '.', -3)
        t(s.replace, b'a', b'XY'); t(s.replace, b'', b'-'); t(s.replace, b'', b'-', 2); t(s.replace, b'l', b'', 1)
        t(s.find, b'o'); t(s.rfind, 111); t(s.count, b'l'); t(s.count, b''); t(s.find, b'o', 2, -1); t(s.startswith, b'H'); t(s.endswith, (b'd', b'c')); t(s.index, b'zz')
        t(lambda: s[::-1]); t(lambda: s[1:4]); t(lambda: s[-3:]); t(lambda: s * 3); t(lambda: s + b'x'); t(lambda: s + bytearray(b'x')); t(lambda: list(s)); t(lambda: s[0]); t(lambda: b'l' in s); t(lambda: 108 in s)
        t(s.translate, None, b'l'); t(s.translate, bytes(range(255, -1, -1))); t(s.removeprefix, b'He'); t(s.removesuffix, b'ld'); t(s.join, [b'1', bytearray(b'2'), memoryview(b'3')]); t(s.strip, b'Hd'); t(s.decode, 'latin-1'); t(s.decode, 'utf-8', 'replace')
        t(lambda: s == base); t(lambda: s < b'b'); t(lambda: s == 'x'); t(lambda: s != bytearray(base)); t(lambda: hash(s) == hash(bytes(base)))
for f in [lambda: b'a' + 'x', lambda: 'x' + b'a', lambda: b'a' * 'b', lambda: b'a'[5], lambda: b'a'['x'], lambda: 256 in b'a', lambda: 'a' in b'a', lambda: b'a' < 'a', lambda: b'a'.find('a'), lambda: b'a'.find(256), lambda: b'a'.split('a'), lambda: b'a'.split(b''), lambda: b'a'.replace('a', b''), lambda: b','.join(['a']), lambda: b','.join(1),
          lambda: b'a'.startswith('a'), lambda: b'a'.startswith(('a',)), lambda: b'a'.center(5, 'x'), lambda: b'a'.strip('a'), lambda: bytes('a'), lambda: bytes('é', 'ascii'), lambda: bytes('é', 'utf8'), lambda: bytes(-1), lambda: bytes(3), lambda: bytes([256]), lambda: bytes(['a']), lambda: bytes(1.5), lambda: bytes([1, 2]), lambda: bytes(b'x', 'utf8'), lambda: bytes(5, 'utf8'), lambda: bytes(encoding='utf8'), lambda: bytes(errors='x'),
          lambda: bytes(range(5)), lambda: bytes(None), lambda: bytes({1}), lambda: bytes(memoryview(b'abc')[::2]), lambda: bytes.fromhex('0a 1B'), lambda: bytes.fromhex('0g'), lambda: bytes.fromhex('0'), lambda: bytes.fromhex(1), lambda: bytearray.fromhex('ff'), lambda: bytes.maketrans(b'ab', b'cd')[97:99], lambda: bytes.maketrans(b'a', b'cd'), lambda: b'a'.translate(b'x'), lambda: b'%s %d %x %b %c %a %r' % (b'x', 5, 255, b'y', 65, 'é', 'z'),
          lambda: b'%s' % 'x', lambda: b'%c' % 256, lambda: b'%c' % b'xy', lambda: b'%(a)s' % {b'a': b'1'}, lambda: b'%5.1f|%-4d|' % (2.25, 3), lambda: bytearray(b'%s') % b'q', lambda: b'a'.hex('xx'), lambda: b'ab'.hex('é'), lambda: b'ab'.hex(1), lambda: b'a'.decode('nope'), lambda: b'\xff'.decode(), lambda: b'\xff'.decode('ascii', 'ignore'), lambda: b'a'.decode(1), lambda: b'ab'.__getnewargs__(), lambda: b'a'.__bytes__(), lambda: b'x' b'y', lambda: b'a'.isalnum(1), lambda: ''.join(map(chr, b'abc')), lambda: type(iter(b'')).__name__]:
    t(f)
class B:
    def __bytes__(self): return b'BB'
class BB(bytes): pass
t(bytes, B()); t(lambda: b'%b' % B()); x = BB(b'abc'); print(x, type(x).__name__, type(x.upper()).__name__, type(x + b'').__name__, x == b'abc', BB.fromhex('00'), type(BB.fromhex('00')).__name__)
a = bytearray(b'hello')
a.append(33); a.extend(b' w'); a.extend([1, 2]); a.insert(0, 64); print(a, a.pop(), a.pop(0), a); a.remove(104); a.reverse(); print(a); a[1:3] = b'ABCDE'; print(a); a[::2] = b'_' * len(a[::2]); print(a); del a[0]; del a[::3]; print(a); a += b'zz'; a *= 2; print(a, len(a)); a[-1] = 65; print(a)
a.clear(); print(a, a.copy(), bool(a))
for f in [lambda: a.append(256), lambda: a.append('x'), lambda: a.pop(), lambda: a.remove(5), lambda: a.extend('x'), lambda: a.extend(5), lambda: a.__setitem__(0, 1), lambda: a.__setitem__(slice(0, 0), 5), lambda: bytearray(b'abc').__setitem__(slice(None, None, 2), b'x'), lambda: hash(a), lambda: bytearray(b'abc').pop(9), lambda: bytearray(5), lambda: bytearray('é', 'utf8'), lambda: bytearray('x'), lambda: bytearray([1, 2]), lambda: bytearray(b'abc').__reduce__(), lambda: bytearray(b'abc').__reduce_ex__(3), lambda: bytearray(b'a') + 'x', lambda: a.insert(0, 300), lambda: bytearray(b'abc')[1:2], lambda: bytearray(b'ab').index(98)]:
    t(f)
class BA(bytearray):
    pass
b = BA(b'xy'); b.attr = 5; print(b, type(b).__name__, b.attr, b.__reduce_ex__(2))
it = iter(bytearray(b'abc')); print(next(it), it.__length_hint__(), list(it))
# memoryview
m = memoryview(bytearray(b'abcdefgh'))
print(m[0], m[-1], m[1:3].tobytes(), m[::-2].tolist(), len(m), m.nbytes, m.itemsize, m.format, m.ndim, m.shape, m.strides, m.suboffsets, m.readonly, m.c_contiguous, m.contiguous, m.f_contiguous)
m[0] = 65; m[1:3] = b'ZZ'; print(m.obj, bytes(m), m == b'AZZdefgh', m != b'x', m[2:] == b'Zdefgh')
for f in [lambda: m.__setitem__(0, 256), lambda: m.__setitem__(0, 'a'), lambda: m.__setitem__(slice(0, 2), b'abc'), lambda: m[100], lambda: m['a'], lambda: m[1.5], lambda: memoryview(5), lambda: memoryview('a'), lambda: hash(m), lambda: hash(memoryview(b'abc')) == hash(b'abc'), lambda: memoryview(b'abc').__setitem__(0, 1), lambda: m.cast('I').tolist(), lambda: m.cast('H')[1], lambda: m.cast('Z'), lambda: m.cast('d').shape, lambda: m.cast('B', (2, 4)).tolist(), lambda: m.cast('B', (2, 4))[1, 2], lambda: m.cast('B', [3, 3]), lambda: m[::2].cast('H'), lambda: m.cast('b').tolist(), lambda: m.cast('c')[0], lambda: m.hex(), lambda: m.toreadonly().readonly, lambda: m.toreadonly().__setitem__(0, 1), lambda: list(m), lambda: m.tobytes('F'), lambda: m.tobytes('X'), lambda: 65 in m, lambda: m.cast('I') == m, lambda: memoryview(b'') == b'', lambda: m.index(1), lambda: m < m, lambda: bytes(m.cast('I')), lambda: memoryview(memoryview(b'ab')[1:]).tobytes(), lambda: m.__delitem__(0)]:
    t(f)
import array
m2 = memoryview(array.array('i', [1, -2, 3])); print(m2.format, m2.itemsize, m2.tolist(), m2[1], m2.nbytes, m2[1:].tolist()); m2[0] = 9; print(m2.obj)
with memoryview(b'abc') as v: print(v[0])
t(lambda: v[0]); t(lambda: len(v)); print(repr(v)[:16]); v.release()
a = bytearray(b'xyz'); v = memoryview(a)
t(a.append, 1); t(lambda: a.extend(b'')); a[0] = 1; v.release(); a.append(2); print(a)
