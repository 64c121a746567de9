"""_struct and _random."""
import _random
import _struct
import random

def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
_struct.pack('b',200)
_struct.pack('B',-1)
_struct.pack('B',256)
_struct.pack('h',1<<20)
_struct.pack('H',1<<20)
_struct.pack('i',1<<40)
_struct.pack('I',-1)
_struct.pack('I',1<<40)
_struct.pack('l',1<<70)
_struct.pack('L',-1)
_struct.pack('L',1<<70)
_struct.pack('q',1<<70)
_struct.pack('Q',-1)
_struct.pack('<b',200)
_struct.pack('<h',1<<20)
_struct.pack('<i',1<<40)
_struct.pack('<I',-1)
_struct.pack('<q',1<<70)
_struct.pack('<Q',-1)
_struct.pack('n',1<<70)
_struct.pack('N',-1)
_struct.pack('P',-1)
_struct.pack('P',1<<70)
_struct.pack('b','a')
_struct.pack('b',1.5)
_struct.pack('c',5)
_struct.pack('c',b'ab')
_struct.pack('s','a')
_struct.pack('p','a')
_struct.pack('f','a')
_struct.pack('f',1e300)
_struct.pack('e',1e300)
_struct.pack('<f',1e300)
_struct.pack('d','a')
_struct.pack('?','a')
_struct.pack('z',1)
_struct.pack('<n',1)
_struct.pack('i')
_struct.pack('i',1,2)
_struct.pack('3',1)
_struct.pack('99999999999999999999i',1)
_struct.pack(5,1)
_struct.pack('\u20ac')
_struct.pack()
_struct.unpack('i',b'')
_struct.unpack('i',5)
_struct.unpack_from('i',b'abc')
_struct.unpack_from('i',b'abcdefg',5)
_struct.unpack_from('i',b'abcdefg',-2)
_struct.unpack_from('i',b'abcdefg',-20)
_struct.pack_into('i',bytearray(3),0,1)
_struct.pack_into('i',bytearray(8),6,1)
_struct.pack_into('i',bytearray(8),-2,1)
_struct.pack_into('i',bytearray(8),-20,1)
_struct.pack_into('i',b'abcd',0,1)
_struct.pack_into('i')
_struct.pack_into('i',bytearray(5))
_struct.pack_into('i',bytearray(5),0)
list(_struct.iter_unpack('i',b'abc'))
list(_struct.iter_unpack('',b'abc'))
_struct.Struct('i').format
_struct.Struct(b'i').format
_struct.Struct(5)
_struct.Struct()
_struct.calcsize('bi')
_struct.calcsize('bi0q')
_struct.calcsize('<bi')
_struct.pack('5s',b'abcdefg')
_struct.pack('5p',b'abcdefg')
_struct.pack('0p',b'abcdefg')
_struct.unpack('3p',b'\x09ab')
_struct.pack('0s',b'')
_struct.pack('2x')
_struct.pack('>lh',1,2)
_struct.pack('@bq',1,2)
_struct.pack('=bq',1,2)
_struct.pack('! i',1)
_struct.pack('i ',1)
_struct.pack('3 i',1,2,3)
_struct.unpack('??',b'\0\2')
_struct.pack('e',1.5)
_struct.unpack('e',b'\x01\x00')
_struct.unpack('<f',b'\x00\x00\x80\x7f')
_struct.Struct('i').pack(1.0)
_struct.Struct('i').unpack(b'')
_struct.Struct.pack
_struct.calcsize('i\0')
_struct.pack_into('i',bytearray(8),1<<70,1)
_struct.unpack_from(format='i',buffer=b'abcd',offset=0)
_random.Random(1,2)
_random.Random(x=1)
_random.Random(1.5).random()
_random.Random(-5).random()
_random.Random([])
_random.Random(1).getrandbits(-1)
_random.Random(1).getrandbits(0)
_random.Random(1).getrandbits(70)
_random.Random(1).getrandbits(1.5)
_random.Random(1).setstate(5)
_random.Random(1).setstate((1,2))
_random.Random(1).setstate((1,)*625)
_random.Random(1).setstate((1,)*624+(-1,))
_random.Random(1).getstate()[-3:]
_random.Random.seed
_random.Random(1).seed(1,2)
""".strip().splitlines():
    show(line)


r = random.Random(12)
for _ in range(400):
    order = r.choice(["", "@", "<", ">", "=", "!"])
    codes, values = [], []
    for _ in range(r.randint(0, 5)):
        c, n = r.choice("bBhHiIlLqQefd?cs"), r.choice(["", "2", "3", "0"])
        k = int(n or 1)
        codes.append(n + c)
        if c == "s":
            values.append(r.randbytes(r.randint(0, 5)))
        elif c == "c":
            values += [r.randbytes(1) for _ in range(k)]
        elif c == "?":
            values += [r.random() < 0.5 for _ in range(k)]
        elif c in "efd":
            values += [r.uniform(-100, 100) for _ in range(k)]
        else:
            bits = 8 * _struct.calcsize("<" + c)
            values += [r.getrandbits(bits) - (1 << (bits - 1) if c.islower() else 0) for _ in range(k)]
    fmt = order + "".join(codes)
    packed = _struct.pack(fmt, *values)
    print(fmt, packed, _struct.unpack(fmt, packed), list(_struct.iter_unpack(fmt, packed * 2)) if packed else None)
for seed in (0, 1, -1, 2**31, 2**32, 2**64 + 5, 10**300, "text", b"bytes", 1.5):
    r = random.Random(seed)
    print(seed, r.random(), r.getrandbits(100), r.randint(-5, 5), r.gauss(0, 1), r.sample(range(100), 5), r.choices("abc", k=4), r.getstate()[1][::100])
state = r.getstate()
a = [r.random() for _ in range(5)]
r.setstate(state)
print(a == [r.random() for _ in range(5)])


class Short(_struct.Struct):
    def __init__(self):
        super().__init__(">h")


print(Short().pack(5), Short().size, Short().format)
