// Files that can be dropped: reports (`--json`), surveys (`report.json`), Chrome traces (`--trace`), profiles of the Firefox Profiler
// (`--trace` with its format, CPython 3.15's sampling profiler). All become lab's traces; nothing leaves the page.

import { text } from "../../text.js";
import { STATES } from "../../states.js";

/** A larger file, in bytes, would stop the page for long. */
const MOST = 256 * 2 ** 20;
/** Spans of all traces together. */
const MOST_SPANS = 2_000_000;

/** Throws { text }: what is wrong with the file. */
function refuse(ko, en) {
    throw Object.assign(new Error(en), { text: text(ko, en) });
}

/** The words of a file; packed ones are unpacked. */
export async function wordsOf(file) {
    if (file.size > MOST) {
        refuse(`${file.name}: 256 MiB보다 큰 파일은 열지 않습니다.`, `${file.name}: a file larger than 256 MiB is not opened.`);
    }
    const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const packed = start[0] === 0x1f && start[1] === 0x8b;
    const body = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file;
    return await new Response(body).text();
}

/** The traces in a file's words: { kind, traces, summary }. */
export function read(words, name) {
    let value;
    try {
        value = JSON.parse(words);
    } catch (error) {
        if (/^\s*<(!doctype|html)/i.test(words)) {
            refuse(`${name}: HTML 파일입니다. 같은 폴더의 report.json을 여십시오.`, `${name} is an HTML page: open the report.json beside it.`);
        }
        refuse(`${name}: JSON이 아닙니다 (${error.message}).`, `${name} is not JSON (${error.message}).`);
    }
    const found = known(value);
    if (!found) {
        refuse(`${name}: 모르는 형식입니다. --json, --trace, report.json, Gecko 프로파일만 엽니다.`,
            `${name}: a form that is not known. --json, --trace, report.json and Gecko profiles can be opened.`);
    }
    found.traces = found.traces.map(ordered).filter((trace) => trace.lanes.some((lane) => lane.spans.length > 0));
    if (found.traces.length === 0) {
        refuse(`${name}: 그릴 레인이 없습니다.`, `${name} has no lanes to draw.`);
    }
    const spans = found.traces.reduce((sum, trace) => sum + trace.lanes.reduce((n, lane) => n + lane.spans.length, 0), 0);
    if (spans > MOST_SPANS) {
        refuse(`${name}: 구간이 ${spans}개로 너무 많습니다.`, `${name}: ${spans} spans are too many.`);
    }
    return found;
}

function known(value) {
    if (Array.isArray(value?.runs)) {
        return survey(value);
    }
    if (typeof value?.experiment === 'string' && Array.isArray(value.traces)) {
        return { kind: text('보고서', 'report'), traces: value.traces.map(ours), shows: value.shows ?? null };
    }
    if (Array.isArray(value?.lanes)) {
        return { kind: text('트레이스', 'trace'), traces: [ours(value)], shows: null };
    }
    if (Array.isArray(value?.traceEvents) || (Array.isArray(value) && value.some((event) => event?.ph))) {
        return { kind: text('Chrome 트레이스', 'Chrome trace'), traces: chrome(value.traceEvents ?? value), shows: null };
    }
    if (value?.meta && Array.isArray(value.threads)) {
        return { kind: text('Firefox Profiler의 프로파일', 'profile of the Firefox Profiler'), traces: gecko(value), shows: null };
    }
    return null;
}

/** All experiments of `compare report`. */
function survey(value) {
    const reports = value.runs.map((run) => run?.report).filter((report) => Array.isArray(report?.traces));
    const titled = (report) => report.traces.map((trace) => {
        const one = ours(trace);
        return { ...one, title: text(`${report.experiment}: ${one.title.ko}`, `${report.experiment}: ${one.title.en}`) };
    });
    return { kind: text('조사 보고서', 'survey'), traces: reports.flatMap(titled), shows: null };
}

const both = (name) => typeof name?.ko === 'string' && typeof name?.en === 'string' ? name : text(String(name ?? ''), String(name ?? ''));

/** A trace as `--json` has it; spans of unknown states or times are left out. */
function ours(trace) {
    const lanes = (Array.isArray(trace?.lanes) ? trace.lanes : []).map((lane) => ({ name: both(lane?.name), spans: Array.isArray(lane?.spans) ? lane.spans : [] }));
    return { title: both(trace?.title), clock: trace?.clock === 'virtual' ? 'virtual' : 'monotonic', lanes };
}

/** Spans in order of time, of known states, without overlaps: where two meet, the earlier ends. */
function ordered(trace) {
    const lanes = trace.lanes.map((lane) => {
        const good = lane.spans.filter((span) => Object.hasOwn(STATES, span?.state) && Number.isFinite(span.start) && Number.isFinite(span.end) && span.end >= span.start && span.start >= 0);
        const sorted = good.map(({ state, start, end }) => ({ state, start, end: STATES[state].mark ? start : end })).sort((a, b) => a.start - b.start || a.end - b.end);
        sorted.forEach((span, n) => {
            const next = sorted[n + 1];
            if (next && !STATES[span.state].mark && span.end > next.start) {
                span.end = next.start;
            }
        });
        return { ...lane, spans: sorted.filter((span) => span.end > span.start || STATES[span.state].mark) };
    });
    return { ...trace, lanes };
}

