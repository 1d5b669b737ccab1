// `counter += 1` in two threads: the reader chooses who goes on, instruction by instruction as far as the version allows it.

import { el } from '../dom.js';
import { text } from '../text.js';
import { keepingFocus } from './shared/focus.js';
import { later } from './shared/later.js';
import { listen, shown } from './shared/shortcuts.js';
import { history, random, wordsOf } from './shared/turns.js';

export const id = 'counter';
export const title = text('counter += 1', 'counter += 1');
export const keys = [
    ['A B', text('그 스레드를 실행', 'that thread goes on')],
    ['U R', text('되돌리기, 다시 하기', 'undo, redo')],
    ['X', text('끝까지 무작위로', 'by chance, to the end')],
    ['0', text('처음으로', 'to the beginning')],
    ['P', text('프로그램 바꾸기', 'the other program')],
    ['V', text('다음 버전', 'next version')],
];

const PROGRAMS = [['plain', 'counter += 1'], ['call', 'counter += one()']];
const ITERATIONS = [1, 2, 3];
const NAMES = ['a', 'b'];

/** What of an address is a state of this view. */
function stateOf(given, versions) {
    const s = { program: 'plain', version: versions[1] ?? versions[0], iterations: 1, words: '', at: Infinity, seed: 1, found: {} };
    if (PROGRAMS.some(([name]) => name === given?.program)) {
        s.program = given.program;
    }
    if (versions.includes(given?.version)) {
        s.version = given.version;
    }
    if (ITERATIONS.includes(given?.iterations)) {
        s.iterations = given.iterations;
    }
    s.words = wordsOf(given?.words, 200).replace(/[^ab]/g, '');
    if (Number.isInteger(given?.at) && given.at >= 0) {
        s.at = given.at;
    }
    if (Number.isInteger(given?.seed) && given.seed > 0 && given.seed < 2 ** 31) {
        s.seed = given.seed;
    }
    if (given?.found && typeof given.found === 'object') {
        Object.entries(given.found).slice(0, 40).forEach(([key, schedules]) => {
            if (Array.isArray(schedules)) {
                s.found[key] = schedules.slice(0, 20).map((words) => wordsOf(words, 200)).filter((words) => words);
            }
        });
    }
    return s;
}

