"""Integers of any size, at random."""
import random
import sys

r = random.Random(99)


def number():
    bits = r.choice([3, 30, 60, 61, 62, 63, 64, 65, 127, 128, 129, 200, 400, 3000])
    k = r.random()
    v = r.getrandbits(bits) if k < 0.5 else (1 << bits) + r.randint(-2, 2) if k < 0.75 else r.getrandbits(20) << bits
    return -v if r.random() < 0.5 else v


for _ in range(1500):
    a, b, n = number(), number(), r.randint(0, 200)
    print(a + b, a - b, a * b, a & b, a | b, a ^ b, ~a, -a, abs(a), a << n, a >> n, a == b, a < b, a <= b, hash(a), bool(a))
    if b:
        print(a // b, a % b, divmod(a, b), pow(a, abs(n), b))
        try:
            print(a / b)
        except OverflowError as e:
            print(e)
    try:
        print(float(a), a == float(a), a < float(b), float(a) >= b)
    except OverflowError as e:
        print(e)
    print(hex(a), oct(a), bin(a)[:80], a.bit_length(), a.bit_count(), str(a), int(str(a)) == a, int(hex(a), 0) == a, round(a, -n % 20 - 20), a.as_integer_ratio() == (a, 1))
    size = (a.bit_length() + 8) // 8
    for order in ("big", "little"):
        data = a.to_bytes(size, order, signed=True)
        print(data, int.from_bytes(data, order, signed=True) == a, int.from_bytes(data, order))
print(3**1000, 7**-2, 2**0, 0**0, (-3) ** 5, pow(3, -1, 7), pow(-5, 3, 7), pow(5, 3, -7), pow(2, 10**20, 10**9 + 7))
print(sys.get_int_max_str_digits())
for text in ("9" * 4300, "9" * 4301):
    try:
        print(len(str(int(text))))
    except ValueError as e:
        print(e)
for e in (4299, 4300):
    try:
        print(len(str(10**e)))
    except ValueError as x:
        print(x)
