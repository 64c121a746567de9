# transactional.py: the metaclass Transactional: each call of a public method is an atomic block.
# A class's plan is in __transactional__: its options. Functions that are blocks already carry __atomic__.
from types import FunctionType

_CALLED = {"__init__", "__call__", "__enter__", "__exit__"}
_SUSPENDS = 0x20 | 0x80 | 0x200             # generators, coroutines and asynchronous generators stay as they are: a block cannot be suspended

def readonly(function):
    """A function, or a method of a Transactional class, that runs in a read-only block: a write to an older object raises FrozenError."""
    return _blocked(_snapshot, function)

def _blocked(block, function):
    wrapper = _wrap(block, function)
    wrapper.__atomic__ = block
    return wrapper

def _public(name):
    return name in _CALLED or not name.startswith("_")

def _plain(f):
    """A Python function that is not a block yet."""
    return isinstance(f, FunctionType) and not f.__code__.co_flags & _SUSPENDS and not hasattr(f, "__atomic__")

def _member(name, x, block):
    """What a class holds for its member x."""
    if isinstance(x, property):
        get, set_, delete = x.fget, x.fset, x.fdel
        if not any(map(_plain, (get, set_, delete))) or not _public(name):
            return x
        return property(_blocked(_snapshot, get) if _plain(get) else get, _blocked(block, set_) if _plain(set_) else set_,
                        _blocked(block, delete) if _plain(delete) else delete, x.__doc__)
    if not _public(name):
        return x
    if isinstance(x, (classmethod, staticmethod)):
        return type(x)(_blocked(block, x.__func__)) if _plain(x.__func__) else x
    return _blocked(block, x) if _plain(x) else x

def _first(cls, name):
    """What cls has inherited as its member, past wrappers made here."""
    for base in cls.__mro__[1:]:
        if name in base.__dict__:
            return base.__dict__[name]

def _watched_init(cls, init):
    """__init__ of a class with an invariant: the new instance is looked at before the commit."""
    def __init__(self, *args, **kwargs):
        with _atomic:
            _fresh(self)
            if init is None:
                super(cls, self).__init__(*args, **kwargs)
            else:
                init(self, *args, **kwargs)
    if init is not None:
        from functools import update_wrapper
        update_wrapper(__init__, init)
    __init__.__atomic__ = _atomic
    return __init__

class Transactional(type):
    """Metaclass: every call of a public method is one atomic block. Class keywords: isolation, max_retries, name."""

    def __new__(mcls, name, bases, namespace, *, isolation=None, max_retries=None, readonly=None, **keywords):
        cls = super().__new__(mcls, name, bases, namespace, **keywords)
        options = {}
        for base in reversed(cls.__mro__[1:]):
            options.update(base.__dict__.get("__transactional__", {}))
        given = {"isolation": isolation, "max_retries": max_retries, "readonly": readonly}
        options.update({k: v for k, v in given.items() if v is not None})
        type.__setattr__(cls, "__transactional__", options)
        block = _atomic(name=cls.__qualname__, **options)
        members = {}
        for base in reversed(cls.__mro__[1:]):          # plain mixins: theirs become blocks in this class
            if isinstance(base, Transactional):
                for k in base.__dict__:
                    members.pop(k, None)
            elif base is not object:
                members.update((k, v) for k, v in base.__dict__.items() if k != "__init__" or isinstance(v, FunctionType))
        members.update(namespace)
        for k, v in members.items():
            made = _member(k, v, block)
            if made is not v:
                type.__setattr__(cls, k, made)
        if hasattr(cls, "__invariant__"):
            _watch(cls)
            own = cls.__dict__.get("__init__")
            if own is not None or not any(isinstance(b, Transactional) and hasattr(b, "__invariant__") for b in cls.__mro__[1:]):
                type.__setattr__(cls, "__init__", _watched_init(cls, own))
            for k in ("__setattr__", "__delattr__"):    # outside of a block each assignment is one, so that it can be undone
                if k not in cls.__dict__ and getattr(cls, k) is getattr(object, k):
                    type.__setattr__(cls, k, _blocked(_atomic, getattr(object, k)))
        return cls

    def __init__(cls, name, bases, namespace, *, isolation=None, max_retries=None, readonly=None, **keywords):
        super().__init__(name, bases, namespace, **keywords)

    def __setattr__(cls, name, value):
        type.__setattr__(cls, name, _member(name, value, _atomic(name=cls.__qualname__, **cls.__transactional__)))
