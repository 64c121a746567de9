# maps.py: the views of an OrderedMap, which are those of collections.abc, set-like where dict's are; they iterate natively, and backwards too.
from _collections_abc import ItemsView, KeysView, ValuesView

def _view(name, base, what):
    def __iter__(self):
        return self._mapping._walk(what, False)

    def __reversed__(self):
        return self._mapping._walk(what, True)

    def __repr__(self):
        return f"OrderedMap.{name}({list(self)!r})"

    return type(name, (base,), {"__slots__": (), "__iter__": __iter__, "__reversed__": __reversed__, "__repr__": __repr__})

Keys, Values, Items = (_view(name, base, what) for what, (name, base) in enumerate((("Keys", KeysView), ("Values", ValuesView), ("Items", ItemsView))))
