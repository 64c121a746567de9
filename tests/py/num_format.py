"""Format specifications of numbers, at random."""
import random

r = random.Random(20)
for _ in range(6000):
    spec = ""
    if r.random() < 0.4:
        spec += r.choice(["", "*", "0", "\u20ac"]) + r.choice("<>=^")
    spec += r.choice(["", "", "+", "-", " "]) + r.choice(["", "", "", "z"]) + r.choice(["", "", "#"]) + r.choice(["", "", "0"])
    spec += r.choice(["", str(r.randint(0, 40))]) + r.choice(["", "", ",", "_"]) + r.choice(["", "", ".%d" % r.randint(0, 20)])
    spec += r.choice(list("bcdoxXneEfFgG%") + ["", "", "f", "d", "g", "s"])
    v = r.choice([r.randint(-10**6, 10**6), r.getrandbits(100), r.uniform(-1000, 1000), r.uniform(-1, 1) * 10.0 ** r.randint(-300, 300),
                  complex(r.uniform(-9, 9), r.uniform(-9, 9)), 0.0, -0.0, float("inf"), float("-inf"), float("nan"), True, 65])
    try:
        print(ascii(v), ascii(spec), ascii(format(v, spec)))
    except (ValueError, OverflowError) as e:
        print(ascii(v), ascii(spec), type(e).__name__, e)
for x in (r.uniform(-1, 1) * 10.0 ** r.randint(-320, 308) for _ in range(2000)):
    n = r.randint(-20, 20)
    try:
        print(repr(x), round(x, n), float(repr(x)) == x, x.hex(), float.fromhex(x.hex()) == x, x.as_integer_ratio(), hash(x), "%.5e|%g|%r" % (x, x, x))
    except OverflowError as e:
        print(x, n, e)
