# Operations on whole containers that several threads share: sorting a list that becomes a tree, a state that is changed by what is found there and then undone.
import random, threading
from apodora import atomic
class Box: pass
box = Box()
box.list = random.Random(1).sample(range(1000), 300)
go = threading.Event()
waiting = threading.Thread(target=go.wait); waiting.start()       # from here on there are versions
with atomic:
    want = sorted(box.list); box.list.sort(); print(box.list == want)
print(box.list == want)
box.list = random.Random(1).sample(range(1000), 300)
box.list[5] = 7
with atomic: box.list.sort(reverse=True)
print(box.list == sorted(box.list, reverse=True))
go.set(); waiting.join()

# A number that an undone inner block has drawn is the one that was due then.
class Undo(Exception): pass
box.random, box.drawn = random.Random(5), {}
def draw(me):
    for i in range(300):
        try:
            with atomic:
                n = box.drawn.get('n', 0)
                try:
                    with atomic: raise Undo(box.random.random())
                except Undo as e: seen = e.args[0]
                if i % 3 == 0:
                    box.drawn['n'] = n + 1; box.drawn[n] = box.random.random()
                    if box.drawn[n] != seen: print('another number')
        except Undo: pass
threads = [threading.Thread(target=draw, args=(i,)) for i in range(4)]
for t in threads: t.start()
for t in threads: t.join()
model = random.Random(5)
print(box.drawn['n'], [box.drawn[i] for i in range(400)] == [model.random() for i in range(400)])
# expect: True
# expect: True
# expect: True
# expect: 400 True
