"""Looks at apodora from gdb:  gdb -x tools/gdb/apodora-gdb.py b/apodora

    p value               an ob_val prints as Python would show it: 42, 1.5, 'text', None, (1, 2), <dict at 0x…>
    apo-bt                the Python frames of this thread, innermost first
    apo-threads           the interpreter's threads: innermost frame, whether in an atomic block
    apo-chain VALUE       the version chain of a mutable object (calls tx_dump_chain in the process)
    apo-txn               this thread's transaction, its log and undo records (calls tx_dump_thread)
    apo-dis [FRAME]       disassembles the running code object (calls py_code_dump)

Reads memory only, but for the commands that say that they call. Works on core files as far as it only reads.
"""
import struct

import gdb

SHOWN = 60          # characters of a string, items of a tuple


def singletons():
    """Addresses of the static objects that have a name in Python."""
    names = {"ob_none_object": "None", "ob_true_object": "True", "ob_false_object": "False",
             "ob_not_implemented_object": "NotImplemented", "ob_ellipsis_object": "Ellipsis"}
    found = {}
    for symbol, shown in names.items():
        at = gdb.lookup_global_symbol(symbol) or gdb.lookup_static_symbol(symbol)
        if at is not None:
            found[int(at.value().address)] = shown
    return found


def type_name(obj):
    return obj["type"].dereference()["name"].string()


def text_of(obj, limit=SHOWN):
    """The characters of a str object."""
    s = obj.cast(gdb.lookup_type("ob_str_obj").pointer())
    width, length = int(obj["aux"]), int(s["len"])
    raw = gdb.selected_inferior().read_memory(int(s["data"].address), min(length, limit) * width).tobytes()
    text = raw.decode({1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[width], "replace")
    return text + ("…" if length > limit else "")


def show(word, depth=2):
    """An ob_val's word as Python would show it."""
    if word == 0:
        return "<no value>"
    if word & 3 == 1:
        signed = word - (1 << 64) if word >> 63 else word
        return str(signed >> 2)
    if word & 2:
        bits = ((word >> 4 | word << 60) - (3 << 60)) & 0xFFFFFFFFFFFFFFFF
        return repr(struct.unpack("<d", struct.pack("<Q", bits))[0])
    named = singletons().get(word)
    if named:
        return named
    obj = gdb.Value(word).cast(gdb.lookup_type("ob_obj").pointer())
    try:
        kind = type_name(obj)
        if kind == "str":
            return repr(text_of(obj))
        if kind == "tuple" and depth:
            t = obj.cast(gdb.lookup_type("ob_tuple_obj").pointer())
            n = int(t["n"])
            items = [show(int(t["items"][i]["w"]), depth - 1) for i in range(min(n, SHOWN))]
            return "(" + ", ".join(items) + (", …" if n > SHOWN else "," if n == 1 else "") + ")"
        if kind == "type":
            return f"<class {obj.cast(gdb.lookup_type('ob_type').pointer())['name'].string()}>"
        return f"<{kind} at {word:#x}>"
    except gdb.MemoryError:
        return f"<bad object at {word:#x}>"


class ValuePrinter:
    def __init__(self, value):
        self.value = value

    def to_string(self):
        return show(int(self.value["w"]))


def printer(value):
    return ValuePrinter(value) if value.type.strip_typedefs().tag == "ob_val" or value.type.name == "ob_val" else None


def frames(thread):
    frame = thread["frame"]
    while int(frame):
        yield frame
        frame = frame["prev"]


def where(frame):
    code = frame["code"].dereference()
    at = int(frame["pc"]) - int(code["code"])
    index = max(0, at // gdb.lookup_type("py_instr").sizeof - 1)
    line = int(code["positions"][index]["line"]) if index < int(code["ncode"]) else -1
    name, filename = (text_of(gdb.Value(int(code[field]["w"])).cast(gdb.lookup_type("ob_obj").pointer()), 200) for field in ("qualname", "filename"))
    return f"{name} ({filename}:{line})"


def this_thread():
    thread = gdb.parse_and_eval("py_me")
    if int(thread) == 0:
        raise gdb.GdbError("this thread runs no Python")
    return thread


class Backtrace(gdb.Command):
    """The Python frames of this thread, innermost first."""

    def __init__(self):
        super().__init__("apo-bt", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        for n, frame in enumerate(frames(this_thread())):
            print(f"#{n:<3} {where(frame)}  frame {int(frame):#x}")


class Threads(gdb.Command):
    """The interpreter's threads."""

    def __init__(self):
        super().__init__("apo-threads", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        chosen = gdb.selected_thread()
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            try:
                me = gdb.parse_and_eval("py_me")
                if int(me) == 0:
                    continue
                top = next(frames(me), None)
                block = ", in an atomic block" if int(me["block"]) else ""
                print(f"gdb thread {thread.num}, number {int(me['number'])}: {where(top) if top is not None else 'no frame'}{block}")
            except gdb.error as error:
                print(f"gdb thread {thread.num}: {error}")
        if chosen:
            chosen.switch()


class Call(gdb.Command):
    """A command that calls a function of the process."""

    def __init__(self, name, expression, wants):
        self.expression, self.wants = expression, wants
        super().__init__(name, gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        if self.wants and not argument:
            raise gdb.GdbError(f"needs {self.wants}")
        if self.wants:
            value = gdb.parse_and_eval(argument)
            argument = hex(int(value["w"]) if value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT else int(value))
        gdb.execute("call " + self.expression.format(argument or "py_me->frame"))


gdb.pretty_printers.append(printer)
Backtrace()
Threads()
Call("apo-chain", "(void)tx_dump_chain((const tx_handle *){})", "a value or an address")
Call("apo-txn", "(void)tx_dump_thread()", None)
Call("apo-dis", "(void)py_code_dump(((py_frame *){})->code, stdout)", None)