export function render(root, given, ctx) {
    const { t } = ctx;
    const versions = ctx.meta.bytecode_versions;
    const s = stateOf(given, versions.map((version) => version.id));
    let turns = history(s.words, s.at);
    let answer = null;
    let left = false;
    /** The outcomes that were reached in this setting: a value, and the schedule that led there. */
    let reached = new Map();

    const key = () => `${s.program}/${s.version}/${s.iterations}`;
    const ask = (schedule) => ctx.call('counter', { program: s.program, version: s.version, iterations: s.iterations, schedule });

    const address = later(() => {
        ctx.setState({ program: s.program, version: s.version, iterations: s.iterations, words: turns.all(), at: turns.here(), seed: s.seed, found: s.found });
    });

    // --- one question after another: a key that is held down asks many

    let queue = Promise.resolve();
    function then(act) {
        queue = queue.then(() => left ? null : act()).catch((problem) => {
            error.textContent = t(problem.text ?? text('응답을 읽을 수 없습니다.', 'The answer cannot be read.'));
            error.hidden = false;
        });
        return queue;
    }

    async function show() {
        answer = await ask(turns.now());
        if (left) {
            return;
        }
        error.hidden = true;
        if (answer.refused) {
            turns.to(answer.refused.number - 1);
            turns.cut();
            ctx.say(answer.refused.why);
            answer = await ask(turns.now());
        }
        note();
        draw();
        address.call();
    }

    function note() {
        if (answer.reached !== null && !reached.has(answer.reached)) {
            reached.set(answer.reached, turns.now());
            s.found[key()] = [...reached.values()];
        }
    }

    /** What the address says was reached is played again: it may be made up, or of another version. */
    async function recall() {
        reached = new Map();
        for (const words of s.found[key()] ?? []) {
            const past = await ask(words);
            if (past.reached !== null && !past.refused) {
                reached.set(past.reached, words);
            }
        }
        delete s.found[key()];
        if (reached.size > 0) {
            s.found[key()] = [...reached.values()];
        }
    }

    const choice = (thread) => answer?.threads[thread].choice;
    const go = (thread) => then(async () => {
        if (choice(thread)) {
            turns.add(NAMES[thread]);
            await show();
        }
    });
    const to = (n) => then(async () => {
        turns.to(n);
        await show();
    });
    const chance = () => then(async () => {
        const draw = random(s.seed);
        for (let steps = 0; steps < 200; steps++) {
            const choices = NAMES.filter((_, thread) => choice(thread));
            if (choices.length === 0) {
                break;
            }
            turns.add(choices[Math.floor(draw() * choices.length)]);
            answer = await ask(turns.now());
        }
        s.seed = s.seed % 999999 + 1;
        await show();
    });
    const change = (patch) => then(async () => {
        Object.assign(s, patch);
        turns = history();
        await recall();
        await show();
    });

    // --- what is on the page

    const error = el('p', { class: 'notice bad', role: 'alert', hidden: true });
    const pick = (words, options, now, act) => {
        const select = el('select', { onchange: () => act(options[select.selectedIndex][0]) },
            options.map(([value, name]) => el('option', { value, selected: value === now }, name)));
        return { select, element: el('label', { class: 'field' }, el('span', {}, t(words)), select) };
    };
    const picks = {
        program: pick(text('프로그램', 'program'), PROGRAMS, s.program, (program) => change({ program })),
        version: pick(text('CPython 버전', 'CPython version'), versions.map((v) => [v.id, v.name]), s.version, (version) => change({ version })),
        iterations: pick(text('스레드마다 반복', 'iterations of each thread'), ITERATIONS.map((n) => [n, `${n}`]), s.iterations, (iterations) => change({ iterations })),
    };
    const seed = el('input', { type: 'number', min: 1, max: 999999, value: s.seed, onchange: () => {
        s.seed = Math.min(Math.max(Math.round(Number(seed.value)) || 1, 1), 999999);
        seed.value = s.seed;
        address.call();
    } });
    const python = el('pre', { class: 'mono' });
    const counter = el('output', { class: 'counter-value', 'aria-live': 'polite' });
    const happened = el('p', { class: 'counter-happened', 'aria-live': 'polite' });
    const tool = (words, shortcut, act) => el('button', { type: 'button', onclick: act }, t(words), ' ', el('kbd', {}, shortcut));
    const undo = tool(text('되돌리기', 'undo'), 'U', () => to(turns.here() - 1));
    const redo = tool(text('다시', 'redo'), 'R', () => to(turns.here() + 1));
    const restart = tool(text('처음', 'beginning'), '0', () => to(0));
    const byChance = tool(text('무작위로 끝까지', 'by chance, to the end'), 'X', chance);
    const trail = el('ol', { class: 'turns', 'aria-label': t(text('지금까지의 차례', 'the turns so far')) });
    const outcomes = el('div', {});
    const threads = NAMES.map((name, thread) => {
        const button = el('button', { type: 'button', class: `go t${name}`, onclick: () => go(thread) });
        const where = el('p', { class: 'dim counter-where' });
        const code = el('ol', { class: 'bytecode', 'aria-label': t(text(`스레드 ${name}의 바이트코드`, `bytecode of thread ${name}`)) });
        const stack = el('dl', {});
        return { name, button, where, code, stack, element: el('section', { class: `counter-thread t${name}`, 'aria-label': t(text(`스레드 ${name}`, `thread ${name}`)) }, button, where, code, stack) };
    });

    function draw() {
        Object.entries(picks).forEach(([name, { select }]) => { select.value = s[name]; });
        seed.value = s.seed;
        python.textContent = answer.python;
        counter.textContent = answer.counter;
        const last = answer.moves.at(-1);
        threads.forEach((view, thread) => drawThread(view, answer.threads[thread], last?.turn === view.name ? last.ops : [], thread));
        undo.disabled = turns.here() === 0;
        redo.disabled = turns.here() === turns.length();
        restart.disabled = turns.here() === 0;
        byChance.disabled = answer.reached !== null;
        keepingFocus(trail, () => trail.replaceChildren(...turns.turns().map((turn, n) => el('li', {},
            el('button', { type: 'button', 'data-key': `${n}`, class: `t${turn} ${n >= turns.here() ? 'undone' : ''}`, 'aria-current': n === turns.here() - 1 ? 'step' : null,
                'aria-label': t(text(`${n + 1}번째 차례 ${turn}까지`, `up to turn ${n + 1}, ${turn}`)), onclick: () => to(n + 1) }, turn)))));
        happened.textContent = t(sentence(last));
        happened.className = `counter-happened notice ${answer.reached === null ? '' : answer.reached === answer.right ? 'good' : 'bad'}`;
        drawOutcomes();
    }

    function drawThread(view, thread, ran, number) {
        const at = (function_, op) => thread.at && thread.at.function === function_ && thread.at.op === op;
        const turn = choice(number);
        view.button.disabled = !turn;
        view.button.replaceChildren(t(thread.ended
            ? text(`${view.name}: 끝남`, `${view.name} has ended`)
            : text(`${view.name} 실행`, `${view.name} goes on`)), ' ', el('kbd', {}, view.name.toUpperCase()));
        view.where.textContent = t(thread.ended
            ? text('–', '–')
            : text(`다음: ${opName(thread.at)}`, `next: ${opName(thread.at)}`));
        view.code.replaceChildren(...answer.functions.flatMap((code, f) => [
            el('li', { class: 'def' }, `def ${code.name}(${code.parameters}):`),
            ...code.ops.map((op, n) => el('li', {
                class: [at(f, n) && 'next', ran.some((r) => r.function === f && r.op === n) && 'ran'].filter(Boolean).join(' '),
                'aria-current': at(f, n) ? 'step' : null,
            },
            el('span', { class: 'pointer', 'aria-hidden': 'true' }, at(f, n) ? '▶' : ''),
            el('span', { class: 'n' }, `${n}`), el('span', { class: 'op' }, nameOf(op)), ' ', el('span', { class: 'operand' }, op.operand),
            op.interrupts && el('span', { class: 'look', title: t(LOOK[op.looks]), role: 'img', 'aria-label': t(LOOK[op.looks]) }, op.looks ? '●' : '○'))),
        ]));
        view.stack.replaceChildren(
            el('dt', {}, t(text('스택', 'stack'))), el('dd', { class: 'mono' }, thread.stack.join(' │ ') || '–'),
            el('dt', {}, t(text('지역 변수', 'locals'))), el('dd', { class: 'mono' }, thread.locals.map(([name, value]) => `${name} = ${value}`).join(', ') || '–'));
    }

    /** As `dis` names it. Up to 3.10 the beginning of a function is no instruction. */
    const nameOf = (op) => op.dis || t(text('(함수 시작)', '(function begins)'));

    function opName(at) {
        const op = answer.functions[at.function].ops[at.op];
        return `${nameOf(op)} ${op.operand}`.trim();
    }

    function sentence(last) {
        if (answer.reached !== null) {
            const lost = answer.right - answer.reached;
            return lost === 0
                ? text(`counter = ${answer.reached}. 유실된 갱신이 없습니다.`, `counter = ${answer.reached}. No update is lost.`)
                : text(
                    `counter = ${answer.reached}, 갱신 ${lost}번이 유실되었습니다. 한 스레드가 값을 읽고 저장하기 전에 다른 스레드가 저장한 값을 덮어썼습니다.`,
                    `counter = ${answer.reached}: ${lost} of the updates ${lost === 1 ? 'is' : 'are'} lost. A thread loaded the value, the other stored its own, and the first overwrote it.`,
                );
        }
        if (!last) {
            return firstWords(answer.functions.some((code) => code.ops.some((op) => op.interrupts && !op.looks)));
        }
        const names = last.ops.map((at) => opName(at)).join(', ');
        return text(`${last.turn}: ${names}`, `${last.turn}: ${names}`);
    }

    function drawOutcomes() {
        const all = answer.outcomes;
        const orders = all.reduce((sum, outcome) => sum + BigInt(outcome.orders), 0n);
        const rows = all.map(({ value, orders: n }) => {
            const words = reached.get(value);
            return el('tr', { class: value === answer.reached ? 'now' : '' },
                el('th', { scope: 'row' }, `counter = ${value}`, value === answer.right ? '' : ` ${t(text('(유실)', '(lost)'))}`),
                el('td', {}, `${n} / ${orders}`),
                el('td', {}, words
                    ? [el('span', { class: 'reached' }, '✓ '), el('button', { type: 'button', class: 'mono', onclick: () => then(async () => {
                        turns = history(words);
                        await show();
                    }) }, words)]
                    : t(text('아직', 'not yet'))));
        });
        const head = [text('결과', 'outcome'), text('실행 순서', 'orders'), text('도달한 스케줄', 'reached by')];
        outcomes.replaceChildren(
            el('h2', {}, t(text(`이 버전에서 가능한 결과 ${all.length}가지, 도달한 결과 ${reached.size}가지`, `Outcomes that this version allows: ${all.length}. Reached: ${reached.size}.`))),
            el('div', { class: 'scroll' }, el('table', {}, el('thead', {}, el('tr', {}, head.map((words) => el('th', { scope: 'col' }, t(words))))), el('tbody', {}, rows))),
            el('p', {}, t(all.length === 1 ? ONE_OUTCOME : text(
                '실행 순서의 수는 확률이 아닙니다. 실제 스레드는 대부분 한참 동안 혼자 실행됩니다.',
                'The number of orders is no probability: a real thread mostly runs alone for a long time.',
            ))));
    }

    root.append(
        el('p', { class: 'lead' }, t(text(
            '코드 한 줄이 명령 여러 개입니다. 두 스레드 중 어느 쪽을 실행할지 고르면서 갱신을 잃어버려 보십시오. 어떤 버전에서는 불가능합니다.',
            'One line of code is several instructions. Choose which of two threads goes on, and lose an update. In some versions you cannot.',
        ))),
        error,
        el('div', { class: 'row' }, picks.program.element, picks.version.element, picks.iterations.element,
            el('label', { class: 'field' }, el('span', {}, t(text('시드', 'seed'))), seed)),
        el('div', { class: 'row' }, undo, redo, restart, byChance),
        trail, happened,
        el('p', { class: 'counter-memory' }, 'counter = ', counter),
        el('div', { class: 'counter-threads' }, threads.map((view) => view.element)),
        el('p', { class: 'dim' }, t(text(
            '▶ 다음에 실행할 명령 · ● 그 명령 다음에 이 버전이 eval breaker를 확인하는 위치 · ○ GIL이 없어 확인하지 않지만 다른 스레드가 끼어들 수 있는 위치',
            '▶ the instruction that comes next · ● after it this version looks at its eval breaker · ○ no GIL, so it need not look, but another thread may come in between',
        ))),
        outcomes,
        el('details', {}, el('summary', {}, t(text('파이썬 소스', 'the Python source'))), python),
        shown(keys.map(([names, words]) => [names, t(words)])),
    );

    then(async () => {
        await recall();
        await show();
    });
    const stop = listen((code) => {
        const next = (list, now) => list[(list.indexOf(now) + 1) % list.length];
        switch (code) {
            case 'KeyA': go(0); return true;
            case 'KeyB': go(1); return true;
            case 'KeyU': to(turns.here() - 1); return true;
            case 'KeyR': to(turns.here() + 1); return true;
            case 'KeyX': chance(); return true;
            case 'Digit0': case 'Numpad0': to(0); return true;
            case 'KeyP': change({ program: next(PROGRAMS.map(([name]) => name), s.program) }); return true;
            case 'KeyV': change({ version: next(versions.map((v) => v.id), s.version) }); return true;
            default: return false;
        }
    });
    return () => {
        left = true;
        stop();
        address.cancel();
    };
}

