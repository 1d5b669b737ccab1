# -*- coding: utf-8 -*-
"""What the driver of a lab records with, in Python: lanes, facts, and who waits for whom when nothing moves any more.

The Rust crate `exercise-kit` writes the same document, and one judge reads both. Standard library only; Python 3.6 or later.
A driver runs as `python driver.py SUBMISSION SCENARIO` and ends with `kit.main({"scenario": function, ...})`.
"""
import json
import os
import platform
import sys
import threading
import time
import traceback
import types

# The originals: a submission gets watched ones, and what is needed to watch must not be watched itself.
_Lock, _RLock, _Condition, _get_ident = threading.Lock, threading.RLock, threading.Condition, threading.get_ident


# Clocks --------------------------------------------------------------------------------------------------------------

def now():
    """Nanoseconds on the clock that all processes of this machine share; `lab::clock::now` reads the same one."""
    return int(time.monotonic() * 1e9) if _monotonic_ns is None else _monotonic_ns()


_monotonic_ns = getattr(time, "monotonic_ns", None)  # 3.7

if hasattr(time, "clock_gettime") and hasattr(time, "CLOCK_THREAD_CPUTIME_ID"):
    def thread_cpu():
        """CPU time of the calling thread, in seconds."""
        return time.clock_gettime(time.CLOCK_THREAD_CPUTIME_ID)
else:
    thread_cpu = getattr(time, "thread_time", None)


def text(ko, en=None):
    """A text in both languages; one word for both if it is a name from an API."""
    return {"ko": ko, "en": ko if en is None else en}


def numbers(returned):
    """What a submission returned, if it is a list of numbers, else None."""
    if not isinstance(returned, (list, tuple)):
        return None
    return list(returned) if all(type(n) is int and 0 <= n < 2 ** 32 for n in returned) else None


# The interpreter -----------------------------------------------------------------------------------------------------

def has_gil():
    """Whether this interpreter runs with a GIL: asked where it can be asked (3.13 and later), else by its name."""
    ask = getattr(sys, "_is_gil_enabled", None)
    if ask is not None:
        return bool(ask())
    return platform.python_implementation() not in ("Jython", "IronPython")


def interpreter():
    """Its name as the report shows it: "CPython 3.13.0 free-threaded"."""
    name = "%s %d.%d.%d" % ((platform.python_implementation(),) + tuple(sys.version_info[:3]))
    return name if has_gil() or platform.python_implementation() != "CPython" else name + " free-threaded"


def cores():
    """The numbers of the cores that this process may use."""
    try:
        return sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return list(range(os.cpu_count() or 1))


# Recording -----------------------------------------------------------------------------------------------------------

class Lane:
    """Records one lane. It is in one state at a time. Only the thread or task that it belongs to may use it."""

    def __init__(self, name):
        self.name = name
        self.spans = []
        self._since = None

    def enter(self, state):
        """From now on the lane is in this state."""
        at = now()
        self._close(at)
        self._since = (state, at)

    def leave(self):
        """From now on the lane is in no state."""
        self._close(now())

    def end_as(self, mark):
        """What the lane did until now ended like this: failed, cancelled or killed."""
        at = now()
        self._close(at)
        self.spans.append({"state": mark, "start": at, "end": at})

    def during(self, state):
        """`with lane.during("running"): ...`"""
        return _During(self, state)

    def _close(self, end):
        if self._since is not None:
            state, start = self._since
            self._since = None
            self.spans.append({"state": state, "start": start, "end": end})

    def snapshot(self):
        """What it has recorded so far; an open span ends now."""
        spans, since = list(self.spans), self._since
        if since is not None:
            spans.append({"state": since[0], "start": since[1], "end": max(now(), since[1])})
        return {"name": self.name, "spans": spans}


class _During:
    def __init__(self, lane, state):
        self.lane, self.state = lane, state

    def __enter__(self):
        self.lane.enter(self.state)
        return self.lane

    def __exit__(self, *_):
        self.lane.leave()


