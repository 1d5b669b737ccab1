// Threads in virtual time, with or without a GIL. A thread is a generator; what it yields is what it does next:
//
//   { run: ms, what }   runs bytecode; with a GIL it holds it, and gives it up when another has waited for a switch interval
//   { sleep: until }    lets the GIL go and sleeps until that time, or until `wake(thread)`
//
// The GIL follows CPython 3.2 and later: a waiter asks after a whole interval without a switch and waits again behind the others; whoever
// is asked lets the first of them go first. There are as many cores as threads, and waking takes no time.

/** @param {{gil: boolean, interval: number}} setting times in ms */
export function machine(setting, onChange) {
    const threads = [];
    const agenda = []; // {at, order, act}
    const gil = { holder: null, last: null, waiting: [], asked: false, switches: 0 };
    let now = 0;
    let order = 0;

    function at(time, act) {
        const entry = { at: time, order: order++, act };
        let i = agenda.length;
        while (i > 0 && (agenda[i - 1].at > time || (agenda[i - 1].at === time && agenda[i - 1].order > entry.order))) i--;
        agenda.splice(i, 0, entry);
        return entry;
    }

    function cancel(entry) {
        const i = agenda.indexOf(entry);
        if (i >= 0) agenda.splice(i, 1);
    }

    function state(thread, name, what = '') {
        const last = thread.spans.at(-1);
        if (last && last.end === null) {
            if (last.state === name && last.what === what) return;
            last.end = now;
            if (last.start === last.end) thread.spans.pop();
        }
        thread.state = name;
        thread.what = what;
        if (name !== 'ended') thread.spans.push({ state: name, what, start: now, end: null });
    }

    // --- the GIL

    function want(thread, then) {
        if (!setting.gil) {
            then();
        } else if (gil.holder === null) {
            take(thread, then);
        } else {
            state(thread, 'waiting', thread.what);
            queue({ thread, then });
            onChange(now, { kind: 'waits', thread });
        }
    }

    // Behind all others, for a whole interval.
    function queue(waiter) {
        gil.waiting.push(waiter);
        waiter.saved = gil.switches;
        waiter.timer = at(now + setting.interval, () => {
            gil.waiting.splice(gil.waiting.indexOf(waiter), 1);
            // After a switch the present holder has not had its time yet.
            const asks = gil.switches === waiter.saved;
            queue(waiter);
            if (asks) {
                gil.asked = true;
                onChange(now, { kind: 'asks', thread: waiter.thread, of: gil.holder });
                preempt(gil.holder);
            }
        });
    }

    function take(thread, then) {
        gil.switches += gil.last === thread ? 0 : 1;
        [gil.holder, gil.last, gil.asked] = [thread, thread, false];
        then();
    }

    function free() {
        gil.holder = null;
        const next = gil.waiting.shift();
        if (next) {
            cancel(next.timer);
            take(next.thread, () => at(now, next.then));
        }
    }

    // The holder is between two instructions wherever it runs, so it releases the GIL at once. It wants it back behind all who wait.
    function preempt(thread) {
        const { end, then } = thread.running;
        const left = end.at - now;
        const what = thread.what;
        cancel(end);
        thread.running = null;
        state(thread, 'waiting', what);
        free();
        queue({ thread, then: () => runs(thread, left, what, then) });
        onChange(now, { kind: 'forced', thread });
    }

    // --- what threads do

    function runs(thread, ms, what, then) {
        state(thread, 'running', what);
        const done = () => {
            thread.running = null;
            then();
        };
        thread.running = { end: at(now + ms, done), then };
    }

    function next(thread) {
        const { value, done } = thread.program.next();
        if (done) {
            state(thread, 'ended');
            if (setting.gil && gil.holder === thread) free();
            onChange(now, { kind: 'ended', thread });
        } else if (value.run !== undefined) {
            runs(thread, value.run, value.what, () => next(thread));
        } else {
            sleep(thread, value.sleep);
        }
    }

    function sleep(thread, until) {
        state(thread, 'sleeping');
        thread.alarm = until === Infinity ? null : at(until, () => awake(thread));
        thread.asleep = true;
        if (setting.gil && gil.holder === thread) free();
        onChange(now, { kind: 'sleeps', thread });
    }

    // Back from the system call, the thread needs the GIL before it can do anything.
    function awake(thread) {
        thread.asleep = false;
        thread.alarm = null;
        want(thread, () => next(thread));
    }

    return {
        threads,
        gil,
        now: () => now,
        at,
        /** A new thread, which starts now. */
        spawn(name, program) {
            const thread = { name, program: null, spans: [], state: '', what: '', running: null, asleep: false, alarm: null };
            threads.push(thread);
            thread.program = program(thread);
            at(now, () => want(thread, () => next(thread)));
            return thread;
        },
        /** Ends a thread's sleep, if it sleeps. */
        wake(thread) {
            if (!thread.asleep) return;
            cancel(thread.alarm);
            thread.asleep = false;
            at(now, () => awake(thread));
        },
        /** Runs until nothing is left to do, or so long. */
        run(end) {
            while (agenda.length > 0 && agenda[0].at <= end) {
                const entry = agenda.shift();
                now = entry.at;
                entry.act();
            }
            now = Math.min(now, end);
            for (const thread of threads) {
                const last = thread.spans.at(-1);
                if (last && last.end === null) last.end = now;
            }
            return now;
        },
    };
}
