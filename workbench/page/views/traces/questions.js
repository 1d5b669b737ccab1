// The answers to the questions, for the selected stretch of the traces in view.

import { el, table } from "../../dom.js";
import { say, text } from "../../text.js";
import { duration } from "../../time.js";
import { STATES, occurring } from "../../states.js";
import { cut, meanInFlight, overlaps, peakInFlight, startOf, waitedFor, waits } from "../../trace.js";

/** Rows of a table; the others are counted. */
const MOST_ROWS = 12;

const WORDS = {
    inFlight: text('동시에 몇 개였나', 'how many at the same time'),
    state: text('상태', 'state'),
    peak: text('최대', 'most'),
    at: text('처음 도달한 순간', 'first reached'),
    mean: text('평균', 'mean'),
    overlap: text('함께 실행된 레인', 'lanes that ran together'),
    pair: text('레인', 'lanes'),
    together: text('함께한 시간', 'time together'),
    serial: text('함께 실행된 레인이 없습니다. 한 번에 하나씩 실행되었습니다.', 'No two lanes ran at the same time: one after another.'),
    waited: text('누가 누구를 기다렸나', 'who waited for whom'),
    who: text('기다린 레인', 'who waited'),
    whom: text('그동안 실행된 레인', 'who ran meanwhile'),
    time: text('시간', 'time'),
    nobody: text('락을 기다리는 동안 실행된 다른 레인이 없습니다.', 'Nobody ran while another waited for a lock.'),
    often: text('락 대기: 몇 번, 얼마나', 'waits for a lock: how often, how long'),
    count: text('횟수', 'count'),
    total: text('합계', 'total'),
    longest: text('가장 긴 대기', 'longest'),
    none: text('락을 기다린 레인이 없습니다.', 'No lane waited for a lock.'),
    lane: text('레인', 'lane'),
};

const LOCK = ['waiting_for_lock', 'requesting'];

/** `most`: lanes that are compared with each other. `go(ns)` moves the moment. */
export function answers(trace, selection, most, go) {
    const start = startOf(trace);
    const [from, to] = [start + selection.from, start + selection.to];
    const part = cut(trace, from, to);
    const few = { ...part, lanes: part.lanes.slice(0, most) };
    const length = selection.to - selection.from;
    return el('div', { class: 'answers' },
        inFlight(part, length, start, go), together(few, length), waiting(few), often(few));
}

function inFlight(part, length, start, go) {
    const rows = occurring(part.lanes).filter((state) => !STATES[state].mark).map((state) => {
        const { peak, at } = peakInFlight(part, [state]);
        return [say(STATES[state].name), String(peak),
            at === null ? '–' : el('button', { type: 'button', class: 'link', onclick: () => go(at - start) }, at === start ? '0' : duration(at - start)),
            meanInFlight(part, state, length).toFixed(2)];
    });
    return table(say(WORDS.inFlight), [WORDS.state, WORDS.peak, WORDS.at, WORDS.mean].map(say), rows);
}

/** The rows, and how many more there were. */
function limited(caption, head, rows) {
    const more = rows.length - MOST_ROWS;
    return el('div', {}, table(caption, head, rows.slice(0, MOST_ROWS)),
        more > 0 && el('p', { class: 'dim' }, say(text(`외 ${more}개`, `and ${more} more`))));
}

function titled(caption, words) {
    return el('div', {}, el('p', { class: 'caption' }, caption), el('p', {}, say(words)));
}

function together(part, length) {
    const pairs = overlaps(part, 'running');
    if (pairs.length === 0) {
        return titled(say(WORDS.overlap), WORDS.serial);
    }
    const rows = pairs.map(({ a, b, ns }) => [`${say(part.lanes[a].name)} + ${say(part.lanes[b].name)}`, duration(ns), `${(100 * ns / length).toFixed(1)} %`]);
    return limited(say(WORDS.overlap), [say(WORDS.pair), say(WORDS.together), '%'], rows);
}

function waiting(part) {
    const found = waitedFor(part);
    if (found.length === 0) {
        return titled(say(WORDS.waited), WORDS.nobody);
    }
    return limited(say(WORDS.waited), [WORDS.who, WORDS.whom, WORDS.time].map(say),
        found.map(({ lane, holder, ns }) => [say(part.lanes[lane].name), say(part.lanes[holder].name), duration(ns)]));
}

function often(part) {
    const rows = part.lanes.map((lane) => [lane, waits(lane, LOCK)]).filter(([, { count }]) => count > 0).sort((a, b) => b[1].total - a[1].total);
    if (rows.length === 0) {
        return titled(say(WORDS.often), WORDS.none);
    }
    return limited(say(WORDS.often), [WORDS.lane, WORDS.count, WORDS.total, WORDS.longest].map(say),
        rows.map(([lane, { count, total, longest }]) => [say(lane.name), String(count), duration(total), duration(longest)]));
}
