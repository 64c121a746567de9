# A reader that takes long among writers that commit all the time: at its first try if it writes nothing, within three if it does.
import threading, time
from apodora import atomic
class Account:
    def __init__(self): self.balance = 100
accounts = [Account() for i in range(50)]
class Report: total = runs = 0
report = Report()
stop = False
written = [0, 0]

def write(k):
    i = k
    while not stop:
        with atomic:
            accounts[i % 50].balance -= 1
            accounts[(i + 7) % 50].balance += 1
        i += 3
        written[k] += 1
        time.sleep(0.01)

def read_all(seconds):
    end = time.monotonic() + seconds
    while True:
        total = sum(a.balance for a in accounts)
        if total != 5000 or time.monotonic() > end: return total

def declared():
    with atomic(readonly=True) as t:
        total = read_all(0.2)
        attempt = t.attempt
    return total, attempt

def not_declared():
    with atomic as t:
        total = read_all(0.2)
        attempt = t.attempt
    return total, attempt

def and_writes():
    with atomic as t:
        total = report.total = read_all(0.2)
        report.runs += 1
        attempt = t.attempt
    return total, report.runs, attempt <= 3

ts = [threading.Thread(target=write, args=(k,), daemon=True) for k in range(2)]
for t in ts: t.start()
while not all(written): time.sleep(0.001)
print("declared", *declared())
print("not declared", *not_declared())
print("and writes", *and_writes())
stop = True
for t in ts: t.join()
print(sum(a.balance for a in accounts))
# expect: declared 5000 1
# expect: not declared 5000 1
# expect: and writes 5000 1 True
# expect: 5000