class Record:
    """What one scenario leaves behind."""

    def __init__(self, scenario, title):
        self.scenario, self.title = scenario, title
        self.lanes, self.facts, self.interleaving = [], {}, []
        self.blocked = []  # of a deadlock that the driver found itself
        self._lock = _Lock()

    def lane(self, ko, en=None):
        """Opens a lane. Lanes are drawn in the order in which they were opened."""
        lane = Lane(text(ko, en))
        with self._lock:
            self.lanes.append(lane)
        return lane

    def fact(self, name, value):
        """Something that the judge asks for by name."""
        with self._lock:
            self.facts[name] = value

    def push(self, name, value):
        """Appends to a fact that is a list."""
        with self._lock:
            self.facts.setdefault(name, []).append(value)

    def add(self, name, by=1):
        """Adds to a fact that is a number."""
        with self._lock:
            self.facts[name] = self.facts.get(name, 0) + by

    def step(self, thread, ko, en=None):
        """One step of the interleaving, by the column of its thread."""
        with self._lock:
            self.interleaving.append({"thread": thread, "what": text(ko, en)})

    def document(self, failed=None, finished=True, blocked=()):
        """Everything as the judge reads it."""
        with self._lock:
            lanes, facts, steps = list(self.lanes), dict(self.facts), list(self.interleaving)
        trace = {"title": self.title, "clock": "monotonic", "lanes": [lane.snapshot() for lane in lanes]}
        return {"scenario": self.scenario, "nonce": os.environ.get("KIT_NONCE", ""), "trace": trace, "facts": facts,
                "blocked": list(blocked) or self.blocked, "interleaving": steps, "failed": failed, "finished": finished}


# Waits that show who is there at the same time --------------------------------------------------------------------------

LAST_CHANCE = 0.02  # seconds of CPU time


class Meeting:
    """Keeps whoever comes until `need` of them are there at once. Who waits one after another never meets anybody.

    Patience is counted in turns of 10 ms that the one who waits was given, not in time: a busy machine takes turns from
    everybody alike. A thread then computes for a while before it gives up: one that has slept gets a core before those that
    have not, and the ones it waits for may need a core to get here. When one has lost patience, nobody waits any more.
    """

    def __init__(self, need, patience=100):
        self.need, self.patience = need, patience
        self.here, self.peak, self.met, self.given_up = 0, 0, False, False
        self._lock, self._open = _Lock(), threading.Event()

    def _come(self):
        with self._lock:
            self.here += 1
            self.peak = max(self.peak, self.here)
            if self.here >= self.need:
                self.met = True
                self._open.set()

    def _go(self, patient):
        with self._lock:
            self.here -= 1
            if not patient:
                self.given_up = True
                self._open.set()

    def wait(self):
        """In a thread."""
        self._come()
        opened = False
        for _ in range(self.patience):
            opened = self._open.wait(0.01)
            if opened:
                break
        else:
            opened = self._last_chance()
        self._go(opened)

    def _last_chance(self):
        if thread_cpu is None:
            return False
        end = thread_cpu() + LAST_CHANCE
        while thread_cpu() < end:
            if self._open.is_set():
                return True
        return False

    async def wait_async(self):
        """In a task. Being cancelled counts as going."""
        import asyncio
        self._come()
        opened = True
        try:
            for _ in range(self.patience):
                if self._open.is_set():
                    break
                await asyncio.sleep(0.01)
            else:
                opened = False
        finally:
            self._go(opened)


# Computing, so that it shows whether two threads were on a core at the same instant -------------------------------------

SLICE = 200000  # ns
BUSY = 0.8  # the share of a slice that its thread must have been on a core for the slice to count as running


def is_clock_fine():
    """Whether the CPU time of a thread is told finely enough to say of a slice whether its thread was on a core."""
    if thread_cpu is None:
        return False
    for _ in range(20):
        start = thread_cpu()
        for _ in range(100000):
            if thread_cpu() != start:
                break
        if thread_cpu() - start < 5e-5:
            return True
    return False


def compute(lane, work, cpu_seconds):
    """Calls `work()`, which should take well under 0.2 ms, until the thread has had this much CPU time.

    The lane is `running` in each slice of 0.2 ms in which the thread was on a core for at least 80 %, and between them it
    waits: for the GIL, where there is one, else for a core. So two lanes that run at the same time were computing at the
    same instant, whatever else the machine did. Returns the spans in which it ran.
    """
    waiting = "waiting_for_lock" if has_gil() else "ready"
    first = thread_cpu() if thread_cpu is not None else None
    spans, begin = lane.spans, len(lane.spans)
    if first is None or not is_clock_fine():
        with lane.during("running"):
            end = now() + int(cpu_seconds * 1e9)
            while now() < end:
                work()
        return [(spans[-1]["start"], spans[-1]["end"])]
    last_end = now()
    while True:
        start, before = now(), thread_cpu()
        end = start
        while end - start < SLICE:
            work()
            end = now()
        after = thread_cpu()
        solid = (after - before) * 1e9 >= BUSY * (end - start)
        state = "running" if solid else waiting
        if len(spans) > begin and spans[-1]["state"] == state and start - spans[-1]["end"] < SLICE // 4:
            spans[-1]["end"] = end
        else:
            if start > last_end:
                # The pause between two slices: short, or the thread lost its core just there.
                spans.append({"state": waiting, "start": last_end, "end": start})
            spans.append({"state": state, "start": start, "end": end})
        last_end = end
        if after - first >= cpu_seconds:
            return [(span["start"], span["end"]) for span in spans[begin:] if span["state"] == "running"]


