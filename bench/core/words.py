# Counting words in dicts: splitting text, two ways of counting, sorting by count.
import sys

SCALE = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
SYLLABLES = ["ka", "lo", "mi", "ren", "tu", "vash", "bo", "eni", "qui", "za", "per", "dol", "ix", "u"]


def make_text(words):
    """Words made of syllables, the short ones most often; the same text on every run."""
    state = 12345
    out = []
    for _ in range(words):
        word = ""
        while True:
            state = (state * 1103515245 + 12345) & 0x7FFFFFFF
            word += SYLLABLES[(state >> 16) % len(SYLLABLES)]
            if (state >> 8) & 3:
                break
        out.append(word)
        if len(out) % 11 == 0:
            out.append("\n")
    return " ".join(out)


def count(text):
    counts = {}
    for line in text.split("\n"):
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
    return counts


def count_by_first(text):
    firsts = {}
    for word in text.split():
        letter = word[0]
        if letter not in firsts:
            firsts[letter] = {}
        group = firsts[letter]
        if word in group:
            group[word] += 1
        else:
            group[word] = 1
    return firsts


def main():
    text = make_text(60000)
    for _ in range(max(1, int(40 * SCALE))):
        counts = count(text)
        firsts = count_by_first(text)
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    return top, len(counts), sum(len(group) for group in firsts.values())


print(main())
