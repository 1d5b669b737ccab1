// Drag the GIL: threads as blocks, a lock, cores; what the simulator says follows the finger.

import { el } from "../dom.js";
import { LANE_KEYS } from "../lanes.js";
import { say, text } from "../text.js";
import { duration } from "../time.js";
import { BLOCK_KEYS, blocksEditor } from "./drag/blocks.js";
import { gridPanel } from "./drag/grid.js";
import { realPart } from "./drag/real.js";
import { figures, scenarioFile } from "./drag/results.js";
import { SHOWN, ofPreset, scenarioOf, settingName, stateOf, threadCount, unfinished } from "./drag/scenario.js";
import { settingsPanel } from "./drag/settings.js";
import { undoSteps } from "./drag/undo.js";

export const id = "drag";
export const title = text('끌어 보는 GIL', 'Drag the GIL');
export const keys = [...BLOCK_KEYS, ['Ctrl+Z', text('되돌리기', 'undo')], ['Ctrl+Shift+Z, Ctrl+Y', text('다시 하기', 'redo')], ...LANE_KEYS];

const WORDS = {
    about: text('블록을 끌어 옮기고 오른쪽 끝을 당겨 늘이십시오. 아래 레인은 그 스레드들이 고른 락 아래에서 어떻게 실행될지 시뮬레이터가 계산한 것입니다.',
        'Drag a block to move it, and its right edge to stretch it. The lanes below are what the simulator computes for these threads under the chosen lock.'),
    preset: text('예시 시나리오', 'example'),
    compare: text('다른 설정 B와 비교', 'compare with a second setting, B'),
    shown: text('그릴 구간', 'stretch that is drawn'),
    seed: text('시드', 'seed'),
    again: text('다른 시드로', 'another seed'),
    undo: text('되돌리기', 'undo'),
    redo: text('다시 하기', 'redo'),
    lanes: text('시뮬레이션한 레인', 'simulated lanes'),
    kitchen: text('주방 그림으로 보기', 'see it as a kitchen'),
    file: text('시나리오 파일', 'scenario file'),
    copied: text('시나리오를 복사했습니다.', 'The scenario is copied.'),
    cut: text('구간이 너무 많아 앞부분만 그렸습니다.', 'Too many spans: only the beginning is drawn.'),
    machine: text('코어 수가 같으면 어느 컴퓨터에서나 같은 결과가 나오도록 전형적인 컴퓨터의 지연 시간으로 계산합니다. 자신의 컴퓨터와 비교하려면 실제 파이썬에 물어보십시오.',
        'Computed with the latencies of a typical machine, so that everybody sees the same. To compare it with your own, ask the real one.'),
};

