# Building strings: concatenation, join, f-strings, slices, replace, case, indexing.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0


def rows(n):
    out = []
    for i in range(n):
        out.append(f"{i:05d}|{i * 7 % 13}|{'x' * (i % 9)}|{i / 8:.3f}")
    return "\n".join(out)


def reverse_words(text):
    out = ""
    for line in text.split("\n"):
        for field in line.split("|"):
            out += field[::-1] + " "
    return out


def vowels(text):
    n = 0
    for c in text:
        if c in "aeiou":
            n += 1
    return n


def main():
    total = 0
    for k in range(max(1, int(500 * SCALE))):
        text = rows(800)
        back = reverse_words(text).upper().replace("X", "yo").strip()
        total += len(back) + vowels(back.lower()[:4000]) + back.find("4200")
        key = "key-" + str(k) + "-" + repr(k)
        total += len(key) + sum(ord(key[i]) for i in range(len(key)))
        for i in range(1500):
            total += len("%s:%d" % (key, i)) + key.startswith("key") + ("9" in key)
    return total


print(main())
