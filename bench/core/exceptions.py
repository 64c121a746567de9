# Exceptions: raised and caught at once, through several calls, with finally, and the path where none is raised.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def check(n):
    if n % 3 == 0:
        raise Refused(n)
    return n


def through(n, depth):
    if depth == 0:
        return check(n)
    return through(n, depth - 1) + 1


def guarded(n, log):
    try:
        return through(n, 3)
    finally:
        log[0] += 1


def main():
    total = 0
    log = [0]
    table = {"a": 1}
    for i in range(max(1, int(460000 * SCALE))):
        try:
            total += guarded(i, log)
        except Refused as error:
            total += error.code & 7
        try:
            total += table["a" if i & 1 else "b"]
        except KeyError:
            total += 2
        try:
            total += int("12")
        except (ValueError, TypeError):
            total -= 1
    return total, log[0]


print(main())
