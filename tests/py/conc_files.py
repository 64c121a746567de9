# Files in blocks: positions go back with the block, held writes are seen by reads, tell and seek, and reach the file they were meant for.
import os, tempfile, threading
from apodora import atomic
folder = tempfile.mkdtemp()
name = os.path.join(folder, 'a')
class Box: pass
b = Box(); b.n = 0
stop = threading.Event()
t = threading.Thread(target=stop.wait); t.start()        # two threads: blocks and slices are logged
with open(name, 'w') as f: f.writelines(f'line{i}\n' for i in range(3000))
f = open(name); bad = k = 0
while True:
    with atomic:
        l = f.readline(); b.n += 1
    if not l: break
    bad += l != f'line{k}\n'; k += 1
print(k, bad)
f.seek(0); bad = k = 0
for l in f:
    bad += l != f'line{k}\n'; k += 1; b.n += 1
print(k, bad)
f.seek(0)
try:
    with atomic: f.readline(); f.read(); raise KeyError
except KeyError: print(f.tell(), f.readline())
f.seek(12)
try:
    with atomic:
        with atomic as inner: f.seek(500); f.read(3); inner.abort()
        print(f.tell()); f.seek(99); raise KeyError
except KeyError: print(f.tell())
fd = os.open(name, os.O_RDONLY); got = []
for i in range(50):
    with atomic: x = os.read(fd, 5); b.n += 1
    got.append(x)
print(b''.join(got) == open(name, 'rb').read(250))
with open(name, 'w+') as f:
    f.write('hello'); f.flush()
    with atomic:
        f.seek(0, 2); f.write(' world'); f.flush(); print('tell', f.tell())
        f.seek(0); print('read', f.read())
        f.seek(0); f.write('J'); f.flush()
        print('again', open(name).read())
print(open(name).read())
fd = os.open(name, os.O_RDWR | os.O_TRUNC)
with atomic:
    os.write(fd, b'abc'); print(os.lseek(fd, 0, 1)); os.lseek(fd, 0, 0); print(os.read(fd, 10)); os.lseek(fd, 0, 0); os.write(fd, b'X')
    print(os.pread(fd, 9, 0))
print(open(name).read())
with atomic:
    with open(name, 'w') as f: f.write('made in a block')
    other = open(os.path.join(folder, 'b'), 'w'); other.write('other'); other.close()
print(open(name).read(), open(os.path.join(folder, 'b')).read())
with atomic:
    os.write(fd, b'!'); os.close(fd); fd2 = os.open(os.path.join(folder, 'c'), os.O_RDWR | os.O_CREAT); os.write(fd2, b'c'); os.ftruncate(fd2, 3)
print(open(name, 'rb').read(), open(os.path.join(folder, 'c'), 'rb').read())
stop.set(); t.join()
# expect: 3000 0
# expect: 3000 0
# expect: 0 line0
# expect: 
# expect: 12
# expect: True
# expect: tell 11
# expect: read hello world
# expect: again Jello world
# expect: Jello world
# expect: 3
# expect: b'abc'
# expect: b'Xbc'
# expect: Xbc
# expect: made in a block other
# expect: b'm!de in a block' b'c\x00\x00'
