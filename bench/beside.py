# Runs a program of bench/core alone, or beside a thread that waits for the whole time. Usage: beside.py alone|waiting PROGRAM [ARGUMENT...]
import runpy
import sys
import threading

if sys.argv[1] == "waiting":
    ready = threading.Event()
    threading.Thread(target=lambda: (ready.set(), threading.Event().wait()), daemon=True).start()
    ready.wait()
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
