// asyncio's event loop in virtual time: the queue of ready handles, the timers, and one pass after another as in CPython's
// `BaseEventLoop._run_once`. All times in ms.

import { machine } from './threads.js';

export const HOWS = ['inline', 'yield', 'to_thread', 'second_loop'];

export const DEFAULTS = {
    how: 'inline', // where the computing is done
    gil: true,
    beat: 10, // the heartbeat's period
    compute: 60, // how long one task computes
    tasks: 1, // tasks that compute
    slice: 5, // `yield`: computes so long between two yields
    clients: 2, // tasks that wait for answers
    answer: 15, // time until an answer
    interval: 5, // the switch interval
};

/** What each setting may be: [least, most, step]. */
export const RANGES = {
    beat: [5, 50, 5],
    compute: [10, 100, 10],
    tasks: [1, 4, 1],
    slice: [1, 20, 1],
    clients: [0, 4, 1],
    answer: [5, 50, 5],
    interval: [1, 20, 1],
};

/** The tasks start to compute at this time, and the run is at least this long. */
const START = 20;
const LENGTH = 200;
/** What a step of a task that does not compute takes. */
const STEP = 0.2;

/** A setting from words of an address: what is no setting is left out. */
export function setting(given = {}) {
    const s = { ...DEFAULTS };
    if (HOWS.includes(given.how)) s.how = given.how;
    if (given.gil !== undefined) s.gil = String(given.gil) === '1' || given.gil === true;
    for (const [name, [least, most, step]] of Object.entries(RANGES)) {
        const n = Number(given[name]);
        if (given[name] !== undefined && given[name] !== '' && Number.isFinite(n)) {
            s[name] = Math.min(most, Math.max(least, Math.round(n / step) * step));
        }
    }
    return s;
}

/**
 * Runs a setting. `moments` has the loop's state after each thing that happened (none if only the numbers are wanted); `beats` how late
 * each heartbeat came; `done` when each task had computed; `answers` when each answer had been taken.
 */
