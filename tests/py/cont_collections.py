# _collections: deque, defaultdict, OrderedDict, Counter, namedtuple.
from collections import *
import copy, pickle
def t(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
d = deque('abc'); d.append(1); d.appendleft(0); print(d, len(d), d[0], d[-1], d[2], 'b' in d, 'z' in d, list(reversed(d)), bool(deque()))
t(lambda: d[10]); t(lambda: d['a']); t(lambda: d[0:1]); t(d.remove, 'zz'); t(d.index, 'zz'); t(d.index, 'b'); t(d.index, 'b', 3); t(d.count, 'a'); t(deque().pop); t(deque().popleft); t(deque, 5); t(deque, [], -1); t(deque, [], 'a'); t(deque, 1, 2, 3); t(hash, d)
print(d.pop(), d.popleft(), d); d.extend([1, 2]); d.extendleft('xy'); print(d); d.rotate(2); print(d); d.rotate(-3); print(d); d.rotate(); print(d); d.reverse(); print(d); d.remove('b'); del d[0]; d[0] = 'first'; print(d); d.insert(1, 'ins'); d.insert(-1, 'neg'); d.insert(100, 'end'); d.insert(-100, 'start'); print(d); d.clear(); print(d, d.maxlen)
m = deque(range(10), maxlen=3); print(m, m.maxlen); m.append(10); m.appendleft(5); print(m); m.extend('ab'); print(m); t(m.insert, 0, 1); m *= 3; print(m); print(m + deque([1]), m * 2, 2 * m, deque([1]) + deque([2])); t(lambda: m + [1]); t(lambda: m * 'a'); print(deque([1, 2], 0), deque(maxlen=2))
def f(): m.maxlen = 5
t(f)
print(deque([1, 2]) == deque([1, 2]), deque([1]) < deque([1, 2]), deque([1]) != [1], deque([2]) > deque([1, 5]), deque('a') == deque('a', 5))
x = deque([1, 2, 3]); x += x; print(x); x.extend(x); print(x); x.extendleft(x); print(len(x)); r = deque(); r.append(r); print(r); r = deque(maxlen=2); r.append([r]); print(r)
def f():
    d = deque([1, 2, 3])
    for i in d: d.append(1)
t(f)
def f():
    d = deque([1, 2, 3])
    for i in d: d.pop()
t(f)
it = iter(deque('abc')); print(next(it), it.__length_hint__(), list(it), it.__length_hint__(), type(it).__name__, type(reversed(deque())).__name__)
print(copy.copy(deque([1], 5)), deque([1, 2], 4).copy(), deque('ab', 3).__reduce__()[1:3], deque('ab').__reduce__()[1], pickle.loads(pickle.dumps(deque([1, 2], 7))), copy.deepcopy(deque([[1]])))
class D(deque): pass
z = D('ab', 3); z.attr = 1; print(z, z.attr, type(z.copy()), type(z + z), z.copy().maxlen, copy.copy(z))
big = deque()
for i in range(5000): big.append(i)
for i in range(4000): big.popleft()
for i in range(300): big.appendleft(i)
print(len(big), big[0], big[-1], big[500], sum(big)); big.rotate(123); print(big[0], big[-1]); print(big.index(4500), deque[int])
class Mut:
    def __eq__(self, o): dd.clear(); return True
dd = deque([Mut()]); t(dd.remove, 5)
dd = deque([1, Mut(), 3]); t(dd.index, 3); dd = deque([1, Mut(), 3]); t(lambda: 3 in dd); dd = deque([Mut(), 3]); t(dd.count, 3)
dd = defaultdict(list); dd['a'].append(1); print(dd, dd['b'], dd, dd.default_factory, dd.get('zz'), 'zz' in dd, len(dd)); n = defaultdict(); t(lambda: n['x']); t(defaultdict, 5); print(n, defaultdict(int, a=1), defaultdict(None, {1: 2}), defaultdict(int, [(1, 2)])); dd.default_factory = int; print(dd['q'], copy.copy(dd), dd.copy(), type(dd.copy()), pickle.loads(pickle.dumps(defaultdict(list, x=[1]))), dd.__reduce__()[1])
print(defaultdict(int, a=1) | {'b': 2}, {'b': 2} | defaultdict(int, a=1), defaultdict(int, {1: 1}) == {1: 1}, defaultdict[int, str]); t(lambda: dd | 5); a = defaultdict(int); a |= {1: 1}; print(a); t(lambda: dd.__missing__('new')); t(lambda: n.__missing__('new')); r = defaultdict(lambda: r); r[1] = r; print(repr(r)[:12])
class DD(defaultdict):
    def __missing__(self, k): return k * 2
print(DD(int)['x'], DD(int))
def bad(): raise KeyError('factory')
t(lambda: defaultdict(bad)['x'])
o = OrderedDict([('a', 1), ('b', 2), ('c', 3)]); o.move_to_end('a'); print(o, list(o)); o.move_to_end('c', last=False); print(o, list(reversed(o)), o.popitem(), o.popitem(last=False), o); t(o.move_to_end, 'zz'); t(OrderedDict().popitem); t(lambda: o['zz']); print(OrderedDict(a=1, b=2) == {'b': 2, 'a': 1}, OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict() , o.keys(), o.values(), o.items(), list(reversed(o.items())))
o = OrderedDict.fromkeys('abc', 0); o['d'] = 1; del o['b']; o['b'] = 5; print(o, o.pop('a'), o.pop('zz', 9), o.setdefault('q'), o.copy(), type(o.copy()), len(o), pickle.loads(pickle.dumps(o)) == o, copy.deepcopy(o)); t(o.pop, 'zz'); t(OrderedDict, 1); t(OrderedDict, [(1,)]); t(OrderedDict, [(1, 2, 3)]); t(OrderedDict, 1, 2); o.attr = 5; print(o.attr, o.__dict__, o | {'z': 1}, {'z': 1} | o); o |= {'w': 1}; o.update(a=1); o.update([('x', 2)]); print(o); o.clear(); print(o, bool(o))
for i in range(100): o[i] = i
for i in range(50): o.move_to_end(i, last=False)
for i in range(30): o.popitem(last=False)
print(list(o)[:25], len(o), next(iter(o)), next(reversed(o))); r = OrderedDict(); r['x'] = r; print(r)
class OD(OrderedDict):
    def __setitem__(self, k, v): super().__setitem__(k, v * 10)
print(OD(a=1), OD([('b', 2)]), OD.fromkeys('x', 3))
c = Counter('abracadabra'); print(c.most_common(3), c['zz'], sum(c.values()), c + Counter('ab'), c - Counter('aaaaaa'), c & Counter('abx'), c | Counter('xyz'), +c, Counter(a=1, b=-1) + Counter(), list(Counter(a=2, b=1).elements()), c.total(), Counter([1, 1, 2]), Counter({'a': 3}), Counter(['a', 'b', 'a']) == Counter('aab')); c.update('zz'); c.subtract('a'); print(c)
P = namedtuple('P', 'x y', defaults=[5]); p = P(1); print(p, p.x, p.y, p._replace(x=9), p._asdict(), P._fields, p == (1, 5), P.x, P.x.__doc__, p[0], P._make([3, 4]), P.__doc__, hash(p) == hash((1, 5))); t(P); t(P, 1, 2, 3); t(lambda: p.z)
def f(): p.x = 1
t(f); P.x.__doc__ = 'new doc'; print(P.x.__doc__, pickle.loads(pickle.dumps(P.x.__reduce__()[1]))); t(lambda: P.x.__get__(5)); print(P.x.__get__(None, P) is P.x)
cm = ChainMap({'a': 1}, {'b': 2, 'a': 3}); print(cm, cm['a'], cm['b'], list(cm), len(cm), cm.new_child({'c': 1})); u = UserDict(a=1); print(u, UserList([1]) + [2], UserString('x') + 'y')