/** What is said before the first turn. */
const firstWords = (free) => free
    ? text(
        '어느 스레드를 먼저 실행하겠습니까? GIL이 없으면 두 스레드가 동시에 실행되므로, 모든 명령 다음에 순서가 바뀔 수 있습니다. 한 차례에 명령 하나가 실행됩니다.',
        'Which thread goes first? Without a GIL both run at the same time, so their order can change after every instruction: a turn is one instruction.',
    )
    : text(
        '어느 스레드를 먼저 실행하겠습니까? 스레드는 ● 다음에서만 바뀔 수 있습니다. 한 차례에 다음 ●까지 실행됩니다.',
        'Which thread goes first? Threads can change only after a ●: a turn runs up to the next one.',
    );

const LOOK = {
    true: text('이 명령 다음에 eval breaker를 확인', 'looks at the eval breaker after this'),
    false: text('이 명령 다음에 다른 스레드가 끼어들 수 있음', 'another thread may come in after this'),
};

const ONE_OUTCOME = text(
    '이 버전에서는 다른 결과가 나올 수 없습니다. 읽기(LOAD_GLOBAL)와 저장(STORE_GLOBAL) 사이에 ●가 없기 때문입니다. 언어가 보장하는 것이 아니라 구현이 그렇게 되어 있을 뿐입니다. 프로그램을 counter += one()으로 바꾸어 보십시오.',
    'In this version no other outcome is possible: there is no ● between the load (LOAD_GLOBAL) and the store (STORE_GLOBAL). The language does not promise that; the implementation happens to be so. Try counter += one().',
);
