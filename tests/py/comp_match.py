# comp_match: see tests/run; expected output is Python's
class P:
    __match_args__ = ('x', 'y')
    def __init__(s, x, y): s.x, s.y = x, y
def m(v):
    match v:
        case 0: return 'zero'
        case -1 | 1.5: return 'neg'
        case "s" 't': return 'str'
        case None: return 'None'
        case True: return 'True'
        case [] : return 'empty'
        case [x]: return 'one', x
        case [1, x, *_]: return 'starts1', x
        case [x, *_, 9]: return 'ends9', x
        case [2, *rest]: return 'rest', rest
        case (a, b) if a == b: return 'eq', a
        case [a, b, *c, d]: return a, b, c, d
        case {'k': v, 'z': [z, *_]}: return 'map', v, z
        case {'k': v, **r}: return 'k', v, r
        case {}: return 'anymap'
        case P(x=0): return 'P0'
        case P(1, y): return 'P1', y
        case P(x, y=2 | 3 as q): return 'P', x, q
        case P(): return 'Pany'
        case int(n) | float(n): return 'num', n
        case str() as s: return 'str', s
        case (1 | 2, _) | [_, 3]: return 'x'
        case _: return 'other'
for v in [0, -1, 1.5, 'st', None, True, [], [5], [1, 2, 3], [4, 5, 9], [2, 3], (7, 7), [3, 4, 5, 6, 7], {'k': 1, 'z': [2]}, {'k': 1, 'q': 2}, {'a': 1}, P(0, 1), P(1, 5), P(4, 3), P(7, 8), 42, 2.5, 'abc', (8, 3), object]:
    print(m(v))
import enum
class C: A = 1
def d(v):
    match v:
        case C.A: return 'C.A'
        case {C.A: x}: return x
        case [[a, b], [c]] | {'a': a, 'b': b, 'c': c}: return a, b, c
        case x: return ('x', x)
print(d(1), d({1: 5}), d([[1, 2], [3]]), d({'a': 1, 'b': 2, 'c': 3}), d([1]))
def nm(x):
    match x:
        case [a, b]: pass
    try: return a
    except UnboundLocalError: return 'unb'
print(nm([1, 2]), nm(3))
match (1, 2):
    case (x, y): print(x, y)
match 5:
    case n if n > 10: print('big')
    case n: print('small', n)

# sub-patterns for one attribute, and what handlers may name
class Twice:
    __match_args__ = ("a", "a", "b")
    a = b = 1

def twice(x):
    for n in range(4):
        try:
            match x, n:
                case Twice(p, q), 0: print(0)
                case Twice(p, a=q), 1: print(1)
                case Twice(a=p, b=q), 2: print(2)
                case Twice(p), 3: print(3)
        except TypeError as e:
            print(e)
twice(Twice())
for classes in (42, (ValueError, 42), (ValueError, (KeyError,)), (KeyError, ValueError)):
    try:
        try:
            raise ValueError
        except classes:
            print("caught")
    except TypeError as e:
        print(e)
