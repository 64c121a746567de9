"""Lines of the library's source through the compiler: prints lines and processor seconds.  Arguments: what to do, scale."""
import sys
import time

LIBRARY = "/usr/lib/python3.11/"


def sources(scale):
    import os
    found = []
    for folder in ("", "asyncio/", "email/", "concurrent/futures/", "json/", "unittest/", "importlib/", "test/"):
        if not os.path.isdir(LIBRARY + folder):
            continue
        for name in sorted(os.listdir(LIBRARY + folder)):
            if name.endswith(".py") and "bad" not in name:
                with open(LIBRARY + folder + name, encoding="utf-8", errors="surrogateescape") as f:
                    text = f.read()
                if "coding" not in text[:200]:
                    found.append(text)
    return found[::max(1, round(4 / scale))]


def main(what, scale):
    texts = sources(scale)
    lines = sum(text.count("\n") for text in texts)
    if what == "tree":
        import ast
        texts = [ast.parse(text) for text in texts]
    flags = 0x400 if what == "parse" else 0
    start = time.process_time()
    for text in texts:
        compile(text, "<source>", "exec", flags, True)
    print(lines, time.process_time() - start)


main(sys.argv[1], float(sys.argv[2]))