TOGETHER = 250000  # ns; more than two slices may have lost at their ends


class Overlaps:
    """Whether two of those that compute have ever done so at the same instant: a busy machine takes longer until they do."""

    def __init__(self):
        self.seen = False
        self._spans, self._lock = {}, _Lock()

    def add(self, who, spans):
        """The spans in which one ran. Whether any two have computed at the same instant so far."""
        with self._lock:
            for other, theirs in self._spans.items():
                if other != who and any(min(e, f) - max(s, t) >= TOGETHER for s, e in spans for t, f in theirs):
                    self.seen = True
            self._spans.setdefault(who, []).extend(spans)
            return self.seen


def pin(number):
    """Puts the calling thread on one core of its own, so that a busy machine cannot put two of ours on the same one."""
    own = cores()
    try:
        os.sched_setaffinity(0, {own[number % len(own)]})
    except (AttributeError, OSError):
        pass  # not on this system: then the scheduler decides


def unpin(allowed):
    """Lets the calling thread use these cores again."""
    try:
        os.sched_setaffinity(0, set(allowed))
    except (AttributeError, OSError):
        pass


# Who waits for whom ----------------------------------------------------------------------------------------------------

class _Watch:
    """The locks of the submission: who holds them, who waits for them."""

    def __init__(self):
        self.file = None
        self.waiting = {}  # thread -> (lock, line, what it does)
        self.made = 0

    def line(self, depth):
        """The line of the submission that called, nearest first; None if it did not."""
        try:
            frame = sys._getframe(depth)
        except ValueError:
            return None
        while frame is not None:
            if frame.f_code.co_filename == self.file:
                return frame.f_lineno
            frame = frame.f_back
        return None

    def made_by_submission(self):
        """Only locks that the submission itself makes are watched; those inside `queue` or `logging` stay as they are."""
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith("<"):
            frame = frame.f_back  # code that `dataclasses` wrote
        return frame is not None and frame.f_code.co_filename == self.file

    def name(self, korean, english, depth):
        """A lock's name: its number, because several may be made on one line, and the line."""
        self.made += 1
        line = self.line(depth + 1)
        if line is None:
            return text("%s %d" % (korean, self.made), "%s %d" % (english, self.made))
        return text("%s %d(%d행)" % (korean, self.made, line), "%s %d (made on line %d)" % (english, self.made, line))


_watch = _Watch()


# A driver may see each lock and unlock of the submission: `observe_locks[0] = lambda what, lock: ...`, which is told "wants" when
# the lock is not free, "lock" when it is taken, "unlock" before it is let go, and "unlocked" after that.
observe_locks = [None]


class WatchedLock:
    """A lock that knows who holds it and who waits for it. The submission gets it where it asks for `threading.Lock()`."""

    def __init__(self, name=None, reentrant=False):
        self._lock = _RLock() if reentrant else _Lock()
        self._depth = 0
        self.owner, self.owner_line = None, None
        self.name = _watch.name("락", "lock", 2) if name is None else name

    def acquire(self, blocking=True, timeout=-1):
        me = _get_ident()
        if not self._lock.acquire(False):
            if not blocking:
                return False
            if observe_locks[0] is not None:
                observe_locks[0]("wants", self)
            _watch.waiting[me] = (self, _watch.line(2), "lock")
            try:
                got = self._lock.acquire(True, timeout)
            finally:
                _watch.waiting.pop(me, None)
            if not got:
                return False
        self._depth += 1
        self.owner, self.owner_line = me, _watch.line(2)
        if observe_locks[0] is not None:
            observe_locks[0]("lock", self)
        return True

    def release(self):
        if observe_locks[0] is not None and self._depth == 1:
            observe_locks[0]("unlock", self)
        owner, line = self.owner, self.owner_line
        if self._depth == 1:
            self.owner = self.owner_line = None
        self._depth -= 1
        try:
            self._lock.release()
        except RuntimeError:
            self._depth += 1
            self.owner, self.owner_line = owner, line
            raise
        if observe_locks[0] is not None and self._depth == 0:
            observe_locks[0]("unlocked", self)

    def locked(self):
        return self._depth > 0

    def __enter__(self):
        self.acquire()
        return self

    def __exit__(self, *_):
        self.release()

    def __repr__(self):
        return "<%s of the submission>" % self.name["en"]


