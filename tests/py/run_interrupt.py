# A signal's handler that raises ends one long builtin, too, wherever it is, and an open block is undone.
import copy, functools, itertools, json, math, operator, re, signal, sys, threading
from apodora import atomic
sys.set_int_max_str_digits(0)
class Stop(Exception): pass
def handler(*a): raise Stop
signal.signal(signal.SIGALRM, handler)
class Box: pass
b = Box(); b.n = 0
million = (1 << 1_000_000) // 3
big = million << 199_000_000 | million
digits = '7' * 20_000_000
deep, same = [], []
for i in range(70): deep, same = [deep, deep], [same, same]
tree, other = (), ()
for i in range(70): tree, other = (tree, tree), (other, other)
ops = {
    'multiply': lambda: big * (big + 2), 'square': lambda: big * big, 'power': lambda: 3 ** 150_000_000, 'power modulo': lambda: pow(3, (1 << 200_000) - 1, (1 << 200_000) + 1),
    'divide': lambda: big // million, 'isqrt': lambda: math.isqrt(big), 'gcd': lambda: math.gcd(big, big // 7), 'factorial': lambda: math.factorial(5_000_000), 'comb': lambda: math.comb(8_000_000, 4_000_000),
    'str of int': lambda: str(big >> 170_000_000), 'int of str': lambda: int(digits), 'sum': lambda: sum(itertools.repeat(1)), 'max': lambda: max(itertools.repeat(1)), 'in': lambda: 1 in itertools.repeat(0),
    'compare lists': lambda: deep == same, 'map': lambda: max(map(abs, itertools.repeat(1))), 'reduce': lambda: functools.reduce(operator.add, itertools.repeat(0)),
    'filter': lambda: next(filter(None, itertools.repeat(0))), 'islice': lambda: next(itertools.islice(itertools.count(), sys.maxsize, None)), 'match': lambda: re.match('(a+)+$', 'a' * 80 + 'b'),
    'deepcopy': lambda: copy.deepcopy([[i] for i in itertools.count()]), 'list': lambda: list(map(type, itertools.repeat(1, 10 ** 8))), 'sort key': lambda: sorted([1, 2], key=lambda x: sum(itertools.repeat(x))),
}
def interrupted(op):
    """Did the exception come out of op, and not only behind it?"""
    got = None
    try:
        with atomic:
            b.n = 1
            signal.setitimer(signal.ITIMER_REAL, 0.03)
            got = op()
            while True: pass
    except Stop: pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    return got is None and b.n == 0
for attempt in 'alone', 'beside a thread':
    if attempt != 'alone':
        stop = threading.Event()
        t = threading.Thread(target=stop.wait); t.start()
    print(attempt, [name for name, op in ops.items() if not interrupted(op)])
stop.set(); t.join()
# expect: alone []
# expect: beside a thread []
