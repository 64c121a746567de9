# Stacks at fatal signals, at signals of the user's choice, after a time, and now.
import faulthandler, os, re, signal, subprocess, sys, tempfile, threading, time

def text(f):
    f.seek(0)
    return re.sub(r'0x[0-9a-f]+', '0x', f.read().decode()).replace(__file__, 'FILE')
def tried(f, *a, **k):
    try:
        return f(*a, **k)
    except Exception as e:
        return f'{type(e).__name__}: {e}'
def inner(f, **k): faulthandler.dump_traceback(f, **k)
with tempfile.TemporaryFile() as f:
    inner(f)
    inner(f, all_threads=False)
    print(text(f))
with tempfile.TemporaryFile() as f:
    faulthandler.register(signal.SIGUSR1, f, all_threads=False)
    os.kill(os.getpid(), signal.SIGUSR1)
    print(text(f), faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))
with tempfile.TemporaryFile() as f:
    faulthandler.dump_traceback_later(.05, file=f)
    time.sleep(.3)
    faulthandler.cancel_dump_traceback_later()
    print(text(f).splitlines()[0])
print(tried(faulthandler.register, signal.SIGSEGV), tried(faulthandler.register, 1000), tried(faulthandler.dump_traceback_later, 0), tried(faulthandler.enable, -1))
print(faulthandler.is_enabled(), faulthandler.enable(), faulthandler.is_enabled(), faulthandler.disable(), faulthandler.disable())
for sig in ('SIGSEGV', 'SIGABRT', 'SIGFPE', 'SIGBUS', 'SIGILL'):
    p = subprocess.run([sys.executable, '-c', f'import faulthandler, os, signal\nfaulthandler.enable()\ndef f():\n    signal.raise_signal(signal.{sig})\nf()'], stderr=subprocess.PIPE, text=True)
    print(p.returncode, re.sub('0x[0-9a-f]+', '0x', p.stderr))
p = subprocess.run([sys.executable, '-X', 'faulthandler', '-c', 'import faulthandler; print(faulthandler.is_enabled())'], stdout=subprocess.PIPE, text=True)
print(p.stdout)