class WatchedRLock(WatchedLock):
    """The same for `threading.RLock()`."""

    def __init__(self, name=None):
        WatchedLock.__init__(self, name, reentrant=True)

    # What a condition needs to let go of a lock that is held several times.
    def _release_save(self):
        saved = (self._depth, self.owner_line)
        for _ in range(saved[0]):
            self.release()
        return saved

    def _acquire_restore(self, saved):
        for _ in range(saved[0]):
            self.acquire()
        self.owner_line = saved[1]

    def _is_owned(self):
        return self.owner == _get_ident()


class WatchedCondition(_Condition):
    """A condition variable of which the watchdog knows who waits for it."""

    def __init__(self, lock=None):
        _Condition.__init__(self, WatchedRLock() if lock is None else lock)
        self.name = _watch.name("조건 변수", "condition", 2)
        self.owner = self.owner_line = None

    def wait(self, timeout=None):
        me = _get_ident()
        _watch.waiting[me] = (self, _watch.line(2), "notify")
        try:
            return _Condition.wait(self, timeout)
        finally:
            _watch.waiting.pop(me, None)


def _watch_locks():
    def lock():
        return WatchedLock() if _watch.made_by_submission() else _Lock()

    def rlock():
        return WatchedRLock() if _watch.made_by_submission() else _RLock()

    def condition(lock=None):
        return WatchedCondition(lock) if _watch.made_by_submission() else _Condition(lock)

    threading.Lock, threading.RLock, threading.Condition = lock, rlock, condition


_names = {}  # thread -> the name that the driver gave it


def name_thread(ko, en=None):
    """What the calling thread is called when it hangs."""
    _names[_get_ident()] = text(ko, en)


def _name_of(ident):
    if ident in _names:
        return _names[ident]
    for thread in threading.enumerate():
        if thread.ident == ident:
            if thread is threading.main_thread():
                return text("주 스레드", "the main thread")
            return text("스레드 %s" % thread.name, "thread %s" % thread.name)
    return text("이미 끝난 스레드", "a thread that has ended")


def _with_line(name, line):
    return "%s, %s)" % (name[:-1], line) if name.endswith(")") else "%s (%s)" % (name, line)


def _line_in_submission(frame):
    while frame is not None:
        if frame.f_code.co_filename == _watch.file:
            return frame.f_lineno
        frame = frame.f_back
    return None


def blocked():
    """Who waits for what, held by whom: threads at their locks first, then whoever else stands in the submission's code."""
    found, told = [], set()
    for ident, (what, line, kind) in list(_watch.waiting.items()):
        told.add(ident)
        owner = what.owner
        waits_for = what.name
        if line is not None:
            waits_for = text(_with_line(what.name["ko"], "%d행에서 필요함" % line), _with_line(what.name["en"], "needed on line %d" % line))
        found.append({"who": _name_of(ident), "waits_for": waits_for, "held_by": None if owner is None else _name_of(owner)})
    for ident, frame in list(sys._current_frames().items()):
        line = _line_in_submission(frame)
        if ident in told or ident == _get_ident() or line is None:
            continue
        task_lines = _task_lines()
        if task_lines and _in_event_loop(frame):
            continue  # its tasks are told below
        where = text("%d행의 끝 `%s`" % (line, _source(line)), "the end of line %d, `%s`" % (line, _source(line)))
        found.append({"who": _name_of(ident), "waits_for": where, "held_by": None})
    for name, line in _task_lines():
        where = text("%d행의 await `%s`" % (line, _source(line)), "the await on line %d, `%s`" % (line, _source(line)))
        found.append({"who": text("태스크 %s" % name, "task %s" % name), "waits_for": where, "held_by": None})
    return found


def _in_event_loop(frame):
    """Whether the thread waits inside asyncio: then no line of the submission is running in it."""
    return frame.f_code.co_filename.endswith(("selectors.py", "base_events.py")) or frame.f_code.co_name == "select"


