// Questions that one can ask of a trace: those of lab's `trace/model.rs`, here on a selected stretch of time.
//
// A trace is lab's JSON: { title, clock, lanes: [{ name, spans: [{ state, start, end }] }] }, times in ns, the spans of a lane in order.

import { STATES } from "./states.js";

/** The first start of any span; 0 without spans. */
export function startOf(trace) {
    let start = Infinity;
    trace.lanes.forEach((lane) => lane.spans.forEach((span) => { start = Math.min(start, span.start); }));
    return Number.isFinite(start) ? start : 0;
}

/** The last end of any span; 0 without spans. */
export function endOf(trace) {
    let end = 0;
    trace.lanes.forEach((lane) => lane.spans.forEach((span) => { end = Math.max(end, span.end); }));
    return end;
}

export function durationOf(trace) {
    return endOf(trace) - startOf(trace);
}

/** What of the trace lies between two moments; marks are kept. */
export function cut(trace, from, to) {
    const within = (span) => STATES[span.state].mark
        ? (span.start >= from && span.start <= to ? span : null)
        : (span.start < to && span.end > from ? { ...span, start: Math.max(span.start, from), end: Math.min(span.end, to) } : null);
    return { ...trace, lanes: trace.lanes.map((lane) => ({ ...lane, spans: lane.spans.map(within).filter((span) => span) })) };
}

/** Starts and ends of the spans in one of the states, in order of time; at the same instant ends come first: spans are half open. */
function edges(trace, states) {
    const all = [];
    trace.lanes.forEach((lane, n) => lane.spans.forEach((span) => {
        if (states.includes(span.state) && span.end > span.start) {
            all.push([span.start, 1, n], [span.end, 0, n]);
        }
    }));
    return all.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

/** The largest number of lanes in one of these states at the same moment, and the first moment at which it was reached. */
export function peakInFlight(trace, states) {
    let [now, peak, at] = [0, 0, null];
    for (const [time, begins] of edges(trace, states)) {
        now += begins ? 1 : -1;
        if (now > peak) {
            [peak, at] = [now, time];
        }
    }
    return { peak, at };
}

/** Time that a lane spent in a state. */
export function timeIn(lane, state) {
    return lane.spans.reduce((sum, span) => span.state === state ? sum + span.end - span.start : sum, 0);
}

/** How many lanes were in the state on average over this length of time. */
export function meanInFlight(trace, state, length) {
    return length > 0 ? trace.lanes.reduce((sum, lane) => sum + timeIn(lane, state), 0) / length : 0;
}

/** Pairs of lanes that were in the state at the same time: [{ a, b, ns }], the longest first. */
export function overlaps(trace, state) {
    const together = new Map();
    const running = new Set();
    let last = 0;
    for (const [time, begins, lane] of edges(trace, [state])) {
        if (time > last && running.size > 1) {
            const lanes = [...running].sort((a, b) => a - b);
            lanes.forEach((a, n) => lanes.slice(n + 1).forEach((b) => {
                const key = a * trace.lanes.length + b;
                together.set(key, (together.get(key) ?? 0) + time - last);
            }));
        }
        last = time;
        begins ? running.add(lane) : running.delete(lane);
    }
    return [...together].map(([key, ns]) => ({ a: Math.floor(key / trace.lanes.length), b: key % trace.lanes.length, ns }))
        .sort((x, y) => y.ns - x.ns);
}

/** How often and how long a lane waited in these states. */
export function waits(lane, states) {
    const all = lane.spans.filter((span) => states.includes(span.state)).map((span) => span.end - span.start);
    return { count: all.length, total: all.reduce((sum, ns) => sum + ns, 0), longest: all.reduce((most, ns) => Math.max(most, ns), 0) };
}

/** Who ran while whom waited for a lock, and for how long: [{ lane, holder, ns }], the longest first. A request is part of the wait. */
export function waitedFor(trace) {
    const found = [];
    trace.lanes.forEach((lane, n) => {
        const waiting = lane.spans.filter((span) => span.state === 'waiting_for_lock' || span.state === 'requesting');
        trace.lanes.forEach((other, m) => {
            if (m !== n) {
                const ns = common(waiting, other.spans.filter((span) => span.state === 'running'));
                if (ns > 0) {
                    found.push({ lane: n, holder: m, ns });
                }
            }
        });
    });
    return found.sort((x, y) => y.ns - x.ns);
}

/** The time that two lists of spans have in common; both in order. */
function common(as, bs) {
    let [i, j, sum] = [0, 0, 0];
    while (i < as.length && j < bs.length) {
        sum += Math.max(0, Math.min(as[i].end, bs[j].end) - Math.max(as[i].start, bs[j].start));
        as[i].end < bs[j].end ? i++ : j++;
    }
    return sum;
}

/** The span that a lane is in at a moment; undefined in a gap. Marks are passed over. */
export function spanAt(lane, at) {
    let [low, high] = [0, lane.spans.length];
    while (low < high) {
        const middle = (low + high) >> 1;
        lane.spans[middle].end <= at ? low = middle + 1 : high = middle;
    }
    const span = lane.spans[low];
    return span && span.start <= at ? span : undefined;
}
