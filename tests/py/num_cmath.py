"""cmath and complex, to 11 digits: the last places are the C library's."""
import cmath
import math
import random


def text(x):
    if isinstance(x, complex):
        return "(%s, %s)" % (text(x.real), text(x.imag))
    if isinstance(x, float):
        return "nan" if x != x else "%.11g" % x
    return ascii(x) if not isinstance(x, tuple) else "(%s)" % ", ".join(map(text, x))


r = random.Random(6)
parts = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-8, 700.0, -3.5, math.inf, -math.inf, math.nan]


def number():
    return complex(r.choice(parts + [r.uniform(-3, 3)] * 8), r.choice(parts + [r.uniform(-3, 3)] * 8))


for name in "acos acosh asin asinh atan atanh cos cosh exp isfinite isinf isnan log log10 phase polar sin sinh sqrt tan tanh".split():
    for _ in range(60):
        z = number()
        if not cmath.isfinite(z):
            continue
        try:
            print(name, z, text(getattr(cmath, name)(z)))
        except (ValueError, OverflowError) as e:
            print(name, z, type(e).__name__, e)
for _ in range(300):
    a, b = number(), number()
    if not (cmath.isfinite(a) and cmath.isfinite(b)):
        continue
    for op in ("+", "-", "*", "/", "**", "==", "!="):
        try:
            print(a, op, b, text(eval("a %s b" % op)))
        except ArithmeticError as e:
            print(a, op, b, type(e).__name__, e)
    try:
        print(abs(a) if a == a else None, -a, +a, a.conjugate(), bool(a), hash(a) if a == a else None, repr(a), "%s" % a, format(a, ".3f"), format(a, "+>40.2e"))
    except OverflowError as e:
        print(e)
for s in "1 1j +1j -j j (1+2j) 1e3-2.5e-3j infj nan+infj ( 1+j ) 1+ 1j1 +-1j 1_0+2_0j 1__0j (1j 1j) . ".split(" "):
    try:
        print(s, complex(s))
    except ValueError as e:
        print(s, e)
print(complex(1, 2) == complex("1+2j"), complex(1.5), complex(imag=2), complex(real=1j), complex(1j, 1j), cmath.rect(2, 1), cmath.polar(-1))
print(cmath.isclose(1, 1 + 1e-10j), cmath.pi, cmath.infj, cmath.nanj)
