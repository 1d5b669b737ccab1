// My traces: a file is opened in the page and never leaves it; its lanes are zoomed, and a stretch of them is asked.

import { el } from "../dom.js";
import { LANE_KEYS } from "../lanes.js";
import { say, text } from "../text.js";
import { duration } from "../time.js";
import { durationOf } from "../trace.js";
import { answers } from "./traces/questions.js";
import { read, wordsOf } from "./traces/read.js";

export const id = "traces";
export const title = text('내 트레이스', 'My traces');
export const keys = LANE_KEYS;

/** Lanes of a trace that are drawn and compared. */
const MOST_LANES = 64;
/** Traces that are shown at first. */
const AT_FIRST = 2;

const WORDS = {
    about: text('어느 프로그램이든 --json이나 --trace로 저장한 파일, compare report의 report.json, CPython 3.15 프로파일러의 Gecko 프로파일을 여기에 놓으십시오. 파일은 이 페이지 밖으로 나가지 않습니다.',
        "Drop a file here: what any of the programs saved with --json or --trace, the report.json of compare report, or a Gecko profile of CPython 3.15's profiler. It never leaves this page."),
    open: text('파일 열기', 'open a file'),
    example: text('예시로 해 보기', 'try it with an example'),
    exampleName: text('예시: 시뮬레이션한 호위 효과', 'example: the convoy effect, simulated'),
    drop: text('파일을 여기에 놓기', 'drop a file here'),
    reading: text('읽는 중…', 'reading…'),
    which: text('트레이스', 'traces'),
    all: text('모두', 'all'),
    lanes: text('파일의 레인', 'lanes of the file'),
    questions: text('선택한 구간에 묻기', 'Ask the selected stretch'),
    how: text('레인 위를 끌거나 Shift와 화살표로 구간을 고르면, 그 구간만 계산합니다.', 'Drag over the lanes, or press Shift and an arrow, to select a stretch: only that is counted.'),
    whole: text('전체', 'everything'),
    clear: text('선택 지우기', 'clear the selection'),
};

/** What was opened; a file cannot be in the address. */
const opened = { name: null, kind: null, traces: [], shows: null };

