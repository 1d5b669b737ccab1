# -*- coding: utf-8 -*-
"""Runs a scenario of lab 05 with a submission in Python and records it. It judges nothing. The facts are those of driver.rs.

The accounts record: each lock, each unlock and each access to a balance is a step, and a place where a thread can be stopped or its
turn can end. So threads switch where it matters, on any interpreter, and not by luck.
"""
import os
import sys
import threading
import time

sys.path.insert(0, os.environ.get("KIT_PYTHON", os.path.join(os.path.dirname(__file__), "../../../support/exercise-kit/python")))
import kit  # noqa: E402

MOST_RUNS = 300  # places at which a thread is stopped
MOST_SAID = 400  # steps of one run that are kept; who needs more than that while another is stopped spins
MOST_STEPS = 300  # of a run in turns; a longer one is a livelock


class Bank:
    """Accounts, and what was done with them."""

    def __init__(self, balances, turns=None):
        self.interruption, self.turns, self.record = None, turns, None
        self.steps, self.order, self.held, self.calls, self.locked = [], [], {}, [], {}
        self.refused_locks, self._most = 0, {}
        self.accounts = [Account(self, number, balance) for number, balance in enumerate(balances)]
        kit.observe_locks[0] = self._other_lock

    def me(self):
        """The number of the calling thread; 0 is the driver's own."""
        name = threading.current_thread().name
        return int(name[1:]) if name[:1] == "T" and name[1:].isdigit() else 0

    def step(self, ko, en):
        me = self.me()
        if len(self.steps) < MOST_SAID:
            self.steps.append(("T%d" % me if me else "main", ko, en))

    def point(self):
        if self.interruption is not None:
            self.interruption.point()
        if self.turns is not None:
            self.turns.step(self.me())

    def balances(self):
        return [account.plain for account in self.accounts]

    def _other_lock(self, what, lock):
        """A lock of the submission's own: no account's, so it has the number after theirs."""
        if isinstance(lock, AccountLock):
            return
        if what == "wants" and self.turns is not None:
            self.turns.leave_out(self.me(), lock)
        elif what == "lock":
            if self.turns is not None:
                self.turns.back(self.me())
            self.took(len(self.accounts))
        elif what == "unlock":
            self.let_go(len(self.accounts))
        elif what == "unlocked":
            if self.turns is not None:
                self.turns.freed(lock)
            self.point()

    def took(self, number):
        me = self.me()
        held = self.held.setdefault(me, [])
        held.append(number)
        self.locked.setdefault(me, set()).add(number)
        self._most[me] = max(self._most.get(me, 0), len(held))

    def let_go(self, number):
        self.held[self.me()].remove(number)

    def call(self, transfer, source, target, amount):
        """One call of the submission."""
        me = self.me()
        self._most[me] = 0
        self.step("송금 [%d -> %d]" % (source, target), "transfer [%d -> %d]" % (source, target))
        self.point()
        moved = bool(transfer(self.accounts, source, target, amount))
        self.step("반환 [%s]" % moved, "returns [%s]" % moved)
        if moved:
            self.calls.append(self._most[me])
        return moved

    def tell(self, record):
        for thread, ko, en in self.steps:
            record.step(thread, ko, en)


class Account:
    """What the submission gets: a number, a balance and a lock."""

    def __init__(self, bank, number, balance):
        self.bank, self.number, self.plain = bank, number, balance
        self.lock = AccountLock(bank, number)

    @property
    def balance(self):
        value = self.plain
        self.bank.step("계좌 %d 잔액 읽음 [%d]" % (self.number, value), "reads [%d] account %d" % (value, self.number))
        self.bank.point()
        return value

    @balance.setter
    def balance(self, value):
        self.bank.point()
        self.plain = value
        self.bank.step("계좌 %d 잔액 씀 [%d]" % (self.number, value), "writes [%d] account %d" % (value, self.number))


class AccountLock(kit.WatchedLock):
    """The lock of an account."""

    def __init__(self, bank, number):
        kit.WatchedLock.__init__(self, kit.text("계좌 %d" % number, "account %d" % number))
        self.bank, self.number = bank, number

    def acquire(self, blocking=True, timeout=-1):
        bank, ko, en = self.bank, self.name["ko"], self.name["en"]
        bank.point()
        if blocking and timeout < 0:
            held = bank.held.get(bank.me(), [])
            pairs = [[bank.accounts[other].lock.name, self.name] for other in held if other < len(bank.accounts)]
            bank.order.extend(pair for pair in pairs if pair not in bank.order)
        got = self._try(blocking, timeout)
        if not got:
            bank.step("%s: 못 잡음" % ko, "does not get %s" % en)
            return False
        bank.took(self.number)
        bank.step("lock %s" % ko, "lock %s" % en)
        bank.point()
        return True

    def _try(self, blocking, timeout):
        if self._get(False):
            return True
        if not blocking:
            return False
        bank = self.bank
        bank.step("대기: %s" % self.name["ko"], "waits for %s" % self.name["en"])
        if timeout >= 0:
            # So many tries in the place of a time, which is nobody's turn.
            for _ in range(10):
                bank.point()
                time.sleep(min(timeout, 0.05) / 10)
                if self._get(False):
                    return True
            return False
        if bank.turns is not None:
            while not self._get(False):
                bank.turns.wait(bank.me(), self)
            return True
        return self._get(True)

    def _get(self, blocking):
        return kit.WatchedLock.acquire(self, blocking)

    def release(self):
        bank = self.bank
        bank.point()
        bank.step("unlock %s" % self.name["ko"], "unlock %s" % self.name["en"])
        bank.let_go(self.number)
        kit.WatchedLock.release(self)
        if bank.turns is not None:
            bank.turns.freed(self)
        bank.point()


