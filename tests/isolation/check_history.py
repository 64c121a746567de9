"""Reads a history of history.py and says what is wrong with it:   check_history.py FILE serializable|snapshot
A cycle over ww, wr, rw edges, each thread's own order and real time is a violation; under snapshot isolation one without two rw edges in a row.
Prints the number of transactions, of edges, and of violations; exit status 1 if there are any."""
import json
import sys


def load(path):
    with open(path) as f:
        return [json.loads(line) for line in f]


class Checker:
    def __init__(self, txns):
        self.txns = txns
        self.dep, self.anti = {}, {}           # from -> {to: why}
        self.wrong = []
        self.writer = {}                       # value -> transaction
        self.last_write = {}

    def edge(self, table, a, b, why):
        if a != b:
            table.setdefault(a, {}).setdefault(b, why)

    def error(self, *words):
        self.wrong.append(" ".join(map(str, words)))

    def index(self):
        self.appends, self.longest, self.registers, self.adds = {}, {}, {}, {}
        for t, (_, _, _, ops) in enumerate(self.txns):
            for o in ops:
                if "w" in o[2]:
                    self.writer[o[1], o[3]] = t
                    if o[0] == "list":
                        self.appends.setdefault(o[1], []).append(o[3])
                    elif o[0] == "set":
                        self.adds.setdefault(o[1], []).append(o[3])
                if o[0] == "list" and "r" in o[2]:
                    seen = o[4] if o[2] == "rw" else o[3]
                    if len(seen) > len(self.longest.get(o[1], ())):
                        self.longest[o[1]] = seen

    def lists(self):
        for obj, order in self.longest.items():
            if len(set(order)) != len(order):
                self.error(obj, "holds a value twice:", order)
            for v in order:
                if (obj, v) not in self.writer:
                    self.error(obj, "shows a value that nobody committed:", v)
            for a, b in zip(order, order[1:]):
                if (obj, a) in self.writer and (obj, b) in self.writer:
                    self.edge(self.dep, self.writer[obj, a], self.writer[obj, b], "ww " + obj)

    def unseen(self, obj, seen, t):
        """Appends that no longest read shows come after all that it shows; t has read without them."""
        order = self.longest.get(obj, [])
        if len(seen) == len(order):
            known = set(order)
            for v in self.appends.get(obj, ()):
                if v not in known:
                    self.edge(self.anti, t, self.writer[obj, v], "rw " + obj)

    def read_list(self, t, obj, seen, own):
        mine = [v for v in seen if v in own]
        if mine != [v for v in own if v in mine]:
            self.error("own writes in another order", obj, seen, own)
        order = self.longest.get(obj, [])
        if seen != order[:len(seen)]:
            return self.error(obj, "two reads that are no prefixes of each other:", seen, order[:len(seen)])
        missing = [v for v in own if v not in seen]
        if missing:
            return self.error(obj, "own write not seen:", missing, seen)
        if seen and (obj, seen[-1]) in self.writer:
            self.edge(self.dep, self.writer[obj, seen[-1]], t, "wr " + obj)
        for v in reversed(seen):               # the newest that is not its own, too
            if (obj, v) in self.writer and self.writer[obj, v] != t:
                self.edge(self.dep, self.writer[obj, v], t, "wr " + obj)
                break
        if len(seen) < len(order):
            if (obj, order[len(seen)]) in self.writer:
                self.edge(self.anti, t, self.writer[obj, order[len(seen)]], "rw " + obj)
        else:
            self.unseen(obj, seen, t)

    def reads(self):
        for t, (_, _, _, ops) in enumerate(self.txns):
            own, regs = {}, {}
            for o in ops:
                kind, obj, how, value = o[:4]
                if kind == "list" and "r" in how:
                    self.read_list(t, obj, o[4] if how == "rw" else value, own.get(obj, []))
                elif kind == "set" and how == "r":
                    have = set(value)
                    for v in own.get(obj, []):
                        if v not in have:
                            self.error(obj, "own element not seen", v)
                    for v in have:
                        if (obj, v) not in self.writer:
                            self.error(obj, "shows an element that nobody committed:", v)
                        else:
                            self.edge(self.dep, self.writer[obj, v], t, "wr " + obj)
                    for v in self.adds.get(obj, ()):
                        if v not in have:
                            self.edge(self.anti, t, self.writer[obj, v], "rw " + obj)
                elif kind == "in" and value:
                    w = self.writer.get((obj, value))
                    if w is None:
                        self.error(obj, "shows an element that nobody committed:", value)
                    elif o[4]:
                        self.edge(self.dep, w, t, "wr " + obj)
                    else:
                        self.error(obj, "an element was seen and then not:", value)
                elif kind == "count":
                    order = self.longest.get(obj, [])
                    if value < len(order):
                        if value:
                            self.edge(self.dep, self.writer[obj, order[value - 1]], t, "wr " + obj)
                        self.edge(self.anti, t, self.writer[obj, order[value]], "rw " + obj)
                elif kind == "reg":
                    seen = o[4] if how == "rw" else value
                    if obj in regs and regs[obj] != seen:
                        self.error(obj, "register read", seen, "after", regs[obj])
                    if seen:
                        if (obj, seen) not in self.writer:
                            self.error(obj, "shows a value that nobody committed:", seen)
                        else:
                            self.edge(self.dep, self.writer[obj, seen], t, "wr " + obj)
                    self.registers.setdefault((obj, seen), []).append((t, value if how == "rw" else None))
                    regs[obj] = value if how == "rw" else seen
                if "w" in how and kind in ("list", "set"):
                    own.setdefault(obj, []).append(value)

    def register_edges(self):
        """Every write of a register has read it before: whoever overwrote what t has read comes after t."""
        for (obj, seen), users in self.registers.items():
            writers = {t for t, value in users if value is not None}
            for w in writers:
                for t, value in users:
                    if t != w and value is None:
                        self.edge(self.anti, t, w, "rw " + obj)
            if len(writers) > 1:
                self.error(obj, "lost update of", seen, "by", sorted(writers))

    def real_time(self):
        """Nodes between transactions: what has ended before the node, comes before what begins behind it."""
        timed = [(i, t) for i, t in enumerate(self.txns) if t[1]]
        events = sorted([(t[1], 1, i) for i, t in timed] + [(t[2], 0, i) for i, t in timed])
        for i in range(1, len(self.txns)):
            if self.txns[i][0] == self.txns[i - 1][0]:
                self.edge(self.dep, i - 1, i, "order of the thread")
        node, last = len(self.txns), None
        for _, begins, i in events:
            if begins:
                if last is not None:
                    self.edge(self.dep, last, i, "time")
            else:
                if last is not None:
                    self.edge(self.dep, last, node, "time")
                self.edge(self.dep, i, node, "time")
                last, node = node, node + 1
        self.nodes = node

    def graph(self, level):
        """Adjacency over the nodes of a graph whose cycles are violations."""
        if level == "serializable":
            return lambda n: [*self.dep.get(n, ()), *self.anti.get(n, ())], range(self.nodes)
        def neighbours(n):                     # n = 2 * node + (came by an rw edge)
            out = [2 * m for m in self.dep.get(n >> 1, ())]
            if not n & 1:
                out += [2 * m + 1 for m in self.anti.get(n >> 1, ())]
            return out
        return neighbours, range(2 * self.nodes)

    def cycles(self, level):
        neighbours, nodes = self.graph(level)
        number, low, on, stack, found, counter = {}, {}, set(), [], [], 0
        for root in nodes:
            if root in number:
                continue
            number[root] = low[root] = counter = counter + 1
            stack.append(root)
            on.add(root)
            work = [(root, iter(neighbours(root)))]
            while work:
                n, it = work[-1]
                for m in it:
                    if m not in number:
                        number[m] = low[m] = counter = counter + 1
                        stack.append(m)
                        on.add(m)
                        work.append((m, iter(neighbours(m))))
                        break
                    if m in on:
                        low[n] = min(low[n], number[m])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[n])
                    if low[n] == number[n]:
                        part = []
                        while True:
                            m = stack.pop()
                            on.discard(m)
                            part.append(m)
                            if m == n:
                                break
                        if len(part) > 1:
                            found.append(part)
        return found, neighbours

    def shortest(self, part, neighbours):
        inside, start = set(part), min(part)
        came, queue = {start: None}, [start]
        for n in queue:
            for m in neighbours(n):
                if m == start:
                    path = [n]
                    while came[path[-1]] is not None:
                        path.append(came[path[-1]])
                    return path[::-1]
                if m in inside and m not in came:
                    came[m] = n
                    queue.append(m)
        return part

    def explain(self, path, level):
        lines = []
        for a, b in zip(path, path[1:] + path[:1]):
            x, y = (a, b) if level == "serializable" else (a >> 1, b >> 1)
            why = self.dep.get(x, {}).get(y) or self.anti.get(x, {}).get(y)
            what = self.txns[x] if x < len(self.txns) else "(time)"
            lines.append(f"    {x}: {json.dumps(what)}\n      --{why}--> {y}")
        return "\n".join(lines)

    def check(self, level):
        self.index()
        self.lists()
        self.reads()
        self.register_edges()
        self.real_time()
        found, neighbours = self.cycles(level)
        for part in found[:3]:
            self.error("a cycle:\n" + self.explain(self.shortest(part, neighbours), level))
        return len(found)


def main():
    txns, level = load(sys.argv[1]), sys.argv[2]
    c = Checker(txns)
    c.check(level)
    for w in c.wrong[:6]:
        print(w[:3000])
    edges = sum(map(len, c.dep.values())) + sum(map(len, c.anti.values()))
    print(f"{len(txns)} transactions, {edges} edges, {len(c.wrong)} violations")
    raise SystemExit(bool(c.wrong))


main()
