# Lists of integers: the sieve of Eratosthenes, slot by slot, and sums over the primes found.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def sieve(limit):
    flags = [True] * (limit + 1)
    flags[0] = flags[1] = False
    i = 2
    while i * i <= limit:
        if flags[i]:
            j = i * i
            while j <= limit:
                flags[j] = False
                j += i
        i += 1
    primes = []
    for i in range(limit + 1):
        if flags[i]:
            primes.append(i)
    return primes


def main():
    total = 0
    for _ in range(max(1, int(50 * SCALE))):
        primes = sieve(200000)
        gaps = [b - a for a, b in zip(primes, primes[1:])]
        total += len(primes) + primes[-1] + max(gaps)
    return total


print(main())
