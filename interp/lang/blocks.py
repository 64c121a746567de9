# blocks.py: what of the module apodora is Python around atomic blocks. A native that called back would be a C frame on the stack, and a block cannot be
# run again through one; so whatever calls the user's functions inside of a block is written here.

def _wrap(atomic, function):
    from functools import WRAPPER_ASSIGNMENTS as names
    def wrapper(*args, **kwargs):
        with atomic:
            return function(*args, **kwargs)
    for name in names:
        try:
            setattr(wrapper, name, getattr(function, name))
        except AttributeError:
            pass
    wrapper.__dict__.update(getattr(function, '__dict__', {}))
    wrapper.__wrapped__ = function
    return wrapper

def or_else(*functions):
    """or_else(f, g, ...): calls f; where that calls retry(), undoes what it did and calls g, and so on. The first that finishes gives the result;
    if all call retry(), so does or_else."""
    if not functions:
        raise TypeError("or_else() needs at least one function")
    with _atomic:
        limit = None
        for function in functions:
            try:
                with _alternative:
                    return function()
            except _Retried as e:
                timeout = e.args[0]
            if timeout is not None and (limit is None or timeout < limit):
                limit = timeout
        retry(None if limit is None else limit / 1e9)

def _get(queue, timeout):
    """queue.get() outside of a block."""
    with _atomic:
        return queue.get(timeout)