/** From the words in which a state is named, in both languages and by id, to its id. */
function stateOf(words) {
    const found = Object.entries(STATES).find(([id, { name }]) => [id, name.ko, name.en].includes(words));
    return found?.[0] ?? null;
}

/** Chrome's trace event format. Events of other programs that are not states of ours are drawn as running. */
function chrome(events) {
    const traces = new Map();
    const of = (pid) => {
        if (!traces.has(pid)) {
            traces.set(pid, { title: `${pid}`, lanes: new Map() });
        }
        return traces.get(pid);
    };
    const lane = (event) => {
        const { lanes } = of(event.pid);
        if (!lanes.has(event.tid)) {
            lanes.set(event.tid, { name: `${event.tid}`, order: lanes.size, spans: [], open: [] });
        }
        return lanes.get(event.tid);
    };
    for (const event of events) {
        const at = Math.round(Number(event?.ts) * 1e3);
        const state = stateOf(event?.cat) ?? stateOf(event?.name);
        if (event?.ph === 'M' && event.name === 'process_name') {
            of(event.pid).title = String(event.args?.name ?? event.pid);
        } else if (event?.ph === 'M' && event.name === 'thread_name') {
            lane(event).name = String(event.args?.name ?? event.tid);
        } else if (event?.ph === 'M' && event.name === 'thread_sort_index') {
            lane(event).order = Number(event.args?.sort_index) || 0;
        } else if (event?.ph === 'X') {
            outer(lane(event).spans, { state: state ?? 'running', start: at, end: at + Math.round(Number(event.dur) * 1e3) });
        } else if (event?.ph === 'B') {
            lane(event).open.push({ state: state ?? 'running', start: at });
        } else if (event?.ph === 'E' && lane(event).open.length > 0) {
            const begun = lane(event).open.pop();
            if (lane(event).open.length === 0) {
                lane(event).spans.push({ ...begun, end: at });
            }
        } else if ((event?.ph === 'i' || event?.ph === 'I') && state && STATES[state].mark) {
            lane(event).spans.push({ state, start: at, end: at });
        }
    }
    return [...traces.values()].map(({ title, lanes }) => ({
        title: both(title), clock: 'monotonic',
        lanes: [...lanes.values()].sort((a, b) => a.order - b.order).map(({ name, spans }) => ({ name: both(name), spans })),
    }));
}

/** A call within a call is part of it. */
function outer(spans, span) {
    const last = spans.at(-1);
    if (last && span.start >= last.start && span.end <= last.end && span.state === last.state) {
        return;
    }
    spans.push(span);
}

/**
 * A processed profile. Of CPython's sampling profiler the markers "Has GIL" and "Waiting for GIL" count; where a sample found a thread
 * holding the GIL and waiting for it, it held it. Of ours every marker is a state.
 */
function gecko(profile) {
    const zero = Number(profile.meta.startTime) || 0;
    const strings = profile.shared?.stringArray;
    const processes = new Map();
    for (const thread of profile.threads) {
        const { markers } = thread;
        const names = strings ?? thread.stringArray ?? thread.stringTable ?? [];
        const [holds, waits, others] = [[], [], []];
        for (let n = 0; n < (markers?.length ?? 0); n++) {
            const name = names[markers.name?.[n]];
            const [start, end] = [markers.startTime?.[n], markers.endTime?.[n]].map((ms) => typeof ms === 'number' ? Math.round((zero + ms) * 1e6) : null);
            if (start === null) {
                continue;
            }
            if (name === 'Has GIL') {
                holds.push({ state: 'running', start, end: end ?? start });
            } else if (name === 'Waiting for GIL') {
                waits.push({ state: 'waiting_for_lock', start, end: end ?? start });
            } else {
                const state = markers.data?.[n]?.type === 'LaneState' ? stateOf(name) : null;
                if (state) {
                    others.push({ state, start, end: end ?? start });
                }
            }
        }
        const key = String(thread.pid);
        if (!processes.has(key)) {
            processes.set(key, { title: both(thread.processName ?? `pid ${key}`), clock: 'monotonic', lanes: [] });
        }
        processes.get(key).lanes.push({ name: both(thread.name), spans: [...without(holds, waits), ...others] });
    }
    return [...processes.values()];
}

/** The holds, and what is left of the waits between them. */
function without(holds, waits) {
    const all = [...holds];
    const sorted = [...holds].sort((a, b) => a.start - b.start);
    for (const wait of waits) {
        let from = wait.start;
        for (const hold of sorted) {
            if (hold.start < wait.end && hold.end > from) {
                if (hold.start > from) {
                    all.push({ ...wait, start: from, end: hold.start });
                }
                from = Math.max(from, hold.end);
            }
        }
        if (wait.end > from) {
            all.push({ ...wait, start: from });
        }
    }
    return all;
}