class Turns:
    """The fairest schedule there is: a step each in turn. Threads that are blocked are left out."""

    def __init__(self, many, quantum, lag):
        self.state = {number: "ready" for number in range(1, many + 1)}
        self.turn, self.quantum, self.left, self.steps, self.stuck = 1, quantum, quantum + lag, 0, None
        self.changed = threading.Condition(kit._Lock())

    def step(self, me):
        if me not in self.state:
            return
        with self.changed:
            self.steps += 1
            if self.steps > MOST_STEPS:
                self._fail("livelock")
            self.left -= 1
            if self.left <= 0:
                self._pass()
            self._await(me)

    def wait(self, me, lock):
        """The thread is left out until the lock is free."""
        with self.changed:
            self.state[me] = lock
            self._pass()
            self._await(me)

    def leave_out(self, me, lock):
        """The same for a lock that the interpreter waits for: `back` follows."""
        if me in self.state:
            with self.changed:
                self.state[me] = lock
                self._pass()

    def back(self, me):
        if me in self.state:
            with self.changed:
                self.state[me] = "ready"
                self._await(me)

    def freed(self, lock):
        with self.changed:
            for number, state in self.state.items():
                if state is lock:
                    self.state[number] = "ready"

    def ended(self, me):
        with self.changed:
            self.state[me] = "ended"
            self._pass()

    def _pass(self):
        many = len(self.state)
        ready = [n for n in ((self.turn + k) % many + 1 for k in range(many)) if self.state[n] == "ready"]
        if not ready:
            if any(state != "ended" for state in self.state.values()):
                self._fail("deadlock")
            return
        self.turn, self.left = ready[0], self.quantum
        self.changed.notify_all()

    def _fail(self, kind):
        self.stuck = self.stuck or kind
        self.changed.notify_all()
        self._end()

    def _await(self, me):
        while self.turn != me and self.stuck is None:
            self.changed.wait()
        if self.stuck is not None:
            self._end()

    @staticmethod
    def _end():
        raise Stopped()


class Stopped(BaseException):
    """Ends a thread of a run that does not end."""


def start(bank, transfer, transfers, results):
    """Starts a thread for each transfer; the first one is the one that is stopped."""
    def work(number, transfer_of):
        try:
            if bank.turns is not None:
                with bank.turns.changed:
                    bank.turns._await(number)
            elif bank.interruption is not None:
                if number == 1:
                    bank.interruption.stop_me()
                else:
                    bank.interruption.hold()
            results[number] = bank.call(transfer, *transfer_of)
        except Stopped:
            return
        except BaseException as error:  # a submission may raise anything
            results[number] = error
        if bank.turns is not None:
            try:
                bank.turns.ended(number)
            except Stopped:
                pass
    threads = [threading.Thread(target=work, args=pair, name="T%d" % pair[0], daemon=True) for pair in enumerate(transfers, 1)]
    for thread in threads:
        thread.start()
    return threads


def is_deadlocked(threads):
    """Whether each thread that has not ended waits for a lock that one of them holds: then none ever goes on."""
    alive = [thread.ident for thread in threads if thread.is_alive()]
    waits = [kit._watch.waiting.get(ident) for ident in alive]
    return bool(alive) and all(wait is not None and wait[0].owner in alive for wait in waits)


def finish(threads):
    """Waits for all. `False`: they are deadlocked."""
    looks = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.002)
        looks = looks + 1 if is_deadlocked(threads) else 0
        if looks >= 3:
            return False
    return True


def fail(record, bank, kind, text=""):
    record.fact("failure", kind)
    record.fact("failure_text", text)
    record.fact("failure_steps", len(bank.steps))
    bank.steps = bank.steps[:24] if kind == "livelock" else bank.steps
    bank.tell(record)


def raised(results):
    return next((value for value in results.values() if isinstance(value, BaseException)), None)