export function run(s, keeps = true) {
    const moments = [];
    const beats = { 0: [], 1: [] };
    const done = [];
    const answers = [];
    const loops = [];
    const m = machine(s, note);

    function note(now, what) {
        if (!keeps) {
            return;
        }
        moments.push({
            at: now,
            ...what,
            thread: what.thread?.name,
            of: what.of?.name,
            loops: loops.map((loop) => ({
                name: loop.name,
                running: loop.running && { task: loop.running.task, kind: loop.running.kind, line: loop.running.line ?? '' },
                ready: loop.ready.map((h) => ({ task: h.task, kind: h.kind })),
                arrived: loop.arrived.map((h) => ({ task: h.task, kind: h.kind })),
                timers: loop.timers.map((t) => ({ due: t.due, task: t.task })),
                waits: [...loop.waits].map((w) => ({ task: w.task, what: w.what })),
                passes: loop.passes,
            })),
            threads: m.threads.map((t) => ({ name: t.name, state: t.state, what: t.what })),
            holder: m.gil.holder?.name ?? null,
            asked: m.gil.asked,
            queue: m.gil.waiting.map((w) => w.thread.name),
        });
    }

    // --- the states of tasks, for their lanes

    const tasks = new Map();

    function is(name, state) {
        const spans = tasks.get(name).spans;
        const last = spans.at(-1);
        if (last?.end === null) {
            last.end = m.now();
            if (last.start === last.end) spans.pop();
        }
        if (state) spans.push({ state, start: m.now(), end: null });
    }

    // --- the loop

    function newLoop(name) {
        const loop = { name, ready: [], timers: [], arrived: [], waits: new Set(), running: null, passes: 0, left: 0 };
        loops.push(loop);
        loop.thread = m.spawn(name, () => passes(loop));
        return loop;
    }

    function* passes(loop) {
        while (loop.left > 0) {
            const due = loop.timers[0]?.due ?? Infinity;
            if (loop.ready.length === 0 && loop.arrived.length === 0 && due > m.now()) yield { sleep: due }; // select
            loop.passes++;
            loop.ready.push(...loop.arrived.splice(0));
            while (loop.timers[0]?.due <= m.now()) loop.ready.push(loop.timers.shift().handle);
            note(m.now(), { kind: 'pass', thread: loop.thread });
            // What becomes ready from here on is for the next pass.
            for (let n = loop.ready.length; n > 0; n--) {
                loop.running = loop.ready.shift();
                if (loop.running.kind === 'wakes') note(m.now(), { kind: 'wakes', thread: loop.thread, task: loop.running.task });
                yield* loop.running.act();
                loop.running = null;
            }
        }
    }

    // --- a task: a generator that yields what it computes and what it awaits

    const computes = (ms, line) => ({ ms, line });

    function task(loop, name, body) {
        loop.left++;
        tasks.set(name, { name, thread: loop.thread, spans: [] });
        const program = body(loop, name);
        const soon = () => {
            is(name, 'ready');
            loop.ready.push({ task: name, kind: 'step', act: step });
        };
        // A future that is done is a handle of its own: it makes the task ready for the next pass.
        const wakeup = () => ({
            task: name,
            kind: 'wakes',
            *act() {
                soon();
            },
        });
        // A step: all that the task does up to its next `await`.
        function* step() {
            is(name, 'running');
            let computed = false;
            for (;;) {
                const { value, done } = program.next();
                if (!done && value.ms !== undefined) {
                    loop.running.line = value.line;
                    note(m.now(), { kind: 'step', thread: loop.thread, task: name });
                    computed = true;
                    yield { run: value.ms, what: name };
                    continue;
                }
                if (!computed) note(m.now(), { kind: 'step', thread: loop.thread, task: name });
                if (!done && value.starts) {
                    value.starts({ wakeup });
                    yield { sleep: Infinity };
                }
                is(name, done ? null : value.state);
                if (done) loop.left--;
                else value.awaits?.({ soon, wakeup });
                return;
            }
        }
        soon();
    }

    /** `asyncio.sleep(ms)`; of 0, the task is ready again at once. */
    const sleeps = (loop, name, ms) => ({
        state: 'waiting_for_io',
        awaits({ soon, wakeup }) {
            if (ms === 0) return soon();
            const due = m.now() + ms;
            m.at(due, () => is(name, 'ready'));
            const later = loop.timers.findIndex((t) => t.due > due);
            loop.timers.splice(later < 0 ? loop.timers.length : later, 0, { due, task: name, handle: wakeup() });
        },
    });

    /** An answer that comes from elsewhere. */
    const answer = (loop, name, ms) => ({
        state: 'waiting_for_io',
        awaits({ wakeup }) {
            const wait = { task: name, what: 'answer' };
            loop.waits.add(wait);
            m.at(m.now() + ms, () => arrives(loop, wait, wakeup()));
        },
    });

    /** `asyncio.to_thread(compute)`. `Thread.start` waits until the new thread runs, so the whole loop does. */
    const toThread = (loop, name, ms) => ({
        state: 'idle',
        starts({ wakeup }) {
            const wait = { task: name, what: 'thread' };
            loop.waits.add(wait);
            m.spawn(`worker ${name.split(' ')[1]}`, function* () {
                note(m.now(), { kind: 'started', task: name });
                m.wake(loop.thread);
                yield { run: ms, what: name };
                arrives(loop, wait, wakeup()); // call_soon_threadsafe
            });
        },
    });

    function arrives(loop, wait, handle) {
        loop.waits.delete(wait);
        is(wait.task, 'ready');
        loop.arrived.push(handle);
        note(m.now(), { kind: wait.what === 'thread' ? 'computed' : 'arrives', task: wait.task });
        m.wake(loop.thread);
    }

    // --- the tasks

    let computing = s.tasks;
    const goesOn = () => m.now() < LENGTH || computing > 0;

    const heartbeat = (beats) =>
        function* (loop, name) {
            while (goesOn()) {
                const due = m.now() + s.beat;
                yield sleeps(loop, name, s.beat);
                beats.push({ at: m.now(), due, late: m.now() - due });
                yield computes(STEP, 'beat');
            }
        };

    function* client(loop, name) {
        while (goesOn()) {
            yield answer(loop, name, s.answer);
            answers.push({ task: name, at: m.now() });
            yield computes(STEP, 'use');
        }
    }

    function* compute(loop, name) {
        yield sleeps(loop, name, START);
        if (s.how === 'to_thread') {
            yield toThread(loop, name, s.compute);
        } else if (s.how === 'yield') {
            for (let left = s.compute; left > 0; left -= s.slice) {
                yield computes(Math.min(left, s.slice), 'slice');
                yield sleeps(loop, name, 0);
            }
        } else {
            yield computes(s.compute, 'compute');
        }
        done.push({ task: name, at: m.now() });
        computing--;
        yield computes(STEP, 'done');
    }

    const first = newLoop('loop');
    task(first, 'heartbeat', heartbeat(beats[0]));
    for (let n = 1; n <= s.clients; n++) task(first, `client ${n}`, client);
    let other = first;
    if (s.how === 'second_loop') {
        other = newLoop('loop 2');
        task(other, 'heartbeat 2', heartbeat(beats[1]));
    }
    for (let n = 1; n <= s.tasks; n++) task(other, `compute ${n}`, compute);

    const end = m.run(5000);
    return {
        setting: s,
        moments,
        end,
        threads: m.threads.map((t) => ({ name: t.name, spans: t.spans })),
        tasks: [...tasks.values()].map(({ name, thread, spans }) => ({ name, spans: spans.flatMap((span) => interrupted(span, thread)) })),
        beats,
        done,
        answers,
        summary: {
            late: latest(beats[0]),
            late2: beats[1].length > 0 ? latest(beats[1]) : null,
            missed: beats[0].filter((b) => b.late > s.beat).length,
            beats: beats[0].length,
            computed: Math.max(...done.map((d) => d.at)) - START,
            answers: answers.length,
        },
    };
}

const WITHIN = { waiting: 'waiting_for_lock', sleeping: 'waiting_for_io' };

/** A task that runs waits when its thread does. */
function interrupted(span, thread) {
    if (span.state !== 'running') return [span];
    const within = thread.spans.filter((of) => of.start < span.end && of.end > span.start);
    return within.map((of) => ({
        state: WITHIN[of.state] ?? 'running',
        start: Math.max(of.start, span.start),
        end: Math.min(of.end, span.end),
    }));
}

const latest = (beats) => Math.max(0, ...beats.map((b) => b.late));
