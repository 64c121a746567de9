"""Two threads that import one module at once never see it half made; circular imports of two threads end."""
import os
import sys
import tempfile
import threading

tmp = tempfile.TemporaryDirectory()
sys.path.insert(0, tmp.name)
sys.dont_write_bytecode = True
start = {}


def module(name, text):
    with open(os.path.join(tmp.name, name), "w") as f:
        f.write(text)


def together(n, fn):
    """fn(i) in n threads that start together: the results."""
    gate, out = threading.Barrier(n), [None] * n

    def run(i):
        gate.wait(60)
        try:
            out[i] = fn(i)
        except BaseException as e:
            out[i] = e
    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out


# ---- a module that acts on the outside world while it is being made
module("slow.py", "import time\nimport builtins\nbuiltins.runs.append('slow')\nfirst = 1\ntime.sleep(0.05)\nmiddle = 2\ntime.sleep(0.05)\nlast = 3\n")
__builtins__.runs = []


def slow(i):
    if i % 3 == 0:
        import slow as m
    elif i % 3 == 1:
        import importlib
        m = importlib.import_module("slow")
    else:
        from slow import last
        m = sys.modules["slow"]
    return (m.first, m.middle, m.last)


print(set(together(12, slow)), __builtins__.runs)

# ---- one that does not
module("quiet.py", "x = []\nfor i in range(3000):\n    x.append(i)\n    if i == 10: import json, wave\nend = len(x)\n")
print(set(together(8, lambda i: __import__("quiet").end)), len({id(m) for m in together(4, lambda i: __import__("quiet"))}))

# ---- packages: the parent is there before its modules
os.mkdir(os.path.join(tmp.name, "pack"))
module("pack/__init__.py", "import time\ntime.sleep(0.02)\nfrom . import one\nversion = one.value + 1\n")
module("pack/one.py", "import time\ntime.sleep(0.02)\nvalue = 41\n")
module("pack/two.py", "from .one import value\nimport pack\ntime = 1\n")


def packs(i):
    if i % 2:
        import pack
        return pack.version
    from pack.two import value
    return value


print(sorted(set(together(8, packs))))

# ---- circles: each thread holds what the other wants
for i in range(6):
    module(f"left{i}.py", f"import time\ntime.sleep(0.01)\nimport right{i}\nname = 'left'\n")
    module(f"right{i}.py", f"import time\ntime.sleep(0.01)\nimport left{i}\nname = 'right'\n")
    together(2, lambda k: __import__(f"{'left' if k else 'right'}{i}"))
    print(sys.modules[f"left{i}"].name, sys.modules[f"right{i}"].name)
for i in range(3):
    for k in range(3):
        module(f"ring{i}_{k}.py", f"import time\ntime.sleep(0.01)\nimport ring{i}_{(k + 1) % 3}\nname = {k}\n")
    print([m.__name__ for m in together(3, lambda k: __import__(f"ring{i}_{k}"))], [sys.modules[f"ring{i}_{k}"].name for k in range(3)])

# ---- a module that starts a thread that asks for something of it
module("starter.py", """
import threading, time
out = []
def other():
    import starter
    out.append(starter.ready)
t = threading.Thread(target=other)
t.start()
time.sleep(0.05)
ready = 'whole'
""")
import starter
starter.t.join()
print(starter.out)

# ---- finders of the program's own, and loading by spec
import importlib.abc
import importlib.machinery


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name.startswith("made_") else None

    def exec_module(self, m):
        import time
        __builtins__.runs.append(m.__name__)
        m.half = True
        time.sleep(0.03)
        m.whole = True


sys.meta_path.insert(0, Finder())
print(set(together(6, lambda i: __import__("made_a").whole if i % 2 else importlib.import_module("made_a").whole)), __builtins__.runs.count("made_a"))

# ---- messages
module("selfish.py", "from selfish import nothing\n")
module("selfish2.py", "import selfish2\nselfish2.nothing\n")
for name in "selfish", "selfish2":
    try:
        __import__(name)
    except Exception as e:
        print(type(e).__name__, str(e).replace(tmp.name, ""))
import slow as done
print(done.__spec__._initializing)

# ---- the lock of old
import _imp
print(_imp.lock_held())
_imp.acquire_lock(), _imp.acquire_lock()
print(_imp.lock_held())
_imp.release_lock(), _imp.release_lock()
print(_imp.lock_held())
try:
    _imp.release_lock()
except RuntimeError as e:
    print(e)
sys.path.remove(tmp.name)
tmp.cleanup()