export function render(root, given, ctx) {
    const { meta } = ctx;
    const state = stateOf(given, meta);
    let [busy, again, gone] = [false, false, false];
    let lanesPart = null;
    let answers = null;
    const timings = [];

    const settings = el('div', { class: 'both' });
    const error = el('p', { class: 'notice bad', role: 'alert', hidden: true });
    const lanesPlace = el('div', { class: 'result' });
    const cut = el('p', { class: 'dim', hidden: true }, say(WORDS.cut));
    const notes = el('div');
    const table = el('div');
    const timing = el('p', { class: 'dim mono timing' });
    const file = el('details', {}, el('summary', {}, say(WORDS.file)), el('div'));
    const editor = ctx.exported ? null : blocksEditor({ state, limits: meta.limits, changed: () => changed('blocks'), tell: ctx.whisper });
    const real = realPart({ ctx, scenario: () => scenarioOf(state, { ...state.a, cores: meta.cores }, settingName(state.a, meta)), own: () => state.a.own });

    function heading(which) {
        const { ko, en } = settingName(state[which], meta);
        const name = which.toUpperCase();
        return state.b ? text(`${name}: ${ko}`, `${name}: ${en}`) : text(ko, en);
    }

    function drawSettings() {
        const focus = document.activeElement?.dataset?.focus;
        const panel = (which) => ctx.exported
            ? gridPanel(which.toUpperCase(), state[which], { state, meta, changed: () => changed('settings') })
            : settingsPanel(which.toUpperCase(), state[which], {
                state, meta, again: drawSettings,
                changed: (setting) => {
                    if (setting === state.a) {
                        editor.render();
                    }
                    changed('settings');
                },
            });
        settings.replaceChildren(panel('a'), ...(state.b ? [panel('b')] : []));
        if (focus) {
            settings.querySelector(`[data-focus="${focus}"]`)?.focus();
        }
    }

    const preset = el('select', { 'aria-label': say(WORDS.preset), onchange: () => {
        Object.assign(state, ofPreset(meta.scenarios.find((one) => one.id === preset.value), meta), { b: null, view: null, selection: null, moment: null });
        compare.checked = false;
        editor?.render();
        drawSettings();
        changed('preset');
    } }, meta.scenarios.map((one) => el('option', { value: one.id, selected: one.id === state.preset }, say(one.title))));
    const compare = el('input', { type: 'checkbox', checked: Boolean(state.b), onchange: () => {
        // The usual question: what would be without it?
        state.b = compare.checked ? { ...state.a, lock: state.a.lock === 'free' ? '3.12' : 'free', own: false } : null;
        drawSettings();
        changed('settings');
    } });
    const shown = el('select', { 'aria-label': say(WORDS.shown), onchange: () => {
        state.shown = Number(shown.value);
        state.view = null;
        changed('shown');
    } }, SHOWN.map((ns) => el('option', { value: String(ns), selected: ns === state.shown }, duration(ns))));
    const seed = el('button', { type: 'button', onclick: () => {
        state.seed = (state.seed % 1e9) + 1;
        changed('seed');
    } }, say(WORDS.again));

    const undo = el('button', { type: 'button', onclick: () => steps.undo() }, say(WORDS.undo), ' ', el('kbd', {}, 'Ctrl+Z'));
    const redo = el('button', { type: 'button', onclick: () => steps.redo() }, say(WORDS.redo));
    function showSteps() {
        // A button that is disabled loses the focus.
        const focused = document.activeElement;
        undo.disabled = !steps.canUndo();
        redo.disabled = !steps.canRedo();
        if (focused === undo && undo.disabled) {
            redo.focus();
        } else if (focused === redo && redo.disabled) {
            undo.focus();
        }
    }

    function keep() {
        const { threads, a, b, seconds } = state;
        const usual = state.seed === 1 ? {} : { seed: state.seed };
        ctx.setState({ preset: state.preset, ...(ctx.exported ? {} : { threads, seconds }), a, ...(b ? { b } : {}), ...usual, shown: state.shown,
            ...(state.view ? { view: state.view } : {}), ...(state.selection ? { selection: state.selection } : {}), ...(state.moment === null ? {} : { moment: Math.round(state.moment) }) });
    }

    let written = null;
    /** The address is written at rest: a browser refuses to write it at every movement of a finger. */
    function keepSoon() {
        clearTimeout(written);
        written = setTimeout(keep, 200);
    }

    function changed(what) {
        if (what === 'blocks' && settings.dataset.for !== needs()) {
            drawSettings();
            settings.dataset.for = needs();
        }
        steps.note();
        keepSoon();
        real.changed();
        simulate(performance.now());
    }

    /** What of the threads decides which settings there are. */
    const needs = () => `${threadCount(state) > meta.limits.interpreters} ${state.threads.some((thread) => thread.steps.some(([kind]) => kind === 'echo'))} ${state.a.answer}`;

    const scenario = (which) => ctx.exported ? gridScenario(which) : scenarioOf(state, state[which], settingName(state[which], meta));

    /** Exactly what has been computed beforehand: one of the examples with another lock, interval or number of cores. */
    function gridScenario(which) {
        const one = meta.scenarios.find((s) => s.id === state.preset).scenario;
        const setting = state[which];
        return { ...one, cores: setting.cores, gil: { version: setting.lock, interval: setting.grid ?? one.gil.interval } };
    }

    async function simulate(since) {
        if (busy) {
            again = true;
            return;
        }
        const open = ctx.exported ? null : unfinished(state, meta);
        if (open) {
            fail(open);
            return;
        }
        busy = true;
        try {
            const asked = ['a', 'b'].filter((which) => state[which]);
            const names = asked.map(heading);
            const got = await Promise.all(asked.map((which) => ctx.call('simulate', { scenario: scenario(which), keep: state.shown })));
            if (gone) {
                return;
            }
            answers = got.map((answer, n) => [names[n], answer]);
            error.hidden = true;
            show(since);
        } catch (problem) {
            if (!gone) {
                fail(problem.text ?? text(String(problem), String(problem)));
            }
        } finally {
            busy = false;
            if (again && !gone) {
                again = false;
                simulate(performance.now());
            }
        }
    }

    function fail(words) {
        error.textContent = say(words);
        error.hidden = false;
        lanesPlace.classList.add('stale');
    }

    function show(since) {
        const traces = answers.map(([name, answer]) => ({ ...answer.trace, title: name }));
        lanesPlace.classList.remove('stale');
        if (lanesPart) {
            lanesPart.update(traces);
            if (!state.view) {
                lanesPart.range(0, lanesPart.whole());
            }
        } else {
            lanesPart = ctx.lanes(traces, {
                label: WORDS.lanes, from: state.view?.from, to: state.view?.to,
                onMoment: (at) => { state.moment = at; keepSoon(); },
                onSelect: (selection) => { state.selection = selection; keepSoon(); },
                onView: (view) => { state.view = view; keepSoon(); },
            });
            lanesPlace.replaceChildren(lanesPart.element);
            lanesPart.select(state.selection);
            lanesPart.mark(state.moment);
        }
        cut.hidden = ctx.exported || !answers.some(([, answer]) => answer.trace_end < Math.min(state.shown, answer.lasted));
        notes.replaceChildren(...answers.flatMap(([name, answer]) => (answer.notes ?? []).map((note) => el('p', { class: 'notice' }, `${say(name)}: ${say(note)}`))));
        table.replaceChildren(figures(answers.map(([name, answer]) => [say(name), answer])));
        file.lastChild.replaceChildren(scenarioFile(answers[0][1].toml, () => ctx.say(WORDS.copied)));
        requestAnimationFrame(() => setTimeout(() => {
            timings.push(performance.now() - since);
            timings.splice(0, timings.length - 60);
            const sorted = [...timings].sort((a, b) => a - b);
            const ms = (n) => n.toFixed(0);
            const [last, middle, most, n] = [ms(timings.at(-1)), ms(sorted[sorted.length >> 1]), ms(sorted.at(-1)), timings.length];
            const server = (Math.max(...answers.map(([, answer]) => answer.computed_us ?? 0)) / 1000).toFixed(1);
            timing.textContent = say(text(`변경에서 그림까지 ${last} ms (시뮬레이션 ${server} ms). 최근 ${n}번: 중앙값 ${middle} ms, 최대 ${most} ms.`,
                `From change to picture: ${last} ms (simulation ${server} ms). Last ${n}: median ${middle} ms, most ${most} ms.`));
        }, 0));
    }

    root.append(
        el('p', {}, say(WORDS.about)),
        el('div', { class: 'row' }, el('label', { class: 'field' }, el('span', {}, say(WORDS.preset)), preset), undo, redo),
        editor ? editor.element : '',
        settings,
        el('div', { class: 'row' }, el('label', { class: 'check' }, compare, say(WORDS.compare)),
            !ctx.exported && [el('label', { class: 'field' }, el('span', {}, say(WORDS.shown)), shown), seed],
            el('button', { type: 'button', onclick: () => ctx.go('kitchen', { kitchen: 'mine', scenario: scenario('a') }) }, say(WORDS.kitchen))),
        error, lanesPlace, cut, notes, timing, table, el('p', { class: 'dim' }, say(WORDS.machine)), file, real.element);
    drawSettings();
    settings.dataset.for = needs();
    // Only now: the exported page's settings are among those that it has.
    const steps = undoSteps({
        read: () => ({ preset: state.preset, threads: state.threads, a: state.a, b: state.b, seconds: state.seconds, seed: state.seed }),
        write: (before) => {
            Object.assign(state, before, { view: null });
            preset.value = state.preset;
            compare.checked = Boolean(state.b);
            editor?.restore();
            drawSettings();
            changed('undo');
        },
        told: showSteps,
    });
    showSteps();
    simulate(performance.now());

    return () => {
        gone = true;
        clearTimeout(written);
        steps.leave();
        real.leave();
        lanesPart?.destroy();
    };
}
