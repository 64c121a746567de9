"""What was written into a file that nobody holds any more is there in the next line."""
import os
import subprocess
import sys
import tempfile
import threading

d = tempfile.mkdtemp()
p = os.path.join(d, "a")
for i in range(3):
    open(p, "w").write("text" * (i + 1))
    print(open(p).read(), os.path.getsize(p), os.stat(p).st_size, os.lstat(p).st_size)
open(p, "a").write("more")
print(open(p, "rb").read())
open(p, "wb").write(b"bytes")
with os.scandir(d) as entries:
    print([(e.name, e.stat().st_size) for e in entries])
open(p, "r+b").write(b"BY")
print(open(p).read())
fd = os.open(p, os.O_RDONLY)
print(os.read(fd, 100))
os.close(fd)
# the old text does not come behind the new one
open(p, "w").write("old old old")
open(p, "w").write("new")
print(open(p).read())
# another name of the same file; a descriptor's folder
os.link(p, p + "2")
os.symlink(p, p + "3")
open(p, "w").write("linked")
print(open(p + "2").read(), open(p + "3").read(), os.stat(p + "3").st_size)
# other processes
open(p, "w").write("for others")
print(subprocess.run(["cat", p], capture_output=True, text=True).stdout)
open(p, "w").write("for the shell")
sys.stdout.flush()
os.system(f"cat {p}; echo")
open(p, "w").write("forked")
pid = os.fork()
if pid == 0:
    with open(p) as f:
        os._exit(0 if f.read() == "forked" else 1)
print(os.waitpid(pid, 0)[1], open(p).read())
# other threads
t = threading.Thread(target=lambda: open(p, "w").write("by a thread"))
t.start()
t.join()
print(open(p).read(), subprocess.run(["cat", p], capture_output=True, text=True).stdout)
# modules
sys.path.insert(0, d)
open(os.path.join(d, "module_of_ours.py"), "w").write("x = 5\n")
import module_of_ours
print(module_of_ours.x)
# a file that is kept is flushed by its own rules as well
f = open(p, "w")
f.write("kept")
f.flush()
print(open(p).read())
f.write("!")
f.close()
print(open(p).read())
for name in os.listdir(d):
    q = os.path.join(d, name)
    if os.path.isdir(q):
        for x in os.listdir(q):
            os.remove(os.path.join(q, x))
        os.rmdir(q)
    else:
        os.remove(q)
os.rmdir(d)
