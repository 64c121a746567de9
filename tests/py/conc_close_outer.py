# A file that was opened before a block and is closed in it: closed once, and not at all where the block is undone before it acts.
import os, tempfile, threading
from apodora import atomic
with tempfile.NamedTemporaryFile('w', delete=False) as f: f.write('text' * 100)
class Box: n = 0
box = Box()
g = open(f.name)
with atomic:
    print(g.read(4))
    g.close()
print(g.closed)
with atomic:                                       # opened in the outer one, closed in the inner one
    g = open(f.name)
    with atomic:
        print(g.read(4))
        g.close()
    print(g.closed)
with atomic:
    with open(f.name) as a, open(f.name) as b:
        print(a.read(4), b.read(8))
stop, wrong = [], []
def opens():
    while not stop:
        with open(f.name) as h:
            box.n += 1
            if h.read() != 'text' * 100: wrong.append('moved by somebody else')
def blocks():
    for _ in range(200):
        with atomic:
            box.n += 1
            with open(f.name) as h:
                if h.read(4) != 'text': wrong.append('read')
            box.n += 1
ts = [threading.Thread(target=opens) for _ in range(2)]
b = threading.Thread(target=blocks)
for t in ts + [b]: t.start()
b.join()
stop.append(1)
for t in ts: t.join()
print(wrong[:3])
os.unlink(f.name)
# expect: text
# expect: True
# expect: text
# expect: True
# expect: text texttext
# expect: []
