# bz2 and lzma: whole, in pieces, in several threads, errors.
import bz2, io, lzma, tarfile, threading, zipfile
def tried(f, *a, **k):
    try: return f(*a, **k)
    except Exception as e: return f'{type(e).__name__}: {e}'
data = b'some text, again and again. ' * 3000
for m in (bz2, lzma):
    c = m.compress(data)
    print(len(c), m.decompress(c) == data, m.decompress(c + c) == data * 2, tried(m.decompress, c[:-5]), tried(m.decompress, b'x' + c))
    f = io.BytesIO()
    with m.open(f, 'wt') as t: print('line 1\nline 2', file=t)
    f.seek(0); print(m.open(f, 'rt').readlines())
for make, c in ((bz2.BZ2Decompressor, bz2.compress(data)), (lzma.LZMADecompressor, lzma.compress(data))):
    d = make(); out = []
    for i in range(0, len(c), 50):
        out.append(d.decompress(c[i:i + 50], 1000))
        while not d.needs_input and not d.eof: out.append(d.decompress(b'', 1000))
    print(b''.join(out) == data, max(map(len, out)), d.eof, d.unused_data, tried(d.decompress, b'x'))
    d = make(); print(len(d.decompress(c + b'rest')), d.unused_data, d.needs_input)
print(tried(bz2.BZ2Compressor, 10), tried(lzma.LZMACompressor, preset=99), tried(lzma.LZMACompressor, format=lzma.FORMAT_RAW), tried(lzma.LZMADecompressor, filters=[]))
c = bz2.BZ2Compressor(); c.compress(b'x'); c.flush(); print(tried(c.flush), tried(c.compress, b''))
raw = [{'id': lzma.FILTER_DELTA, 'dist': 3}, {'id': lzma.FILTER_LZMA2, 'preset': 6}]
print(lzma.decompress(lzma.compress(data, format=lzma.FORMAT_RAW, filters=raw), lzma.FORMAT_RAW, filters=raw) == data, lzma.decompress(lzma.compress(data, format=lzma.FORMAT_ALONE)) == data)
print(tried(lzma.compress, b'', filters=[{}]), tried(lzma.compress, b'', filters=[{'id': 1}]), tried(lzma.compress, b'', filters=[{'id': lzma.FILTER_LZMA2, 'x': 1}]))
ok = []
def work(): ok.append(lzma.decompress(lzma.compress(data)) == data == bz2.decompress(bz2.compress(data)))
ts = [threading.Thread(target=work) for _ in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(ok)
for mode in ('w:bz2', 'w:xz'):
    f = io.BytesIO()
    with tarfile.open(fileobj=f, mode=mode) as t:
        i = tarfile.TarInfo('a'); i.size = len(data); t.addfile(i, io.BytesIO(data))
    f.seek(0); print(tarfile.open(fileobj=f).extractfile('a').read() == data)
