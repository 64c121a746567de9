"""The start: the user's own packages, .pth files, usercustomize, -x, -s, -v, and the names that site adds."""
import os
import subprocess
import sys
import tempfile

base = tempfile.mkdtemp()
own = os.path.join(base, "lib/python3.11/site-packages")
os.makedirs(os.path.join(own, "more"))


def put(name, text):
    with open(os.path.join(own, name), "w") as f:
        f.write(text)


put("a.pth", "# a comment\n\nmore\nnot_there\nimport sys; sys.from_pth = sitedir_is_known = 'yes'\n")
put("b.pth", "import nothing_of_that_name\nmore2\n")
put("more/inside.py", "x = 1\n")
put("usercustomize.py", "import builtins\nbuiltins.custom = 5\n")


def run(*args, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "APODORA"))}
    p = subprocess.run([sys.executable, *args], env={**clean, "PYTHONUSERBASE": base, **env}, capture_output=True, text=True)
    return p.stdout.replace(base, "BASE"), p.stderr.replace(base, "BASE"), p.returncode


show = "import sys; print([p for p in sys.path if 'site-packages' in p], getattr(sys, 'from_pth', None), getattr(__builtins__, 'custom', None))"
out, err, status = run("-c", show)
print(out, status, err.splitlines()[0], err.splitlines()[-1], "nothing_of_that_name" in err)
for options in ("-s",), ("-I",), ("-S",):
    print(options, *run(*options, "-c", show))
print(run("-c", show, PYTHONNOUSERSITE="1"))
os.remove(os.path.join(own, "b.pth"))
print(run("-c", "import inside; print(inside.x)"))
put("usercustomize.py", "1 / 0\n")
print(run("-c", "print('goes on')"))
put("usercustomize.py", "")
print(run("-c", "print(license, exit, sorted(n for n in dir(__builtins__) if n in ('copyright', 'credits', 'license', 'exit', 'quit', 'help')))"))
print(run("-S", "-c", "print([n for n in dir(__builtins__) if n in ('copyright', 'credits', 'license', 'exit', 'quit', 'help')])"))
script = os.path.join(base, "script")
with open(script, "w") as f:
    f.write("this is no Python at all\nimport sys\nprint(sys._getframe().f_lineno, sys.flags.debug)\n")
print(run("-x", script), run("-d", "-x", script), run(script)[2])
out, err, status = run("-v", "-S", "-c", "import wave, sys; print(sys.flags.verbose)")
print(out, status, "import 'wave' # " in err)
for root, folders, files in os.walk(base, topdown=False):
    for name in files:
        os.remove(os.path.join(root, name))
    os.rmdir(root)
