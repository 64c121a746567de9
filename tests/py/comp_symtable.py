# Scopes and names as the module symtable tells them.
import symtable

TEXT = '''
import os.path as p, sys
from m import *
g = 1
class C(B):
    x: int = g
    __private = 1
    def method(self, *a, k=1, **kw):
        global g
        nonlocal_free = super().method
        def inner():
            nonlocal nonlocal_free
            nonlocal_free = k
            return [i for i in a if (w := i)], self.__private
        return inner, lambda q, /, r: q + r + g
async def co(z):
    async for y in z: yield y
    del z
    try: pass
    except E as e: print(e)
    match z:
        case {"a": b, **rest}: pass
(v for v in g)
'''

def show(t, depth=0):
    print("  " * depth, t.get_type(), t.get_name(), t.get_lineno(), t.is_nested(), t.is_optimized(), t.has_children(), sorted(t.get_identifiers()))
    if isinstance(t, symtable.Function):
        print("  " * depth, *[sorted(f()) for f in (t.get_parameters, t.get_locals, t.get_globals, t.get_nonlocals, t.get_frees)])
    if isinstance(t, symtable.Class):
        print("  " * depth, t.get_methods())
    for s in sorted(t.get_symbols(), key=lambda s: s.get_name()):
        print("  " * depth, s.get_name(), [n for n in dir(s) if n.startswith("is_") and getattr(s, n)()], s.is_namespace() and len(s.get_namespaces()))
    for c in t.get_children():
        show(c, depth + 1)

show(symtable.symtable(TEXT, "f.py", "exec"))
show(symtable.symtable("[x for y in z]", "f.py", "eval"))
show(symtable.symtable("x = 1", "f.py", "single"))
for args in [("x", "f", "no"), (1, "f", "exec"), ("x y", "f", "exec"), ("def f(a, a): 0", "f", "exec"), (b"x = b'a'", "f", "exec")]:
    try:
        print(symtable.symtable(*args).get_name())
    except (SyntaxError, ValueError, TypeError) as e:
        print(type(e).__name__, e, getattr(e, "offset", None), getattr(e, "text", None))
