"""What the scripts of tests/cli share: running $APODORA and python3.11 in a scratch folder, and a tally of what was as expected."""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
APODORA = os.path.abspath(os.environ.get("APODORA") or os.path.join(TOP, "b", "apodora"))
PYTHON = "/usr/bin/python3.11"


class Outcome:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def __str__(self):
        return f"exit status {self.status}\n    stdout {self.out[-600:]!r}\n    stderr {self.err[-600:]!r}"


class Tests:
    """Commands run in one scratch folder; `with Tests() as t:` prints the tally and exits by it."""

    def __enter__(self):
        self.passed = self.failed = 0
        self.folder = tempfile.mkdtemp(prefix="apodora-cli-")
        return self

    def __exit__(self, kind, *_):
        shutil.rmtree(self.folder, ignore_errors=True)
        if kind is None:
            print(f"{self.passed} passed, {self.failed} failed")
            sys.exit(1 if self.failed else 0)

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def run(self, *args, program=APODORA, stdin=b"", timeout=60, env=None):
        given = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "LC_ALL": "C.UTF-8", **(env or {})}
        if isinstance(stdin, str):
            stdin = stdin.encode()
        try:
            return Outcome(subprocess.run([program, *args], input=stdin, capture_output=True, cwd=self.folder, env=given, timeout=timeout))
        except subprocess.TimeoutExpired as error:
            return Outcome(subprocess.CompletedProcess(error.cmd, -99, error.stdout or b"", b"took too long"))

    def say(self, good, what, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}\n    {detail}", flush=True)
        return good

    def expect(self, what, *args, status=0, out=None, err=None, one_line=False, **how):
        """Runs apodora; out and err must be contained in what it prints; one_line: stderr is one line and no traceback."""
        got = self.run(*args, **how)
        good = got.status == status and (out is None or out in got.out) and (err is None or err in got.err)
        if one_line:
            good = good and len(got.err.strip().splitlines()) == 1
        self.say(good, what, f"wanted status {status}" + (f", stdout with {out!r}" if out else "") + (f", stderr with {err!r}" if err else "") + f"; got {got}")
        return got

    def same(self, what, *args, **how):
        """Runs apodora and python3.11: status, stdout and stderr must be equal."""
        ours, theirs = self.run(*args, **how), self.run(*args, program=PYTHON, **how)
        self.say((ours.status, ours.out, ours.err) == (theirs.status, theirs.out, theirs.err), what, f"apodora:    {ours}\n    python3.11: {theirs}")
