# A pipeline of generators, generator expressions, and yield from over a tree.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def squares(source):
    for x in source:
        yield x * x


def only_odd(source):
    for x in source:
        if x & 1:
            yield x


def pairs(source):
    last = None
    for x in source:
        if last is not None:
            yield last, x
        last = x


def tree(low, high):
    if low < high:
        middle = (low + high) // 2
        yield from tree(low, middle)
        yield middle
        yield from tree(middle + 1, high)


def averager():
    total = n = 0
    while True:
        total += yield total // max(n, 1)
        n += 1


def main():
    total = 0
    mean = averager()
    next(mean)
    for k in range(max(1, int(140 * SCALE))):
        for a, b in pairs(only_odd(squares(numbers(20000)))):
            total += b - a
        total += sum(x for x in tree(0, 2000) if x % 3)
        for i in range(2000):
            total += mean.send(i)
    return total


print(main())
