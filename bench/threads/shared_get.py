# All threads look up one value in one shared dict.
# Usage: shared_get.py THREADS [SCALE]; prints lookups and seconds.
import sys
import threading
import time

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
SCALE = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
LOOKUPS = max(10, int(9000000 * SCALE)) // 10 * 10

table = {f"key{i}": [i] for i in range(1000)}


def work(d, key, count):
    for _ in range(count // 10):
        d.get(key), d.get(key), d.get(key), d.get(key), d.get(key)
        d.get(key), d.get(key), d.get(key), d.get(key), d.get(key)


def main():
    threads = [threading.Thread(target=work, args=(table, "key500", LOOKUPS)) for _ in range(THREADS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(LOOKUPS * THREADS, time.perf_counter() - began)


main()
