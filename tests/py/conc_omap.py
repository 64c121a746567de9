# OrderedMap shared by threads that each own every third key: against a dict of the thread's own, with blocks that are undone, savepoints, and neighbours that come and go.
import random, threading
from apodora import atomic, OrderedMap

KEYS, STEPS, THREADS = 180, 1500, 3
shared = {False: OrderedMap(), True: OrderedMap()}
wrong = []

class Undo(Exception): pass

def name(k, text): return f'k{k:04}' if text else k

def one(m, model, k, op, text):
    key = name(k, text)
    if op < 4: return m.get(key), model.get(key)
    if op < 7:
        m[key] = model[key] = op
        return None, None
    if op < 9: return m.pop(key, None), model.pop(key, None)
    return [x for x in m.range(key, name(k + 3, text)) if x[0] == key], [(key, model[key])] if key in model else []

def work(me, text):
    rand, m, model = random.Random(me * 2 + text), shared[text], {}
    for step in range(STEPS):
        plan = [(rand.randrange(KEYS // THREADS) * THREADS + me, rand.randrange(10)) for _ in range(rand.randrange(1, 5))]
        undone, part = rand.randrange(4) == 0, rand.randrange(4) == 0
        kept = dict(model)
        try:
            with atomic:
                model = dict(kept)
                for k, op in plan:
                    a, b = one(m, model, k, op, text)
                    if a != b: wrong.append((text, me, step, k, op, a, b))
                if part:
                    inner = dict(model)
                    try:
                        with atomic:
                            one(m, inner, plan[0][0], 4, text)
                            one(m, inner, plan[0][0] , 7, text)
                            one(m, inner, plan[-1][0], 5, text)
                            raise Undo
                    except Undo: pass
                    for k, op in plan:
                        if m.get(name(k, text)) != model.get(name(k, text)): wrong.append((text, me, step, k, 'undone'))
                if undone: raise Undo
        except Undo: model = kept
    finals[text, me] = model

for text in (False, True):
    finals = globals().setdefault('finals', {})
    ts = [threading.Thread(target=work, args=(me, text)) for me in range(THREADS)]
    for t in ts: t.start()
    for t in ts: t.join()
    want = {}
    for me in range(THREADS): want.update(finals[text, me])
    print(text, list(shared[text].items()) == sorted(want.items()), len(shared[text]) == len(want), wrong[:3])
# expect: False True True []
# expect: True True True []