export function render(root, given, ctx) {
    const state = {
        name: typeof given.name === 'string' ? given.name.slice(0, 200) : null,
        example: given.example === true,
        shown: Array.isArray(given.shown) ? given.shown.filter((n) => Number.isInteger(n) && n >= 0) : null,
        view: range(given.view),
        selection: range(given.selection),
        moment: Number.isFinite(given.moment) && given.moment >= 0 ? given.moment : null,
    };
    let [part, written, gone] = [null, null, false];

    const input = el('input', { type: 'file', multiple: true, accept: '.json,.gz,application/json', id: 'trace-file', onchange: () => open([...input.files]) });
    const error = el('p', { class: 'notice bad', role: 'alert', hidden: true });
    const wanted = el('p', { class: 'notice', hidden: true });
    const place = el('div');
    const zone = el('div', { class: 'zone' },
        el('p', { class: 'drophere', 'aria-hidden': 'true' }, say(WORDS.drop)),
        el('div', { class: 'row' }, el('label', { class: 'field', for: 'trace-file' }, el('span', {}, say(WORDS.open)), input),
            el('button', { type: 'button', onclick: example }, say(WORDS.example))));

    function range(one) {
        return Number.isFinite(one?.from) && Number.isFinite(one?.to) && one.from >= 0 && one.to > one.from ? { from: one.from, to: one.to } : null;
    }

    function keep() {
        clearTimeout(written);
        written = setTimeout(() => {
            const round = (one) => one && { from: Math.round(one.from), to: Math.round(one.to) };
            const kept = { name: state.example ? null : state.name, example: state.example || null, shown: state.shown, view: round(state.view), selection: round(state.selection), moment: state.moment === null ? null : Math.round(state.moment) };
            ctx.setState(Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== null)));
        }, 200);
    }

    function fail(problem) {
        error.textContent = say(problem.text ?? text(String(problem), String(problem)));
        error.hidden = false;
    }

    async function open(files) {
        if (files.length === 0) {
            return;
        }
        error.hidden = true;
        ctx.say(WORDS.reading);
        try {
            const found = [];
            for (const file of files) {
                found.push({ file, ...read(await wordsOf(file), file.name) });
            }
            if (gone) {
                return;
            }
            const several = found.length > 1;
            const named = ({ file, traces }) => traces.map((trace) => several ? { ...trace, title: text(`${file.name}: ${trace.title.ko}`, `${file.name}: ${trace.title.en}`) } : trace);
            const name = found.map(({ file }) => file.name).join(', ');
            const again = name === state.name;
            Object.assign(opened, { name, kind: several ? null : found[0].kind, traces: found.flatMap(named), shows: several ? null : found[0].shows });
            Object.assign(state, { name, example: false });
            if (!again) {
                forget();
            }
            show();
            keep();
            ctx.say(text(`${name}: 트레이스 ${opened.traces.length}개`, `${name}: ${opened.traces.length} traces`));
        } catch (problem) {
            if (!gone) {
                fail(problem);
            }
        }
    }

    /** A trace to try it with, for those who have no file yet. */
    async function example() {
        error.hidden = true;
        try {
            const convoy = ctx.meta.scenarios.find((one) => one.id === 'convoy') ?? ctx.meta.scenarios[0];
            const grid = ctx.meta.grid;
            const scenario = { ...convoy.scenario, cores: !grid || grid.cores.includes(2) ? 2 : grid.cores[0] };
            const { trace } = await ctx.call('simulate', { scenario, keep: 200e6 });
            if (gone) {
                return;
            }
            Object.assign(opened, { name: say(WORDS.exampleName), kind: null, traces: [{ ...trace, title: convoy.title }], shows: null });
            if (!state.example) {
                forget();
            }
            Object.assign(state, { name: null, example: true });
            show();
            keep();
        } catch (problem) {
            if (!gone) {
                fail(problem);
            }
        }
    }

    function forget() {
        Object.assign(state, { shown: null, view: null, selection: null, moment: null });
    }

    function shownTraces() {
        const chosen = (state.shown ?? Array.from({ length: AT_FIRST }, (_, n) => n)).filter((n) => n < opened.traces.length);
        return chosen.length > 0 ? chosen : [0];
    }

    function show() {
        part?.destroy();
        part = null;
        wanted.hidden = true;
        if (opened.traces.length === 0) {
            return;
        }
        const chosen = shownTraces();
        const traces = chosen.map((n) => opened.traces[n]);
        const hidden = traces.reduce((sum, trace) => sum + Math.max(trace.lanes.length - MOST_LANES, 0), 0);
        part = ctx.lanes(traces.map((trace) => ({ ...trace, lanes: trace.lanes.slice(0, MOST_LANES) })), {
            label: WORDS.lanes, from: state.view?.from, to: state.view?.to,
            onMoment: (at) => { state.moment = at; keep(); },
            onSelect: (selection) => { state.selection = selection; ask(); keep(); },
            onView: (view) => { state.view = view; keep(); },
        });
        part.mark(state.moment);
        part.select(state.selection);
        const boxes = opened.traces.length > 1 && el('fieldset', { class: 'which' }, el('legend', {}, say(WORDS.which)), opened.traces.map((trace, n) => {
            const box = el('input', { type: 'checkbox', checked: chosen.includes(n), onchange: () => {
                const now = new Set(shownTraces());
                box.checked ? now.add(n) : now.delete(n);
                state.shown = [...now].sort((a, b) => a - b);
                state.view = state.selection = null;
                show();
                place.querySelectorAll('.which input')[n]?.focus();
                keep();
            } });
            return el('label', { class: 'check' }, box, `${say(trace.title) || n + 1} (${trace.lanes.length}, ${duration(durationOf(trace))})`);
        }));
        const questions = el('div', { class: 'questions' });
        place.replaceChildren(...[
            el('h2', {}, opened.name, opened.kind ? el('span', { class: 'dim' }, ` ${say(opened.kind)}`) : ''),
            opened.shows && say(opened.shows) && el('p', {}, say(opened.shows)),
            boxes, part.element,
            hidden > 0 && el('p', { class: 'dim' }, say(text(`레인이 많아 트레이스마다 처음 ${MOST_LANES}개만 그리고 비교합니다. 그리지 않은 레인: ${hidden}개.`, `Only the first ${MOST_LANES} lanes of each trace are drawn and compared; ${hidden} are not.`))),
            el('h2', {}, say(WORDS.questions)), el('p', { class: 'dim' }, say(WORDS.how)), questions].filter((one) => one));

        function ask() {
            const selection = state.selection ?? { from: 0, to: part.whole() };
            const stretch = state.selection ? `${duration(selection.from)} – ${duration(selection.to)} (${duration(selection.to - selection.from)})` : say(WORDS.whole);
            const clear = el('button', { type: 'button', onclick: () => { state.selection = null; part.select(null); ask(); keep(); } }, say(WORDS.clear));
            questions.replaceChildren(el('div', { class: 'row', 'aria-live': 'polite' }, el('strong', {}, stretch), state.selection && clear || ''), ...traces.map((trace) => el('section', {},
                traces.length > 1 ? el('h3', {}, say(trace.title)) : '',
                answers(trace, { from: Math.min(selection.from, durationOf(trace)), to: Math.min(selection.to, durationOf(trace)) }, MOST_LANES, (at) => {
                    state.moment = at;
                    part.mark(at);
                    part.element.scrollIntoView({ block: 'nearest' });
                    keep();
                }))));
        }
        ask();
    }

    root.append(el('p', {}, say(WORDS.about)), zone, error, wanted, place);
    // The whole view takes the file.
    const over = (event) => {
        event.preventDefault();
        zone.classList.add('over');
    };
    root.addEventListener('dragover', over);
    root.addEventListener('dragleave', () => zone.classList.remove('over'));
    root.addEventListener('drop', (event) => {
        event.preventDefault();
        zone.classList.remove('over');
        open([...event.dataTransfer.files]);
    });

    if (state.example && opened.name === null) {
        example();
    } else if (state.name && opened.name !== state.name) {
        const { name } = state;
        wanted.textContent = say(text(`이 주소는 ${name} 파일의 한 구간을 가리킵니다. 그 파일을 여기에 놓으면 그대로 열립니다.`, `This address is a place in the file ${name}: drop that file here to see it.`));
        wanted.hidden = false;
    } else {
        show();
    }

    return () => {
        gone = true;
        clearTimeout(written);
        part?.destroy();
    };
}
