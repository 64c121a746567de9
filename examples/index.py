#!/usr/bin/env apodora
"""A persistent index of the words in a tree of text files, built by several threads.

    apodora --store ~/index.store examples/index.py            index /usr/lib/python3.11
    apodora --store ~/index.store examples/index.py ~/notes --pattern '*.txt'
    apodora --store ~/index.store examples/index.py query thread lock

Run again, it reads only the files that changed, and forgets those that are gone. Each file is one atomic
block: killed at any moment, the store holds every file wholly or not at all, and the next run goes on.

What the store holds:  root['index']: word -> {file: count}      root['files']: file -> (mtime_ns, size, words)
                       root['tree']:  (folder, pattern) that the names of the files are relative to
"""
import argparse
import collections
import fnmatch
import os
import re
import sys
import threading
import time

import apodora
from apodora import atomic, root, snapshot

DEFAULT_TREE = "/usr/lib/python3.11"
WORD = re.compile(r"[^\W\d]\w*")


class Trouble(Exception):
    """Something that the user should read: one line, without a traceback."""


def find_files(tree, pattern):
    """The names of the files, relative to the tree, in order, with their time of change and size."""
    if not os.path.isdir(tree):
        raise Trouble(f"{tree}: no such folder")
    found = {}
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not name.startswith("."))
        for name in fnmatch.filter(names, pattern):
            path = os.path.join(folder, name)
            try:
                facts = os.stat(path)
            except OSError:
                continue                    # a dangling link, or removed just now
            found[os.path.relpath(path, tree)] = (facts.st_mtime_ns, facts.st_size)
    return dict(sorted(found.items()))


def count_words(path):
    """word -> how often it occurs in the file, words in lower case."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    counts = {}
    for word in WORD.findall(text):
        word = word.lower()
        counts[word] = counts.get(word, 0) + 1
    return counts


def prepare(tree, pattern):
    """Make the two dicts when the store is new; refuse a store that indexes something else."""
    with atomic:
        if root.setdefault("tree", (tree, pattern)) != (tree, pattern):
            raise Trouble("this store indexes {1} in {0}; use another store for another tree".format(*root["tree"]))
        root.setdefault("index", {})
        root.setdefault("files", {})


@atomic
def put_file(name, facts, counts):
    """Replace all that the index says about one file."""
    index, files = root["index"], root["files"]
    if name in files:
        for word in files[name][2]:
            if word not in counts:
                drop_word(index, word, name)
    for word, count in counts.items():
        if word in index:
            index[word][name] = count
        else:
            index[word] = {name: count}
    files[name] = (*facts, tuple(sorted(counts)))


@atomic
def drop_file(name):
    for word in root["files"].pop(name)[2]:
        drop_word(root["index"], word, name)


def drop_word(index, word, name):
    files = index[word]
    del files[name]
    if not files:
        del index[word]


class Builder:
    """Threads that take files from one queue, and a line that shows how far they are."""

    def __init__(self, tree, todo):
        self.tree = tree
        self.total = len(todo)
        self.todo = collections.deque(todo.items())
        self.done = collections.deque()         # for each file committed: how many words it has
        self.failed = collections.deque()       # what went wrong
        self.stopped = False

    def work(self):
        while not self.stopped:
            try:
                name, facts = self.todo.popleft()
            except IndexError:
                return
            try:
                counts = count_words(os.path.join(self.tree, name))
                put_file(name, facts, counts)
                self.done.append(len(counts))
            except OSError as error:
                self.failed.append(f"{name}: {error.strerror or error}")
            except Exception as error:
                self.failed.append(f"{name}: {type(error).__name__}: {error}")
                self.stopped = True

    def run(self, count):
        threads = [threading.Thread(target=self.work, name=f"indexer-{n}", daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.1)
                    self.show()
        except KeyboardInterrupt:
            self.stopped = True
            for thread in threads:
                thread.join()
            raise
        finally:
            self.show(last=True)

    def show(self, last=False):
        """The progress bar, where someone watches."""
        if not sys.stderr.isatty() or not self.total:
            return
        done = len(self.done) + len(self.failed)
        filled = 40 * done // self.total
        sys.stderr.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done}/{self.total} files" + ("\n" if last else ""))
        sys.stderr.flush()


def build(args):
    tree = os.path.abspath(args.tree)
    began = time.monotonic()
    found = find_files(tree, args.pattern)
    prepare(tree, args.pattern)
    with snapshot():
        known = {name: facts[:2] for name, facts in root["files"].items()}
    gone = [name for name in known if name not in found]
    todo = {name: facts for name, facts in found.items() if known.get(name) != facts}
    for name in gone:
        drop_file(name)
    builder = Builder(tree, todo)
    try:
        builder.run(max(1, min(args.threads, len(todo))))
    except KeyboardInterrupt:
        print(f"interrupted: {len(builder.done)} of {len(todo)} files are committed; run again to go on", file=sys.stderr)
        return 130
    report(len(builder.done), sum(builder.done), len(gone), len(found) - len(todo), time.monotonic() - began)
    for line in builder.failed:
        print(f"index.py: {line}", file=sys.stderr)
    return 1 if builder.failed else 0


def report(files, words, gone, unchanged, seconds):
    print(f"{files} files with {words} words committed, {gone} removed, {unchanged} unchanged, in {seconds:.1f} s")
    with snapshot():
        print(f"the index holds {len(root['index'])} words of {len(root['files'])} files")
    stats = apodora.stats()
    print(f"{stats['commits']} commits, {stats['conflicts']} conflicts, {stats['retries']} retries")


def built_index():
    if "index" not in root:
        raise Trouble("there is no index yet: run `index.py build` with the same --store first")
    return root["index"]


def query(args):
    """The files that hold all the words, those first where the words' counts multiplied are largest."""
    with snapshot():
        index = built_index()
        entries = [index.get(word.lower(), {}) for word in args.word]
        shared = set(entries[0]).intersection(*entries[1:])
        ranked = []
        for name in shared:
            product = 1
            for entry in entries:
                product *= entry[name]
            ranked.append((product, sum(entry[name] for entry in entries), name))
        tree = root["tree"][0]
    ranked.sort(key=lambda found: (-found[0], -found[1], found[2]))
    if not ranked:
        print(f"no file holds {' and '.join(args.word)}")
        return 1
    for _product, total, name in ranked[:args.limit]:
        print(f"{total:6}  {os.path.join(tree, name)}")
    if len(ranked) > args.limit:
        print(f"        and {len(ranked) - args.limit} more (--limit)")
    return 0