def every_place(submission, record, balances, transfers, check):
    """Stops the first thread at each place in turn, until the other one can go on no further."""
    for place in range(MOST_RUNS):
        bank, results, threads = Bank(balances), {}, []
        bank.interruption = interruption = kit.Interruption(place, lambda: others(bank, threads))
        threads.extend(start(bank, submission.transfer, transfers, results))
        if not finish(threads):
            record.blocked = kit.blocked()
            fail(record, bank, "deadlock")
            return
        error = raised(results)
        if error is not None:
            fail(record, bank, "panic", "%s: %s" % (type(error).__name__, error))
            return
        if not check(bank, results):
            bank.tell(record)
            return
        if not interruption.reached:
            break
    record.fact("executions", place + 1)


def others(bank, threads):
    """Those that the stopped thread waits for. Nobody who spins: it would never come to an end."""
    if len(bank.steps) >= MOST_SAID:
        return []
    return threads[1:] or None


def compare(record, bank, allowed):
    if bank.balances() != allowed:
        record.fact("balances", bank.balances())
        record.fact("allowed", allowed)
        return False
    return True


def cover(submission, record):
    """Two who want the same 100, of which there are 100."""
    def check(bank, results):
        moved = sum(results.values())
        if moved != 1:
            record.fact("moved", moved)
            return False
        return compare(record, bank, [0, 100])
    every_place(submission, record, [100, 0], [(0, 1, 100), (0, 1, 100)], check)


def meet(submission, record):
    """There and back at the same time."""
    def check(bank, results):
        if not all(results.values()):
            record.fact("refused", True)
            return False
        return compare(record, bank, [120, 80])
    every_place(submission, record, [100, 100], [(0, 1, 10), (1, 0, 30)], check)


def order(submission, record):
    """One transfer after another: in which order each locks is seen without anybody in its way. One thread, so a lock that it holds
    already would stop it: that is another promise."""
    bank = Bank([100, 100, 100])
    for source, target in [(0, 1), (1, 0), (1, 2), (2, 0), (2, 1), (0, 2)]:
        bank.call(submission.transfer, source, target, 30)
    record.fact("order", bank.order)
    bank.tell(record)


def in_turns(submission, record, balances, transfers, quantum=1, lag=0):
    """Whether it came to its end."""
    turns = Turns(len(transfers), quantum, lag)
    bank, results = Bank(balances, turns), {}
    for thread in start(bank, submission.transfer, transfers, results):
        thread.join()
    if turns.stuck is not None:
        if turns.stuck == "deadlock":
            record.blocked = [{"who": kit.text("T%d" % number), "waits_for": lock.name,
                               "held_by": kit.text(kit._name_of(lock.owner)["en"].replace("thread ", ""))}
                              for number, lock in turns.state.items() if isinstance(lock, AccountLock)]
        fail(record, bank, turns.stuck)
        return None
    error = raised(results)
    if error is not None:
        fail(record, bank, "panic", "%s: %s" % (type(error).__name__, error))
        return None
    bank.results = results
    return bank


def polite(submission, record):
    """Two who are equally fast."""
    steps = []
    for quantum, lag in [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 1), (3, 0), (3, 1)]:
        bank = in_turns(submission, record, [100, 100], [(0, 1, 10), (1, 0, 10)], quantum, lag)
        if bank is None:
            return
        steps.append(bank.turns.steps)
    record.fact("steps", steps)


def apart(submission, record):
    """Two transfers that have no account in common."""
    bank = in_turns(submission, record, [100] * 5, [(1, 2, 10), (3, 4, 10)])
    if bank is not None:
        locked = [bank.locked.get(number, set()) for number in (1, 2)]
        record.fact("common", sorted(locked[0] & locked[1]))
        record.fact("locked", min(map(len, locked)))
        bank.tell(record)


def itself(submission, record):
    """From an account to itself."""
    moved = []
    for amount in (40, 101):
        bank = in_turns(submission, record, [100, 100], [(1, 1, amount)])
        if bank is None:
            return
        moved.append(bool(bank.results[1]))
        if not compare(record, bank, [100, 100]):
            return
    record.fact("moved", moved)


def threads(submission, record):
    """Real threads, all in one direction, so that any order of locks comes to its end."""
    bank, moved = Bank([1000] * 4), []

    def work(number):
        lane = record.lane("T%d" % (number + 1))
        with lane.during("running"):
            for _ in range(20):
                moved.append(bank.call(submission.transfer, number, number + 1, 5))
    workers = [threading.Thread(target=work, args=(number,), name="T%d" % (number + 1)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    record.fact("moved", sum(moved))
    record.fact("balances", bank.balances())
    record.fact("held", bank.calls)


kit.main({"cover": cover, "meet": meet, "order": order, "polite": polite, "apart": apart, "itself": itself, "threads": threads},
         kit.text("송금하는 스레드 셋", "three threads that transfer"))
