# `with atomic: a.n -= 1; b.n += 1` on 1,000 accounts; where there is no apodora, `with lock:` around the same.
# Usage: transfer.py THREADS [SCALE]; prints blocks and seconds.
import sys
import threading
import time

try:
    from apodora import atomic
except ImportError:
    atomic = threading.Lock()

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
ACCOUNTS = 1000
BLOCKS = max(1, int(1000000 * SCALE))


class Account:
    def __init__(self, n):
        self.n = n


def choose(accounts, seed, count):
    """Pairs of different accounts, drawn beforehand so that the loop below measures the blocks alone."""
    state = seed
    pairs = []
    for _ in range(count):
        state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        a = (state >> 33) % ACCOUNTS
        b = (a + 1 + (state >> 45) % (ACCOUNTS - 1)) % ACCOUNTS
        pairs.append((accounts[a], accounts[b]))
    return pairs


def work(pairs, rounds):
    for _ in range(rounds):
        for a, b in pairs:
            with atomic:
                a.n -= 1
                b.n += 1


def main():
    accounts = [Account(100) for _ in range(ACCOUNTS)]
    rounds = max(1, BLOCKS // 10000)
    size = BLOCKS // rounds
    todo = [choose(accounts, 77 + 1000 * t, size) for t in range(THREADS)]
    threads = [threading.Thread(target=work, args=(pairs, rounds)) for pairs in todo]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    assert sum(account.n for account in accounts) == 100 * ACCOUNTS
    print(rounds * size * THREADS, seconds)


main()