def dump(_args):
    """The whole index as sorted text: a line for each word and file. The same index gives the same text."""
    with snapshot():
        index = built_index()
        for word in sorted(index):
            for name, count in sorted(index[word].items()):
                print(f"{word}\t{name}\t{count}")
        for name, (_mtime, size, words) in sorted(root["files"].items()):
            print(f"={name}\t{size}\t{len(words)}")
    return 0


def arguments():
    parser = argparse.ArgumentParser(prog="index.py", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("--store", metavar="PATH", help="open this store (else that of `apodora --store PATH` or APODORA_STORE)")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser("build", help="index a tree, or bring its index up to date; `build` may be left out")
    command.add_argument("tree", nargs="?", default=DEFAULT_TREE, help="folder with text files (default: %(default)s)")
    command.add_argument("--pattern", default="*.py", help="names of the files to index (default: %(default)s)")
    command.add_argument("--threads", type=int, default=os.cpu_count() or 2, metavar="N", help="how many (default: one for each processor)")
    command.set_defaults(run=build)
    command = commands.add_parser("query", help="list the files that hold all the words")
    command.add_argument("word", nargs="+")
    command.add_argument("--limit", type=int, default=10, metavar="N", help="how many files to list (default: %(default)s)")
    command.set_defaults(run=query)
    command = commands.add_parser("dump", help="print the whole index, sorted")
    command.set_defaults(run=dump)
    return parser.parse_args(with_command(sys.argv[1:]))


def with_command(given):
    """`build` is the command when none is given: `index.py`, `index.py ~/notes`."""
    at = 0
    while at < len(given) and given[at].startswith("--store"):
        at += 2 if given[at] == "--store" else 1
    if given[at:at + 1] and given[at] in ("build", "query", "dump", "-h", "--help"):
        return given
    return [*given[:at], "build", *given[at:]]


def main():
    args = arguments()
    try:
        if args.store:
            apodora.open(args.store)
        elif getattr(apodora, "store", None) is None and args.command == "build":
            print("index.py: no --store given: the index lives in memory and is gone at the end", file=sys.stderr)
        return args.run(args)
    except (Trouble, apodora.StoreError) as error:
        print(f"index.py: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