def _source(line):
    try:
        with open(_watch.file, encoding="utf-8") as source:
            return source.read().splitlines()[line - 1].strip()
    except (OSError, IndexError, ValueError):
        return "?"


def _task_lines():
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or _loop[0] is None:
        return []
    tasks_of = getattr(asyncio, "all_tasks", None) or asyncio.Task.all_tasks  # the latter on 3.6
    every = set()
    for _ in range(3):  # the set of tasks may change while it is read
        try:
            every = tasks_of(_loop[0])
            break
        except RuntimeError:
            continue
    lines = []
    for number, task in enumerate(every):
        if task.done():
            continue
        for frame in reversed(task.get_stack()):
            line = _line_in_submission(frame) if frame.f_code.co_filename == _watch.file else None
            if line is not None:
                lines.append((task.get_name() if hasattr(task, "get_name") else str(number + 1), line))
                break
    return sorted(lines)


_loop = [None]  # the event loop that a driver runs


def run_async(main, loop=None):
    """`asyncio.run` for 3.6 as well, on a loop of the driver's if it has one. The watchdog can name the tasks of this loop."""
    import asyncio
    if loop is None:
        loop = asyncio.new_event_loop()
    _loop[0] = loop
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        asyncio.set_event_loop(None)


class Counted:
    """An awaitable that counts how often the event loop wakes the one inside."""

    def __init__(self, inside):
        self.inside, self.count = inside, 0

    def __await__(self):
        steps = self.inside.__await__()
        sent, thrown = None, None
        while True:
            self.count += 1
            try:
                wanted = steps.send(sent) if thrown is None else steps.throw(thrown)
            except StopIteration as end:
                return end.value
            sent, thrown = None, None
            try:
                sent = yield wanted
            except BaseException as error:  # a cancellation goes to the one inside
                thrown = error


# A switch of threads at a chosen place ------------------------------------------------------------------------------------

class Interruption:
    """Stops one thread at its n-th point until all others have ended, or wait for a lock: the worst moment, chosen and not hoped for.

    A run for each n tries every place. Points are wherever the driver calls `point`, and each bytecode of the submission where the
    interpreter tells it (`trace`). Patience is counted in turns of 2 ms that this thread was given.
    """
    PATIENCE = 150

    def __init__(self, place, others):
        """`others()` is the list of the threads besides the one that is stopped, or None as long as one of them is missing."""
        self.place, self.others = place, others
        self.points, self.reached, self.alone = 0, False, False
        self.victim, self._out, self._over = None, {}, False
        self._depth = {}  # calls of the submission that a traced thread is in

    def stop_me(self):
        """The calling thread is the one that is stopped."""
        self.victim = threading.current_thread()

    def is_me(self):
        return threading.current_thread() is self.victim

    def give_up(self):
        """Nobody is stopped any more."""
        self.victim = None
        self._over = True

    def hold(self):
        """For the others: they set out when the one that is stopped has come to its place, or can go on no further."""
        for _ in range(self.PATIENCE):
            if self.reached or self._over or self.victim is not None and self._is_stuck(self.victim):
                return
            time.sleep(0.002)

    def point(self):
        """A place where the calling thread may be stopped."""
        if not self.is_me():
            return
        self.points += 1
        if self.points - 1 == self.place and not self.reached:
            self.reached = True
            self._stop()

    def _stop(self):
        for _ in range(self.PATIENCE):
            others = self.others()
            if others is not None and all(map(self._is_stuck, others)):
                return
            time.sleep(0.002)
        self.alone = self.others() is None

    def _is_stuck(self, thread):
        """It has ended, or waits for a lock, or has left the submission's code: a worker of a pool."""
        if not thread.is_alive() or thread.ident in _watch.waiting:
            return True
        # A worker of a pool goes from one task to the next: one look proves nothing.
        self._out[thread] = self._out.get(thread, 0) + 1 if self._has_left(thread) else 0
        return self._out[thread] >= 5

    def _has_left(self, thread):
        if self._depth:
            return self._depth.get(thread) == 0
        if not has_gil():
            return False  # frames of threads that run at the same time cannot be read reliably
        frame = sys._current_frames().get(thread.ident)
        return frame is not None and _line_in_submission(frame) is None and not self._in_driver(frame)

    @staticmethod
    def _in_driver(frame):
        while frame is not None:
            if os.path.basename(frame.f_code.co_filename) in ("driver.py", "kit.py"):
                return True
            frame = frame.f_back
        return False

    def trace(self, frame, event, argument):
        """For `threading.settrace`."""
        if frame.f_code.co_filename != _watch.file:
            return None
        me = threading.current_thread()
        self._depth[me] = self._depth.get(me, 0) + 1
        try:
            frame.f_trace_opcodes = True
        except AttributeError:  # 3.6, and interpreters without
            pass
        return self._local

    def _local(self, frame, event, argument):
        if event == "return":
            me = threading.current_thread()
            self._depth[me] -= 1
            if self._depth[me] == 0 and self.is_me():
                self.give_up()  # what a worker of a pool does next is another part
        else:
            self.point()
        return self._local


