"""A workload whose history is recorded: lists that are appended to, dict keys and attributes that hold tuples that grow, sets, registers.
    history.py FILE THREADS TRANSACTIONS ISOLATION SEED [slices]
Each line of FILE is a transaction: [thread, start ns, end ns, [operation, …]]; an operation is [kind, object, "w" or "r", value, …].
start 0: a slice, whose place in real time
nobody can tell. Every written value is unique. Objects live for a while and are replaced, so that a history's edges stay few."""
import json
import random
import sys
import threading
import time
from apodora import atomic, Conflict

path, threads, total, level, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
mixed = "slices" in sys.argv
block = atomic(isolation=level)
LIFE = 160                   # operations of one thread before it goes on to the next generation of objects
WIDTH = 3                    # objects of one kind in a generation


class Holder:
    pass


def generation():
    h = Holder()
    h.lists = [[] for _ in range(WIDTH)]
    h.table = {}             # key -> tuple that grows
    h.fields = Holder()      # attribute -> tuple that grows
    h.sets = [set() for _ in range(WIDTH)]
    h.keys = {}              # grows by keys of its own: order, length, absent keys
    h.registers = Holder()
    h.values = {}
    for i in range(WIDTH):
        setattr(h.registers, f"r{i}", 0)
        h.values[i] = 0
    return h


per_thread = total // threads
generations = [generation() for _ in range(per_thread * 4 // LIFE + 3)]
names = ["a", "b", "c"]


def perform(op, h, g, rng, value):
    """One operation on generation h; what is to be recorded."""
    i = rng.randrange(WIDTH)
    if op == 0:
        h.lists[i].append(value)
        return ["list", f"l{g}.{i}", "w", value]
    if op == 1:
        return ["list", f"l{g}.{i}", "r", list(h.lists[i])]
    if op == 2:
        old = h.table.get(i, ())
        h.table[i] = old + (value,)
        return ["list", f"d{g}.{i}", "rw", value, list(old)]
    if op == 3:
        return ["list", f"d{g}.{i}", "r", list(h.table.get(i, ()))]
    if op == 4:
        old = getattr(h.fields, names[i], ())
        setattr(h.fields, names[i], old + (value,))
        return ["list", f"a{g}.{i}", "rw", value, list(old)]
    if op == 5:
        return ["list", f"a{g}.{i}", "r", list(getattr(h.fields, names[i], ()))]
    if op == 6:
        h.sets[i].add(value)
        return ["set", f"s{g}.{i}", "w", value]
    if op == 7:
        return ["set", f"s{g}.{i}", "r", sorted(h.sets[i])]
    if op == 8:
        h.keys[value] = None
        return ["list", f"k{g}", "w", value]           # the order of keys is that of commits
    if op == 9:
        return ["list", f"k{g}", "r", list(h.keys)]
    if op == 10:
        return ["count", f"k{g}", "r", len(h.keys)]
    if op == 11:
        old = getattr(h.registers, f"r{i}")
        setattr(h.registers, f"r{i}", value)
        return ["reg", f"r{g}.{i}", "rw", value, old]
    if op == 12:
        return ["reg", f"r{g}.{i}", "r", getattr(h.registers, f"r{i}")]
    if op == 13:
        old = h.values[i]
        h.values[i] = value
        return ["reg", f"v{g}.{i}", "rw", value, old]
    if op == 14:
        return ["reg", f"v{g}.{i}", "r", h.values[i]]
    x = rng.choice(list(h.sets[i]) or [0])
    return ["in", f"s{g}.{i}", "r", x, x in h.sets[i]]


WRITES = (0, 2, 4, 6, 8, 11, 13)
READS = (1, 3, 5, 7, 9, 10, 12, 14, 15)


class Undo(Exception):
    pass


def work(me):
    rng = random.Random(seed * 1000 + me)
    record = []
    histories[me] = record
    operations = serial = 0
    for _ in range(per_thread):
        n = 1 if mixed and rng.random() < 0.3 else rng.choice((1, 2, 3, 4, 5, 6))
        plan = []
        for _ in range(n):
            operations += 1
            g = operations // LIFE
            if rng.random() < 0.15 and g:
                g -= 1
            serial += 1
            plan.append((rng.choice(WRITES if rng.random() < 0.5 else READS), g, serial * 64 + me + 1, rng.random()))
        fate = rng.random()
        start = time.monotonic_ns()
        if mixed and n == 1:
            op, g, value, r = plan[0]
            if op in (0, 6, 8):                          # one bytecode that writes: a slice, which may have begun before and ends later
                record.append([me, 0, 0, [perform(op, generations[g], g, random.Random(r), value)]])
                continue
            else:
                with block:
                    done = [perform(op, generations[g], g, random.Random(r), value)]
        elif fate < 0.05:
            try:
                with block:
                    for op, g, value, r in plan:
                        perform(op, generations[g], g, random.Random(r), value)
                    raise Undo
            except Undo:
                continue                                 # its values must never be seen: nobody has written them
        elif fate < 0.15:
            with block as txn:
                done = [perform(op, generations[g], g, random.Random(r), value) for op, g, value, r in plan[:1]]
                sp = txn.savepoint()
                for op, g, value, r in plan[1:]:
                    if op in READS:                      # what an undone step has read counts
                        done.append(perform(op, generations[g], g, random.Random(r), value))
                    else:
                        perform(op, generations[g], g, random.Random(r), -value)
                sp.rollback()
                tail = []
                for op, g, value, r in plan[1:]:
                    tail.append(perform(op, generations[g], g, random.Random(r), value + 32))
            done = [o for o in done[:1]] + tail          # reads between savepoint and rollback may have seen the undone writes
        else:
            with block:
                done = []
                for op, g, value, r in plan:
                    done.append(perform(op, generations[g], g, random.Random(r), value))
        record.append([me, start, time.monotonic_ns(), done])


histories = [None] * threads
ts = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
for t in ts:
    t.start()
for t in ts:
    t.join()
with open(path, "w") as f:
    for record in histories:
        for txn in record:
            f.write(json.dumps(txn) + "\n")
print(sum(map(len, histories)))
