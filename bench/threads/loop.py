# `for x in parallel(xs)` with as many workers as threads are asked for; a plain loop for one, and in python3.11.
# Usage: loop.py THREADS [SCALE]; prints iterations and seconds.
import sys
import time
try:
    from apodora import parallel
except ImportError:
    def parallel(xs, workers):
        return xs

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0


def collatz(n):
    steps = 0
    while n != 1:
        n = n * 3 + 1 if n & 1 else n // 2
        steps += 1
    return steps


def main():
    xs = list(range(1, int(40000 * SCALE) + 2))
    steps = [0] * (len(xs) + 1)
    for x in parallel(xs[:100], workers=THREADS):       # the threads are there
        steps[x] = collatz(x)
    began = time.perf_counter()
    for x in parallel(xs, workers=THREADS):
        steps[x] = collatz(x)
    seconds = time.perf_counter() - began
    assert max(steps) >= 0 and steps[27 if len(xs) > 27 else 1] in (111, 0)
    print(len(xs), seconds)


main()