# Running a scenario ------------------------------------------------------------------------------------------------------

def load(path):
    """The submission as a module, from exactly this file."""
    path = os.path.abspath(path)
    _watch.file = path
    with open(path, "rb") as source:
        code = compile(source.read(), path, "exec")
    module = types.ModuleType("submission")
    module.__file__ = path
    sys.modules["submission"] = module  # dataclasses and pickle look there
    exec(code, module.__dict__)
    return module


_written = _Lock()


def _write(document):
    """Once: either the scenario's end or the watchdog's last word."""
    if not _written.acquire(False):
        return False
    path = os.environ.get("KIT_OUT")
    body = json.dumps(document, default=repr)  # a submission may return anything
    if path is None:
        sys.stdout.write(body + "\n")
        sys.stdout.flush()
        return True
    with open(path + ".part", "w", encoding="utf-8") as out:
        out.write(body)
    os.rename(path + ".part", path)  # whoever reads it reads the whole of it
    return True


def _guard(record, milliseconds, still):
    def bark():
        _wait(milliseconds / 1000.0, still)
        if _write(record.document(finished=False, blocked=blocked())):
            os._exit(3)
    threading.Thread(target=bark, name="kit watchdog", daemon=True).start()


def _wait(limit, still):
    """Returns when the time is up, or earlier when nothing has moved for so long: a busy machine cannot make a hang of a program
    that is only slow. Only Linux says whether anything moves."""
    start = moved = time.monotonic()
    before = None
    while time.monotonic() - start < limit:
        time.sleep(min(0.1, limit))
        switches = _switches()
        if switches is None or switches != before:
            moved, before = time.monotonic(), switches
        if still is not None and time.monotonic() - moved >= still / 1000.0:
            return


def _switches():
    """How often each thread but this one has given up a core. None if one of them runs or could, if there are child processes,
    which might, or if the system does not say."""
    switches = {}
    try:
        me = os.path.basename(os.readlink("/proc/thread-self"))
        for task in os.listdir("/proc/self/task"):
            folder = "/proc/self/task/" + task
            with open(folder + "/children") as children:
                if children.read().strip():
                    return None
            if task == me:
                continue
            with open(folder + "/status") as status:
                lines = dict(line.split(":", 1) for line in status if ":" in line)
            if not lines["State"].strip().startswith("S"):
                return None
            switches[task] = lines["voluntary_ctxt_switches"]
    except (OSError, KeyError, ValueError):
        return None
    return switches


def _say(error):
    """The error as the student should see it: its last line, and the line of the submission that it came from."""
    said = "".join(traceback.format_exception_only(type(error), error)).strip()
    line = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == _watch.file:
            line = number
    if line is None and isinstance(error, SyntaxError):
        return "line %s: %s" % (error.lineno, error.msg)
    return said if line is None else "line %d: %s" % (line, said)


def main(scenarios, title):
    """The driver's main: runs one scenario of `scenarios` with the submission and writes what was recorded."""
    submission, scenario = sys.argv[1], sys.argv[2]
    record = Record(scenario, title)
    record.fact("language", "python")
    record.fact("interpreter", interpreter())
    record.fact("gil", has_gil())
    record.fact("cores", len(cores()))
    still = os.environ.get("KIT_STILL_MS")
    _guard(record, float(os.environ.get("KIT_LIMIT_MS", "10000")), None if still is None else float(still))
    _watch_locks()
    failed = None
    try:
        scenarios[scenario](load(submission), record)
    except BaseException as error:  # a submission may raise anything, SystemExit too
        failed = _say(error)
    sys.stdout.flush()
    _write(record.document(failed=failed))
    # Threads that the submission left running must not keep the process.
    os._exit(0)
