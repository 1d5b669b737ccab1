// The event loop: its queue, its timers and one task after another; a task that computes, and what helps against it.

import { el } from '../dom.js';
import { text } from '../text.js';
import { DEFAULTS, HOWS, RANGES, run, setting } from './loop/model.js';
import { places, program } from './loop/program.js';
import { HOW, LESSONS, SETTINGS, happened, ms, nameOf } from './loop/words.js';
import { later } from './shared/later.js';
import { listen, shown } from './shared/shortcuts.js';

export const id = 'loop';
export const title = text('이벤트 루프', 'The event loop');

export const keys = [
    ['1 2 3 4', text('계산하는 곳', 'where the task computes')],
    ['G', text('GIL 켜고 끄기', 'GIL on or off')],
    ['B N', text('이전, 다음 순간', 'moment before, next moment')],
    ['P', text('다음에 계산을 시작하는 순간', 'next moment at which a task begins to compute')],
];

const NS = 1e6;
const TIMES = ['compute', 'slice', 'beat', 'answer', 'interval'];

/** The eight settings of the table: where the task computes, with a GIL and without. */
const ALL = HOWS.flatMap((how) => [true, false].map((gil) => ({ how, gil })));

export function render(root, given, ctx) {
    const { t } = ctx;
    let s = setting(given ?? {});
    let result = run(s);
    let at = momentOf(given?.at);

    // --- the state

    function momentOf(n) {
        return Number.isInteger(n) && n >= 0 && n < result.moments.length ? n : Math.max(computingAfter(-1), 0);
    }

    /** The next moment at which a task begins to compute, in the loop or in a thread; -1 if there is none. */
    function computingAfter(n) {
        return result.moments.findIndex((m, place) => place > n
            && (m.kind === 'started' || (m.kind === 'step' && m.loops.some((loop) => ['compute', 'slice'].includes(loop.running?.line) && loop.running.task === m.task))));
    }

    const address = later(() => {
        const changed = Object.entries(s).filter(([name, value]) => value !== DEFAULTS[name]);
        ctx.setState({ ...Object.fromEntries(changed), at });
    });

    function change(patch) {
        const when = result.moments[at].at;
        s = setting({ ...s, ...patch });
        result = run(s);
        at = lastBefore(when);
        showSetting();
        showMoment();
        lanes.update(traces());
        lanes.mark(result.moments[at].at * NS);
        address.call();
    }

    function lastBefore(when) {
        const next = result.moments.findIndex((m) => m.at > when);
        return next < 0 ? result.moments.length - 1 : Math.max(next - 1, 0);
    }

    function go(to, marks = true) {
        at = Math.min(Math.max(to, 0), result.moments.length - 1);
        showMoment();
        if (marks) {
            lanes.mark(result.moments[at].at * NS);
        }
        address.call();
    }

    // --- settings

    const radios = HOWS.map((how, n) => {
        const input = el('input', { type: 'radio', name: 'how', value: how, onchange: () => change({ how }) });
        return { how, input, element: el('label', {}, input, ' ', t(HOW[how]), ' ', el('kbd', {}, `${n + 1}`)) };
    });
    const gil = el('input', { type: 'checkbox', onchange: () => change({ gil: gil.checked }) });
    const sliders = Object.entries(RANGES).map(([name, [min, max, step]]) => {
        const input = el('input', { type: 'range', min, max, step, 'aria-label': t(SETTINGS[name]), oninput: () => change({ [name]: Number(input.value) }) });
        const output = el('output', {});
        return { name, input, output, element: el('label', { class: 'field' }, el('span', {}, t(SETTINGS[name]), ' ', output), input) };
    });
    const settings = el('form', { class: 'loop-settings', onsubmit: (event) => event.preventDefault() },
        el('fieldset', {}, el('legend', {}, t(text('계산은 어디에서 합니까?', 'Where does the task compute?'))), radios.map((radio) => radio.element),
            el('label', { class: 'loop-gil' }, gil, ' GIL ', el('kbd', {}, 'G'))),
        el('fieldset', { class: 'sliders' }, el('legend', {}, t(text('값', 'values'))), sliders.map((slider) => slider.element)));

    // --- what came of it

    const outcome = el('p', { class: 'loop-outcome', 'aria-live': 'polite' });
    const lesson = el('p', {});

    function sentence() {
        const { late, computed, missed, beats } = result.summary;
        return text(
            `하트비트는 최대 ${ms(late)} 늦었고(${beats}번 중 ${missed}번은 한 주기보다 더), 계산은 ${ms(computed)} 뒤에 끝났습니다.`,
            `The heartbeat came up to ${ms(late)} late (${missed} of ${beats} by more than a period); the computing was done after ${ms(computed)}.`,
        );
    }

    const cells = ALL.map(({ how, gil: on }) => {
        const button = el('button', { type: 'button', onclick: () => change({ how, gil: on }) }, t(HOW[how]));
        const numbers = [el('td', {}), el('td', {}), el('td', {}), el('td', {})];
        const row = el('tr', {}, el('th', { scope: 'row' }, button), el('td', {}, on ? 'GIL' : t(text('없음', 'none'))), numbers);
        return { how, on, row, numbers };
    });
    const caption = t(text('같은 프로그램, 여덟 가지 방법', 'The same program in eight ways'));
    const comparison = el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
        el('table', { class: 'loop-table' }, el('caption', {}, caption),
            el('thead', {}, el('tr', {}, [
                text('계산하는 곳', 'computes'), text('GIL', 'GIL'), text('하트비트 최대 지연', 'heartbeat, at the latest'),
                text('두 번째 루프의 하트비트', 'heartbeat of loop 2'), text('계산 완료', 'computing done'), text('받은 응답', 'answers taken'),
            ].map((head) => el('th', { scope: 'col' }, t(head))))),
            el('tbody', {}, cells.map((cell) => cell.row))));

    const code = el('ol', { class: 'code', 'aria-label': t(text('프로그램', 'the program')) });

    function showSetting() {
        radios.forEach(({ how, input }) => { input.checked = how === s.how; });
        gil.checked = s.gil;
        for (const { name, input, output, element } of sliders) {
            input.value = s[name];
            output.textContent = TIMES.includes(name) ? `${s[name]} ms` : s[name];
            element.hidden = (name === 'slice' && s.how !== 'yield') || (name === 'answer' && s.clients === 0) || (name === 'interval' && !s.gil);
        }
        outcome.textContent = t(sentence());
        lesson.textContent = t(LESSONS[s.how][s.gil ? 'gil' : 'free']);
        for (const { how, on, row, numbers } of cells) {
            const { summary } = run({ ...s, how, gil: on }, false);
            const now = how === s.how && on === s.gil;
            row.classList.toggle('now', now);
            now ? row.setAttribute('aria-current', 'true') : row.removeAttribute('aria-current');
            [ms(summary.late), summary.late2 === null ? '–' : ms(summary.late2), ms(summary.computed), `${summary.answers}`]
                .forEach((words, n) => { numbers[n].textContent = words; });
        }
        code.replaceChildren(...program(s).map(([line]) => el('li', {}, line || ' ')));
        slider.max = result.moments.length - 1;
    }

    // --- a moment

    const slider = el('input', { type: 'range', min: 0, max: 1, step: 1, oninput: () => go(Number(slider.value)), 'aria-label': t(text('순간', 'moment')) });
    const when = el('span', { class: 'mono' });
    const what = el('p', { class: 'loop-what', 'aria-live': 'polite' });
    const stateNow = el('div', { class: 'loop-states' });
    const button = (words, key, act) => el('button', { type: 'button', onclick: act }, t(words), ' ', el('kbd', {}, key));
    const moment = el('section', { class: 'loop-moment', 'aria-label': t(text('한 순간', 'one moment')) },
        el('div', { class: 'stepper' },
            button(text('이전', 'back'), 'B', () => go(at - 1)),
            button(text('다음', 'next'), 'N', () => go(at + 1)),
            when, slider),
        what, stateNow);

    function chip(task, words = '', kind = '') {
        return el('span', { class: `chip ${task.split(' ')[0]} ${kind}` }, t(nameOf(task)), words && ` ${words}`);
    }

    function row(words, chips) {
        return [el('dt', {}, t(words)), el('dd', {}, chips.length > 0 ? chips : el('span', { class: 'dim' }, '–'))];
    }

    /** A handle that wakes a task, and one that runs it. */
    const handle = (h) => chip(h.task, h.kind === 'wakes' ? t(text('깨우기', 'wake')) : '', h.kind);

    function showMoment() {
        const now = result.moments[at];
        slider.value = at;
        when.textContent = `${now.at.toFixed(1)} ms · ${at + 1}/${result.moments.length}`;
        what.textContent = t(happened(now));
        stateNow.replaceChildren(...now.loops.map((loop) => el('div', { class: 'loop-state' },
            el('h2', {}, t(nameOf(loop.name))),
            el('dl', {},
                row(text('실행 중', 'runs'), loop.running ? [handle(loop.running)] : []),
                row(text('큐(왼쪽부터 실행)', 'queue (from the left)'), loop.ready.map(handle)),
                row(text('타이머(이른 것부터)', 'timers (earliest first)'), loop.timers.map((timer) => chip(timer.task, ms(timer.due)))),
                row(text('기다리는 것', 'awaited'), loop.waits.map((wait) => chip(wait.task, wait.what === 'thread' ? t(text('스레드', 'thread')) : t(text('응답', 'answer'))))),
                row(text('도착함(다음 select에서 봄)', 'arrived (seen by the next select)'), loop.arrived.map(handle))))),
        s.gil && el('div', { class: 'loop-state' }, el('h2', {}, 'GIL'), el('dl', {},
            row(text('쥔 스레드', 'held by'), now.holder ? [t(nameOf(now.holder))] : []),
            row(text('기다리는 스레드', 'waiting'), now.queue.map((name) => el('span', { class: 'chip' }, t(nameOf(name))))))) || '');
        const where = places(now);
        const lines = program(s);
        [...code.children].forEach((line, n) => {
            const [, task, word] = lines[n];
            const here = task ? [...where].filter(([name, place]) => name.split(' ')[0] === task && place === word) : [];
            const runs = here.some(([name]) => now.loops.some((loop) => loop.running?.task === name));
            line.classList.toggle('lit', here.length > 0);
            line.classList.toggle('runs', runs);
        });
    }

    // --- lanes

    const inNs = (spans, states) => spans.filter((span) => states?.[span.state] !== null)
        .map((span) => ({ state: states?.[span.state] ?? span.state, start: Math.round(span.start * NS), end: Math.round(span.end * NS) }));
    const OF_THREAD = { running: 'running', waiting: 'waiting_for_lock', sleeping: 'waiting_for_io' };

    function traces() {
        return [
            { title: text('태스크', 'tasks'), clock: 'virtual', lanes: result.tasks.map((task) => ({ name: nameOf(task.name), spans: inNs(task.spans) })) },
            { title: text('스레드', 'threads'), clock: 'virtual', lanes: result.threads.map((thread) => ({ name: nameOf(thread.name), spans: inNs(thread.spans, OF_THREAD) })) },
        ];
    }

    const lanes = ctx.lanes(traces(), {
        label: t(text('태스크와 스레드의 레인', 'lanes of the tasks and the threads')),
        onMoment: (ns) => ns !== null && go(lastBefore(ns / NS), false),
    });

    showSetting();
    showMoment();
    root.append(
        el('p', { class: 'lead' }, t(text(
            '이벤트 루프는 스레드 하나입니다. 태스크 하나가 await 없이 계산하면 나머지는 모두 기다립니다. 무엇이 도움이 되고, 거기에 GIL이 어떤 차이를 만드는지 보십시오.',
            'An event loop is one thread. While one task computes without an await, all others wait. See what helps, and what difference the GIL makes.',
        ))),
        settings, outcome, lesson, lanes.element,
        el('div', { class: 'loop-columns' }, moment, el('section', { 'aria-label': t(text('프로그램', 'the program')) }, code)),
        comparison,
        el('p', { class: 'dim' }, t(text(
            '가상 시간으로 계산한 모델입니다. 코어는 스레드 수만큼 있고 깨어나는 데 시간이 걸리지 않으며, 계산하지 않는 태스크의 한 단계는 0.2 ms입니다. 루프의 순서는 CPython의 _run_once, GIL의 순서는 3.2 이후의 규약을 따릅니다.',
            'A model in virtual time: as many cores as threads, waking takes no time, and a step of a task that does not compute takes 0.2 ms. The loop goes by CPython\'s _run_once, the GIL by the protocol since 3.2.',
        ))),
        shown(keys.map(([key, words]) => [key, t(words)])),
    );
    lanes.mark(result.moments[at].at * NS);

    const stop = listen((code, shift) => {
        const digit = /^(?:Digit|Numpad)([1-4])$/.exec(code);
        if (digit) {
            change({ how: HOWS[digit[1] - 1] });
        } else if (code === 'KeyG') {
            change({ gil: !s.gil });
        } else if (code === 'KeyN') {
            go(at + (shift ? 10 : 1));
        } else if (code === 'KeyB') {
            go(at - (shift ? 10 : 1));
        } else if (code === 'KeyP') {
            const next = computingAfter(at);
            go(next < 0 ? computingAfter(-1) : next);
        } else {
            return false;
        }
        return true;
    });
    return () => {
        stop();
        address.cancel();
        lanes.destroy();
    };
}
