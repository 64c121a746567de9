"""Blocks in critical sections of locks, which join slices together, count as blocks; sections do not, nor blocks in blocks."""
# expect: block 2000 section 0 block in section 2000 section in block 2000 block in section in block 2000
import threading, apodora
from apodora import atomic


class State: pass


s = State()
s.n = 0
lock, done = threading.Lock(), threading.Event()


def block():
    with atomic: s.n += 1


def section():
    with lock: s.n += 1


def block_in_section():
    with lock:
        with atomic: s.n += 1


def section_in_block():
    with atomic:
        with lock: s.n += 1


def block_in_section_in_block():
    with atomic:
        with lock:
            with atomic: s.n += 1


t = threading.Thread(target=done.wait)
t.start()
found = []
for f in block, section, block_in_section, section_in_block, block_in_section_in_block:
    before = apodora.stats()["blocks"]
    for _ in range(2000): f()
    found.append(f"{f.__name__.replace('_', ' ')} {apodora.stats()['blocks'] - before}")
print(*found)
done.set()
t.join()
