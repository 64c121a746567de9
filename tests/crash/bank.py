"""Transfers between accounts by several threads, each with a log; prints what has been committed.

bank.py run THREADS    works until it is killed
bank.py check FILE     verifies what is found: the balances are those of the logged transfers, every thread's log is without holes, whatever a logged transfer
                       stands on is logged too (a prefix of the serial order), and nothing that the file says was printed is missing (FILE -: not asked)
"""
import sys, threading
from apodora import atomic, root

ACCOUNTS, START = 50, 1000


class Account:
    def __init__(self, number):
        self.number = number
        self.balance = START
        self.last = None              # the transfer that changed it last: (thread, number)


def set_up(threads):
    with atomic:
        if 'accounts' not in root:
            root['accounts'] = {i: Account(i) for i in range(ACCOUNTS)}
            root['logs'] = []
        while len(root['logs']) < threads:
            root['logs'].append([])


def work(me):
    accounts, log = root['accounts'], root['logs'][me]
    x = me * 7919 + len(log) * 104729 + 1
    while True:
        x = (x * 1103515245 + 12345) % (1 << 31)
        a, b, amount = x % ACCOUNTS, x // 64 % ACCOUNTS, x // 4096 % 100
        with atomic:
            n = len(log)
            log.append((n, a, b, amount, accounts[a].last, accounts[b].last))
            accounts[a].balance -= amount
            accounts[b].balance += amount
            accounts[a].last = accounts[b].last = me, n
        print(me, n, flush=True)


def run(threads):
    set_up(threads)
    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(threads)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def check(printed):
    if 'accounts' not in root:
        return not printed
    accounts, logs = root['accounts'], root['logs']
    balance = [START] * ACCOUNTS
    for me, log in enumerate(logs):
        for i, (n, a, b, amount, *before) in enumerate(log):
            assert i == n, (me, i, n)
            balance[a] -= amount
            balance[b] += amount
            for stands_on in before:
                assert stands_on is None or stands_on[1] < len(logs[stands_on[0]]), (me, n, stands_on)
    assert [accounts[i].balance for i in range(ACCOUNTS)] == balance
    assert sum(balance) == ACCOUNTS * START
    for i in range(ACCOUNTS):
        last = accounts[i].last
        assert last is None or i in logs[last[0]][last[1]][1:3], (i, last)
    for me, n in printed.items():
        assert len(logs[me]) > n, (me, n, len(logs[me]))
    return True


if __name__ == '__main__':
    if sys.argv[1] == 'run':
        run(int(sys.argv[2]))
    else:
        last = {}
        for line in open(sys.argv[2]) if sys.argv[2] != '-' else ():
            words = line.split()
            if len(words) == 2 and line.endswith('\n'):
                last[int(words[0])] = max(int(words[1]), last.get(int(words[0]), -1))
        print('ok' if check(last) else 'lost', sum(len(log) for log in root.get('logs', [])))
