"""zlib."""
import random
import zlib

data = b"hello world" * 50
c = zlib.compress(data)

def show(text):
    try:
        print(text, "=>", ascii(eval(text)))
    except Exception as e:
        print(text, "!!", type(e).__name__, ascii(str(e)))


for line in r"""
zlib.compress(data)
zlib.compress('a')
zlib.compress(data,level=10)
zlib.compress(data,0)[:20]
zlib.compress(data,9,wbits=-15)
zlib.compress(data,9,wbits=31)
zlib.compress(data,wbits=5)
zlib.compress()
zlib.decompress(c)==data
zlib.decompress(b'abc')
zlib.decompress(c[:-5])
zlib.decompress(c+b'x')==data
zlib.decompress('a')
zlib.decompress(c,wbits=-15)
zlib.decompress(c,15,0)==data
zlib.decompress(c,bufsize=-1)
zlib.decompress(c,bufsize=1)==data
zlib.decompress(b'')
zlib.adler32(data)
zlib.adler32(data,5)
zlib.crc32(data)
zlib.crc32(data,-1)
zlib.crc32('a')
zlib.compressobj(wbits=99)
zlib.compressobj(zdict=b'hello').compress(data)
zlib.compressobj(zdict='a')
zlib.decompressobj(zdict='a')
zlib.decompressobj(wbits=99)
zlib.decompressobj().decompress(c)==data
zlib.decompressobj().decompress(c,5)
zlib.decompressobj().decompress(c,-5)
zlib.decompressobj().decompress(b'abc')
zlib.decompressobj().flush()
zlib.decompressobj().flush(0)
zlib.decompressobj().flush(-1)
zlib.compressobj().flush(99)
zlib.compressobj().flush()
zlib.decompressobj().eof
zlib.decompressobj().unused_data
zlib.decompressobj().unconsumed_tail
zlib.ZLIB_VERSION,zlib.ZLIB_RUNTIME_VERSION
zlib.error.__mro__
type(zlib.compressobj())
type(zlib.decompressobj())
zlib.DEFLATED,zlib.MAX_WBITS,zlib.DEF_BUF_SIZE,zlib.DEF_MEM_LEVEL
""".strip().splitlines():
    show(line)


r = random.Random(2)
for _ in range(200):
    data = bytes(r.choices(b"abcdefgh", k=r.randint(0, 5000)))
    wbits = r.choice([9, 12, 15, -15, -9, 31, 25])
    c = zlib.compressobj(r.randint(-1, 9), zlib.DEFLATED, wbits, r.randint(1, 9), r.randint(0, 4))
    d = zlib.decompressobj(wbits)
    out, back, i = [], [], 0
    while i < len(data):
        n = r.randint(1, 2000)
        out.append(c.compress(data[i:i + n]))
        i += n
        if r.random() < 0.2:
            out.append(c.flush(r.choice([zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH])))
        if r.random() < 0.2:
            c = c.copy()
    out.append(c.flush())
    whole = b"".join(out) + b"tail"
    i = 0
    while i < len(whole):
        n = r.randint(1, 700)
        back.append(d.decompress(whole[i:i + n], r.choice([0, 0, 100])))
        while d.unconsumed_tail and not d.eof:
            back.append(d.decompress(d.unconsumed_tail, 50))
        i += n
        if r.random() < 0.2:
            d = d.copy()
    back.append(d.flush())
    print(len(data), wbits, zlib.crc32(whole), b"".join(back) == data, d.eof, d.unused_data, d.unconsumed_tail, zlib.decompress(whole, wbits) == data)
words = b"the quick brown fox"
c = zlib.compressobj(zdict=words)
packed = c.compress(b"the brown quick fox") + c.flush()
print(packed, zlib.decompressobj(zdict=words).decompress(packed))
for wrong in (zlib.decompressobj(), zlib.decompressobj(zdict=b"x")):
    try:
        print(wrong.decompress(packed))
    except zlib.error as e:
        print(e)
c = zlib.compressobj()
c.flush()
for f in (c.flush, c.copy, lambda: c.compress(b"x")):
    try:
        print(f())
    except (zlib.error, ValueError) as e:
        print(type(e).__name__, e)
