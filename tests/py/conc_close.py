# Closing a file that was only read is done once: it closed the file that had got its number meanwhile, when a slice ran again.
import os, tempfile, threading
from apodora import atomic
class Box: n = 0
box = Box()
with tempfile.NamedTemporaryFile('w', delete=False) as f: f.write('text')
wrong = []
def reads(me):
    for i in range(150):
        try:
            with open(f.name) as g:
                box.n += 1                            # others do, too: a conflict
                if g.read() != 'text': wrong.append('another text')
                box.n += 1
            box.n += 1
            with atomic:
                box.n += 1
                with open(f.name) as g:
                    if g.read() != 'text': wrong.append('another text in a block')
                box.n += 1
        except Exception as e: wrong.append(repr(e))
threads = [threading.Thread(target=reads, args=(i,)) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(wrong[:3])
os.unlink(f.name)
# expect: []
