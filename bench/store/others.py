"""What python3.11's own stores do: others.py sqlite|shelve DIR SECONDS. Prints operations and seconds: one value of 60 bytes put and made durable each."""
import os
import shelve
import sqlite3
import sys
import time


def sqlite(path):
    db = sqlite3.connect(os.path.join(path, "db"), isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE objects (id INTEGER PRIMARY KEY, value BLOB)")
    db.executemany("INSERT INTO objects VALUES (?, ?)", ((i, b"x" * 60) for i in range(1000)))

    def one(n):
        db.execute("UPDATE objects SET value = ? WHERE id = ?", (b"%060d" % n, n * 7919 % 1000))
    return one


def shelf(path):
    file = shelve.open(os.path.join(path, "shelf"), protocol=4)
    for i in range(1000):
        file[str(i)] = b"x" * 60
    names = [os.path.join(path, name) for name in os.listdir(path)]
    descriptors = [os.open(name, os.O_RDWR) for name in names]

    def one(n):
        file[str(n * 7919 % 1000)] = b"%060d" % n
        file.sync()
        for fd in descriptors:
            os.fdatasync(fd)
    return one


one = {"sqlite": sqlite, "shelve": shelf}[sys.argv[1]](sys.argv[2])
seconds = float(sys.argv[3])
n, began = 0, time.perf_counter()
while time.perf_counter() < began + seconds:
    one(n)
    n += 1
print(n, time.perf_counter() - began)
