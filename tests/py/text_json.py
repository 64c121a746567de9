# json: the accelerated scanner and encoder.
import json
def t(f, *a, **k):
    try: print(ascii(f(*a, **k)))
    except Exception as e: print(type(e).__name__, ascii(str(e)))
for s in ['{}', '[]', 'null', 'true', 'false', '1', '-1', '0', '-0', '01', '1.5', '1e5', '1E-3', '-1.5e+10', '123456789012345678901234567890', '1.', '.5', '-', '1e', '"a"', '"\\u00e9\\n\\"\\\\\\/"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ud83dx"', '"\\u12"', '"\\x"', '"a\nb"', '"abc', '"', '[1, 2, [3, {"a": [null]}]]', '{"a": 1, "b": {"c": "é€"}}', '{"a" 1}', '{"a": }', '{"a": 1,}', '{a: 1}', '[1,]', '[1 2]', '[', '{', '{"a"', '{"a":1', 'NaN', 'Infinity', '-Infinity', 'nul', ' [1 ] ', '[1] x', '', '   ', '{"a": 1, "a": 2}', '\ufeff1', '1e400', '[[[]]]', '"\x7f"', '{"x": tru}']:
    t(json.loads, s)
t(json.loads, '"a\nb"', strict=False); t(json.loads, '{"a": 1.5, "b": 2}', parse_float=str, parse_int=lambda s: s + '!'); t(json.loads, '[NaN, Infinity]', parse_constant=lambda s: s); t(json.loads, '{"a": {"b": 1}}', object_hook=lambda d: sorted(d.items())); t(json.loads, '{"a": {"b": 1}}', object_pairs_hook=lambda p: p); t(json.loads, b'{"a": "\xc3\xa9"}'); t(json.loads, '"é"'.encode('utf-16')); t(json.loads, 5)
t(json.loads, '[' * 100000); t(lambda: len(json.loads('[' * 500 + ']' * 500)))
from decimal import Decimal
class L(list): pass
class D(dict): pass
class I(int):
    def __repr__(self): return 'no'
class F(float): pass
import enum
class E(enum.IntEnum): A = 1
for v in [None, True, False, 0, -5, 10**30, 1.5, 1e100, 1e-7, float('nan'), float('inf'), float('-inf'), '', 'a"\\\n\r\t\b\f/', 'é€𝒳\ud800\x00\x7f', [], {}, (), [1, [2, (3,)]], {'a': 1, 'b': [None]}, {1: 2, 1.5: 3, None: 4, True: 5}, L([1]), D(a=1), I(5), F(1.5), E.A, {E.A: 1}, {(1,): 2}, {1, 2}, b'x', object, Decimal(1), {'b': 1, 'a': 2, 'c': {'z': 1, 'y': 2}}]:
    t(json.dumps, v); t(json.dumps, v, ensure_ascii=False, sort_keys=True, separators=(',', ':')); t(json.dumps, v, indent=2); t(json.dumps, v, skipkeys=True, default=lambda o: 'D:' + type(o).__name__); t(json.dumps, v, allow_nan=False, check_circular=False)
x = []; x.append(x); t(json.dumps, x); d = {}; d['a'] = d; t(json.dumps, d); t(json.dumps, x, check_circular=False); t(json.dumps, object(), default=lambda o: o); t(json.dumps, {1: 1, 'a': 2}, sort_keys=True); t(lambda: list(json.JSONEncoder().iterencode([1, {'a': (2, 3)}]))); t(lambda: json.JSONDecoder().raw_decode('[1] x')); t(json.dumps, 'x', cls=json.JSONEncoder)
import io
f = io.StringIO(); json.dump({'a': [1, 2]}, f, indent='\t'); t(f.getvalue); f.seek(0); t(json.load, f)
try: json.loads('{"a":\n 1,\n x}')
except json.JSONDecodeError as e: print(e.msg, e.lineno, e.colno, e.pos, e.doc)
