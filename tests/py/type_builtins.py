"""Builtins of a namespace's own, closures and awaiting code for exec, reprs of modules, signatures of native types."""
import inspect
import types

code = compile("print('hello')", "?", "exec")
for b in {}, 123, {"print": lambda *a: print("mine", *a)}:
    try:
        exec(code, {"__builtins__": b})
    except (NameError, TypeError) as e:
        print(type(e).__name__, e)
ns = {"type": type, "__builtins__": {"None": None}}
exec("def f(): return len\nclass_f = type(f)", ns)
print(ns["f"].__builtins__ is ns["__builtins__"])
try:
    ns["f"]()
except NameError as e:
    print(e)


class Missing(dict):
    def __missing__(self, key):
        return f"made {key}"


exec("print(nothing)", Missing(print=print))
try:
    exec("class A: pass", {"__builtins__": {}})
except NameError as e:
    print(e)


def outer():
    x = 1
    def inner():
        nonlocal x
        x += 1
    return inner


inner = outer()
exec(inner.__code__, closure=(types.CellType(5),))
for closure in None, (1,), [types.CellType()], ():
    try:
        exec(inner.__code__, closure=closure)
    except TypeError as e:
        print(e)
try:
    exec(code, closure=())
except TypeError as e:
    print(e)

waiting = compile("x = await step(20)\ny = x + 1", "?", "exec", flags=0x2000)
print(bool(waiting.co_flags & inspect.CO_COROUTINE), bool(compile("async for i in z:\n  pass\n", "?", "single", flags=0x2000).co_flags & inspect.CO_COROUTINE))


async def step(x):
    return x * 2


space = {"step": step}
c = eval(waiting, space)
try:
    c.send(None)
except StopIteration:
    print(space["x"], space["y"])


class Loader:
    @classmethod
    def module_repr(cls, m):
        return f"<crafted {m.__name__}>"


m = types.ModuleType("name")
print(m)
m.__file__ = "/somewhere.py"
print(m)
m.__loader__ = Loader
print(m)
del m.__file__, m.__name__, m.__loader__
print(m)
for t in object, list, float, complex, enumerate, property:
    print(t.__text_signature__)
print(inspect.signature(object), max.__doc__[:4], vars(__import__("io").StringIO()))
