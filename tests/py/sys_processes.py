# Starting programs, fork(), and waiting for descriptors.
import gc, os, select, subprocess, sys, threading, time

print(subprocess.run(['echo', 'hi'], capture_output=True, text=True))
print(subprocess.check_output(['sh', '-c', 'cat; echo $X >&2'], input=b'abc', env={'X': 'y'}, stderr=subprocess.STDOUT))
for args, kw in [(['/nonexistent'], {}), (['true'], {'cwd': '/nonexistent'}), (['/etc/passwd'], {})]:
    try:
        subprocess.run(args, **kw)
    except OSError as e:
        print(type(e).__name__, e)
print(subprocess.run(['sh', '-c', 'exit 3'], preexec_fn=lambda: os.write(1, b'in the child\n')).returncode)
try:
    subprocess.run(['true'], preexec_fn=lambda: 1 / 0)
except subprocess.SubprocessError as e:
    print(e)
try:
    subprocess.run(['sleep', '10'], timeout=.1)
except subprocess.TimeoutExpired as e:
    print(e.cmd)
p = subprocess.Popen(['sleep', '10'])
p.terminate()
print(p.wait())
a, b = subprocess.Popen(['echo', 'x'], stdout=subprocess.PIPE), None
b = subprocess.Popen(['tr', 'x', 'y'], stdin=a.stdout, stdout=subprocess.PIPE)
a.stdout.close()
print(b.communicate(), a.wait())
print(subprocess.run([sys.executable, '-c', 'import sys; print(sys.argv[1:])', 'ä', ''], stdout=subprocess.PIPE, encoding='utf8').stdout, end='')
r, w = os.pipe()
print(subprocess.run(['sh', '-c', f'echo kept >&{w}'], pass_fds=[w]).returncode, os.read(r, 100))
print(subprocess.run(['sh', '-c', f'(echo kept >&{w}) 2>/dev/null || echo gone'], stdout=subprocess.PIPE).stdout)

# fork while other threads run
stop = False
def work():
    n = 0
    while not stop:
        n += 1
        d = {i: [i] for i in range(50)}
threads = [threading.Thread(target=work) for _ in range(3)]
for t in threads: t.start()
log = []
os.register_at_fork(before=lambda: log.append('before'), after_in_parent=lambda: log.append('parent'), after_in_child=lambda: log.append('child'))
sys.stdout.flush()
for i in range(5):
    pid = os.fork()
    if pid == 0:
        gc.collect()
        ok = threading.active_count() == 1 and log[-2:] == ['before', 'child']
        t = threading.Thread(target=log.append, args=('thread',))
        t.start(); t.join()
        os._exit(5 + ok + (log[-1] == 'thread'))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), end=' ')
stop = True
for t in threads: t.join()
print(log[:4])

print(select.select([r], [w], [], 0) == ([], [w], []))
p = select.poll()
p.register(r, select.POLLIN)
print(p.poll(5), os.write(w, b'x'), p.poll(5) == [(r, select.POLLIN)])
for f in (lambda: p.modify(999, 1), lambda: p.unregister(999), lambda: p.register(-1), lambda: p.register(r, -1), lambda: p.poll('x'),
          lambda: select.select([1], [2], [], -1), lambda: select.select([object()], [], []), lambda: select.select(1, 2, 3)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
with select.epoll() as e:
    e.register(r)
    print(e.poll(.01) == [(r, select.EPOLLIN)], e.closed)
    e.unregister(r)
    print(e.poll(0.0))
try:
    e.poll()
except ValueError as x:
    print(x, e.closed)
