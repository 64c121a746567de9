# Recursive calls with two shapes of arguments: fib, and Takeuchi's function.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def tak(x, y, z=0):
    if y >= x:
        return z
    return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))


def main():
    total = 0
    for _ in range(max(1, int(430 * SCALE))):
        total += fib(21) + tak(12, 8, z=4)
    return total


print(main())
