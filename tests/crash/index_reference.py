"""The index that examples/index.py should hold, computed with plain dicts under CPython, as the same sorted text.

Usage: python3.11 index_reference.py TREE [PATTERN]
"""
import fnmatch
import os
import re
import sys
from collections import Counter

tree = os.path.abspath(sys.argv[1])
pattern = sys.argv[2] if len(sys.argv) > 2 else "*.py"
index, files = {}, {}
for folder, folders, names in os.walk(tree):
    folders[:] = [name for name in folders if name != "__pycache__" and not name.startswith(".")]
    for path in (os.path.join(folder, name) for name in fnmatch.filter(names, pattern)):
        if not os.path.exists(path):
            continue
        name = os.path.relpath(path, tree)
        with open(path, encoding="utf-8", errors="replace") as file:
            counts = Counter(word.lower() for word in re.findall(r"[^\W\d]\w*", file.read()))
        files[name] = (os.stat(path).st_size, len(counts))
        for word, count in counts.items():
            index.setdefault(word, {})[name] = count
for word in sorted(index):
    for name in sorted(index[word]):
        print(word, name, index[word][name], sep="\t")
for name in sorted(files):
    print(f"={name}", *files[name], sep="\t")
