"""Transfers between accounts by several threads, each with a log; prints what has been committed.

bank.py run    works until it is killed
bank.py check  verifies what is found: the sum, every thread's log a prefix without holes, and nothing printed is missing
"""
import sys, threading
from apodora import atomic, root

THREADS, ACCOUNTS, START = 4, 50, 1000


class Account:
    def __init__(self, number):
        self.number = number
        self.balance = START


def set_up():
    with atomic:
        if 'accounts' not in root:
            root['accounts'] = {i: Account(i) for i in range(ACCOUNTS)}
            root['logs'] = [[] for _ in range(THREADS)]


def work(me):
    accounts, log = root['accounts'], root['logs'][me]
    x = me * 7919 + len(log) * 104729 + 1
    while True:
        x = (x * 1103515245 + 12345) % (1 << 31)
        a, b, amount = x % ACCOUNTS, x // 64 % ACCOUNTS, x // 4096 % 100
        with atomic:
            accounts[a].balance -= amount
            accounts[b].balance += amount
            n = len(log)
            log.append((n, a, b, amount))
        print(me, n, flush=True)


def run():
    set_up()
    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def check(printed):
    if 'accounts' not in root:
        return not printed
    accounts, logs = root['accounts'], root['logs']
    balance = [START] * ACCOUNTS
    for log in logs:
        for i, (n, a, b, amount) in enumerate(log):
            assert i == n, (i, n)
            balance[a] -= amount
            balance[b] += amount
    assert [accounts[i].balance for i in range(ACCOUNTS)] == balance
    assert sum(balance) == ACCOUNTS * START
    for me, n in printed.items():
        assert len(logs[me]) > n, (me, n, len(logs[me]))
    return True


if __name__ == '__main__':
    if sys.argv[1] == 'run':
        run()
    else:
        last = {}
        for line in open(sys.argv[2]):
            words = line.split()
            if len(words) == 2 and line.endswith('\n'):
                last[int(words[0])] = max(int(words[1]), last.get(int(words[0]), -1))
        print('ok' if check(last) else 'lost', sum(len(log) for log in root.get('logs', [])))
