# Each thread does the same amount of work on objects of its own: numbers, a dict, attributes, calls.
# Usage: independent.py THREADS [SCALE]; prints operations and seconds.
import sys
import threading
import time

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
ROUNDS = max(1, int(500000 * SCALE))


class Tally:
    def __init__(self):
        self.sum = 0
        self.seen = {}

    def add(self, n):
        self.sum += n * 3 & 255
        key = n & 63
        self.seen[key] = self.seen.get(key, 0) + 1


def work(results, slot):
    tally = Tally()
    for i in range(ROUNDS):
        tally.add(i)
    results[slot] = tally.sum + len(tally.seen)


def main():
    results = [None] * THREADS
    threads = [threading.Thread(target=work, args=(results, slot)) for slot in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    assert len(set(results)) == 1 and results[0], results
    print(ROUNDS * THREADS, seconds)


main()
