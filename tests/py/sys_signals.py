# Signals: wake-up descriptor, waiting for them, sending them to threads; interrupted system calls.
import os, signal, subprocess, sys, threading, time
def tried(f, *a, **k):
    try: return f(*a, **k)
    except Exception as e: return f'{type(e).__name__}: {e}'
r, w = os.pipe()
print(tried(signal.set_wakeup_fd, w), tried(signal.set_wakeup_fd, 999))
os.set_blocking(w, False)
print(signal.set_wakeup_fd(w), signal.set_wakeup_fd(w) == w)
seen = []
signal.signal(signal.SIGUSR1, lambda s, f: seen.append(s))
os.kill(os.getpid(), signal.SIGUSR1)
print(seen, os.read(r, 10), signal.set_wakeup_fd(-1) == w)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
os.kill(os.getpid(), signal.SIGUSR2)
print(signal.sigpending(), signal.sigwait([signal.SIGUSR2]), signal.sigpending(), signal.sigtimedwait([signal.SIGUSR2], 0.01))
os.kill(os.getpid(), signal.SIGUSR2)
print(signal.sigwaitinfo([signal.SIGUSR2]).si_signo)
signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
print(seen, tried(signal.pthread_sigmask, signal.SIG_BLOCK, [5000]), tried(signal.signal, 5000, lambda: 0))
# a handler that returns: the read goes on; one that raises: the read ends
signal.setitimer(signal.ITIMER_REAL, 1e-6, .02)
signal.signal(signal.SIGALRM, lambda *a: seen.append('alarm'))
threading.Timer(.1, os.write, (w, b'at last')).start()
print(os.read(r, 100), 'alarm' in seen)
def raising(*a): raise KeyError('handler')
signal.signal(signal.SIGALRM, raising)
print(tried(os.read, r, 1))
signal.signal(signal.SIGALRM, signal.SIG_IGN)
os.set_blocking(w, True)
signal.signal(signal.SIGALRM, raising)
big = b'x' * 1000000
f = open(w, 'wb', closefd=False)
print(tried(f.write, big), tried(os.write, w, big))
signal.setitimer(signal.ITIMER_REAL, 0)
p = subprocess.run([sys.executable, '-c', 'import os, signal; os.kill(os.getpid(), signal.SIGINT)\nfor i in range(10**6): pass'], stderr=subprocess.PIPE, text=True)
print(p.returncode, p.stderr.splitlines()[-1])
os._exit(sys.stdout.flush() or 0)
