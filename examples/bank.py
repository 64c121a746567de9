#!/usr/bin/env apodora
"""Transfers between accounts by several threads, while an observer adds up all of them.

    apodora examples/bank.py
    apodora --store ~/bank.store examples/bank.py --seconds 10     the accounts are there next time

Every transfer is one atomic block; the observer reads all accounts in one snapshot. It delays nobody, and
never sees money between two accounts: the total that it prints is always the same.
"""
import argparse
import random
import sys
import threading
import time

import apodora
from apodora import atomic, root, snapshot


class Account:
    def __init__(self, balance):
        self.balance = balance


def open_accounts(count, balance):
    """The accounts, made when the store has none yet."""
    with atomic:
        if "accounts" not in root:
            root["accounts"] = [Account(balance) for _ in range(count)]
        return root["accounts"]


def transfer(source, target, amount):
    """Move the amount, unless the source has too little. True when it was moved."""
    with atomic:
        if source.balance < amount:
            return False
        source.balance -= amount
        target.balance += amount
        return True


class Bank:
    def __init__(self, accounts):
        self.accounts = accounts
        self.open = True
        self.moved = {}             # thread's number -> (transfers, refused)

    def work(self, number):
        choose = random.Random(number)
        moved = refused = 0
        while self.open:
            source, target = choose.sample(self.accounts, 2)
            if transfer(source, target, choose.randint(1, 50)):
                moved += 1
            else:
                refused += 1
        self.moved[number] = moved, refused

    def observe(self, expected, pause):
        """Print the total now and then; anything but the expected one is a broken promise."""
        while self.open:
            with snapshot():
                balances = [account.balance for account in self.accounts]
            total, poorest = sum(balances), min(balances)
            print(f"observer: total {total}, poorest {poorest}, richest {max(balances)}", flush=True)
            if total != expected or poorest < 0:
                self.open = False
                self.broken = total
            time.sleep(pause)

    broken = None


def arguments():
    parser = argparse.ArgumentParser(prog="bank.py", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("--threads", type=int, default=8, metavar="N", help="threads that transfer (default: %(default)s)")
    parser.add_argument("--accounts", type=int, default=1000, metavar="N", help="accounts in a new bank (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, metavar="S", help="how long (default: %(default)s)")
    args = parser.parse_args()
    if args.threads < 1 or args.accounts < 2 or args.seconds <= 0:
        parser.error("at least one thread, two accounts and some time are needed")
    return args


def main():
    args = arguments()
    bank = Bank(open_accounts(args.accounts, 100))
    expected = sum(account.balance for account in bank.accounts)
    threads = [threading.Thread(target=bank.work, args=(number,)) for number in range(args.threads)]
    threads.append(threading.Thread(target=bank.observe, args=(expected, args.seconds / 5)))
    for thread in threads:
        thread.start()
    try:
        time.sleep(args.seconds)
    except KeyboardInterrupt:
        pass
    bank.open = False
    for thread in threads:
        thread.join()
    moved = sum(count for count, _ in bank.moved.values())
    refused = sum(count for _, count in bank.moved.values())
    total = sum(account.balance for account in bank.accounts)
    print(f"{moved} transfers, {refused} refused for want of money, by {args.threads} threads on {len(bank.accounts)} accounts")
    stats = apodora.stats()
    print(f"{stats['commits']} commits, {stats['conflicts']} conflicts, {stats['retries']} retries")
    if total != expected or bank.broken is not None:
        print(f"bank.py: the total should be {expected} and is {total if bank.broken is None else bank.broken}", file=sys.stderr)
        return 1
    print(f"total {total}, as it was at the start")
    return 0


if __name__ == "__main__":
    sys.exit(main())
