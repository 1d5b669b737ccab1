// The reader is the scheduler of a real lock: one turn at a time in the source that runs.

import { el, table } from '../dom.js';
import { text } from '../text.js';
import { HINTS, remarkOn } from './scheduler/hints.js';
import { keepingFocus } from './shared/focus.js';
import { later } from './shared/later.js';
import { listen, shown } from './shared/shortcuts.js';
import { history, wordsOf } from './shared/turns.js';

export const id = 'scheduler';
export const title = text('내가 스케줄러', 'You are the scheduler');
export const keys = [
    ['A B C', text('그 스레드를 실행', 'that thread goes on')],
    ['Shift+B', text('b의 시간 제한 만료', 'the time of b runs out')],
    ['U R', text('되돌리기, 다시 하기', 'undo, redo')],
    ['0', text('처음으로', 'to the beginning')],
    ['X', text('무작위로 몇 차례', 'some turns by chance')],
    ['[ ]', text('이전, 다음 단계', 'level before, next level')],
    ['L', text('소스 전체 보기', 'the whole source')],
];

/** Turns of one run by chance. */
const BY_CHANCE = 10;
const MOST_SEEDS = 999999;
const KINDS = [
    ['break', text('버그가 있는 락 깨뜨리기', 'break a lock with a bug')],
    ['reach', text('올바른 락에서 상태에 도달하기', 'reach a state in a lock that is right')],
];

/** What of an address is a state of this view. */
function stateOf(given) {
    const s = { level: '', words: wordsOf(given?.words), at: Infinity, seed: 1, solved: {}, whole: given?.whole === true };
    if (typeof given?.level === 'string') {
        s.level = given.level;
    }
    if (Number.isInteger(given?.at) && given.at >= 0) {
        s.at = given.at;
    }
    if (Number.isInteger(given?.seed) && given.seed > 0 && given.seed <= MOST_SEEDS) {
        s.seed = given.seed;
    }
    if (given?.solved && typeof given.solved === 'object') {
        Object.entries(given.solved).slice(0, 32).forEach(([level, words]) => {
            if (wordsOf(words, 400)) {
                s.solved[level] = words;
            }
        });
    }
    return s;
}

export function render(root, given, ctx) {
    const { t } = ctx;
    const s = stateOf(given);
    let turns = history(s.words, s.at);
    let levels = [];
    let level = null;
    let answer = null;
    /** What was one turn before: what has changed, and what a signal could reach. */
    let before = null;
    let left = false;
    /** Answers of this level by schedule: undo and redo ask nothing again. */
    let known = new Map();

    // --- one question after another: a key that is held down asks many

    let queue = Promise.resolve();
    function then(act) {
        queue = queue.then(() => left ? null : act()).catch((problem) => {
            error.textContent = t(problem.text ?? text('응답을 읽을 수 없습니다.', 'The answer cannot be read.'));
            error.hidden = false;
        });
        return queue;
    }

    async function ask(schedule) {
        if (!known.has(schedule)) {
            const played = await ctx.call('play', { level: level.id, schedule });
            known.set(schedule, played);
        }
        return known.get(schedule);
    }

    const address = later(() => {
        ctx.setState({ level: level.id, words: turns.all(), at: turns.here(), seed: s.seed, solved: s.solved, ...(s.whole ? { whole: true } : {}) });
    });

    async function show() {
        let played;
        try {
            played = await ask(turns.now());
        } catch (problem) {
            // The turn is not kept: the page shows what was played last.
            turns = history(answer?.schedule ?? '');
            throw problem;
        }
        if (left) {
            return;
        }
        error.hidden = true;
        if (played.refused) {
            const { number, turn, why } = played.refused;
            ctx.say(text(`${number}번째 차례 ${turn}: ${why.ko}`, `turn ${number}, ${turn}: ${why.en}`));
            turns.to(number - 1);
            turns.cut();
            played = await ask(turns.now());
        }
        // What comes behind a broken promise is not played.
        if (played.steps.length < turns.here()) {
            turns.to(played.steps.length);
            turns.cut();
        }
        before = turns.here() > 0 ? await ask(turns.turns().slice(0, turns.here() - 1).join('')) : null;
        if (left) {
            return;
        }
        answer = played;
        if (answer.won && !s.solved[level.id]) {
            s.solved[level.id] = turns.now();
            drawLevels();
        }
        draw();
        address.call();
    }

    const go = (turn) => then(async () => {
        if (answer?.choices.includes(turn) && !answer.over) {
            turns.add(turn);
            await show();
        } else if (answer) {
            const choices = answer.choices.join(' ') || '–';
            ctx.say(text(`${turn}: 지금은 고를 수 없습니다. 고를 수 있는 것: ${choices}`, `${turn} cannot be chosen now. To choose from: ${choices}`));
        }
    });
    const to = (n) => then(async () => {
        turns.to(n);
        await show();
    });
    const play = (words) => then(async () => {
        const typed = history(words);
        if (typed.all() !== words.replace(/\s/g, '')) {
            ctx.say(text('스케줄이 아닙니다. 글자, !글자(시간 만료), 글자*(가장 나중에 잠든 스레드를 깨움)만 씁니다.',
                'This is no schedule: use letters, ! before a letter (its time runs out) and * behind it (its signal wakes the newest).'));
            return;
        }
        turns = typed;
        await show();
    });
    const chance = () => then(async () => {
        const played = await ctx.call('play', { level: level.id, schedule: turns.now(), chance: { seed: s.seed, turns: BY_CHANCE } });
        known.set(played.schedule, played);
        turns = history(played.schedule);
        s.seed = s.seed % MOST_SEEDS + 1;
        await show();
    });
    const choose = (which) => then(async () => {
        // The level beside the one that is shown then, not now: keys may be faster than answers.
        const to = typeof which === 'function' ? which() : which;
        if (!to || to === level) {
            return;
        }
        level = to;
        known = new Map();
        turns = history();
        answer = null;
        drawLevels();
        drawLevel();
        await show();
    });
    const other = (by) => levels[(levels.indexOf(level) + by + levels.length) % levels.length];

    // --- what is on the page

    const error = el('p', { class: 'notice bad', role: 'alert', hidden: true });
    const list = el('nav', { class: 'levels', 'aria-label': t(text('단계', 'levels')) });
    const about = el('div', { class: 'panel about' });
    const won = el('div', { class: 'notice good won', role: 'status', hidden: true });
    const tool = (words, shortcut, act) => el('button', { type: 'button', onclick: act }, t(words), ' ', el('kbd', {}, shortcut));
    const undo = tool(text('되돌리기', 'undo'), 'U', () => to(turns.here() - 1));
    const redo = tool(text('다시', 'redo'), 'R', () => to(turns.here() + 1));
    const restart = tool(text('처음', 'beginning'), '0', () => to(0));
    const byChance = tool(text(`무작위로 ${BY_CHANCE}차례`, `${BY_CHANCE} turns by chance`), 'X', chance);
    const seed = el('input', { type: 'number', min: 1, max: MOST_SEEDS, value: s.seed, onchange: () => {
        s.seed = Math.min(Math.max(Math.round(Number(seed.value)) || 1, 1), MOST_SEEDS);
        seed.value = s.seed;
        address.call();
    } });
    const trail = el('ol', { class: 'turns', 'aria-label': t(text('지금까지의 차례', 'the turns so far')) });
    const said = el('p', { class: 'said', 'aria-live': 'polite' });
    const threads = el('div', { class: 'threads' });
    const memory = el('div', { class: 'memory' });
    const whole = el('input', { type: 'checkbox', onchange: () => showWhole(whole.checked) });
    const code = el('ol', { class: 'code', tabindex: '0', role: 'list' });
    const schedule = el('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', class: 'mono' });
    const command = el('code', {});
    const log = el('div', {});
    const form = el('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); play(schedule.value); } },
        el('label', { class: 'field schedule' }, el('span', {}, t(text('스케줄', 'the schedule'))), schedule),
        el('button', { type: 'submit' }, t(text('이 스케줄 실행', 'play it'))));

    function showWhole(on) {
        s.whole = on;
        whole.checked = on;
        drawLevel();
        draw();
        address.call();
    }

    function drawLevels() {
        keepingFocus(list, () => list.replaceChildren(...KINDS.map(([kind, words]) => {
            const of = levels.filter((one) => one.kind === kind);
            const solved = of.filter((one) => s.solved[one.id]).length;
            return el('div', {}, el('h2', {}, t(words), ' ', el('span', { class: 'dim' }, `${solved}/${of.length}`)),
                el('ul', {}, of.map((one) => el('li', {}, el('button', {
                    type: 'button', 'data-key': one.id, 'aria-pressed': String(one === level), title: t(one.title),
                    'aria-label': `${one.number}. ${t(one.title)}${s.solved[one.id] ? t(text(' (통과)', ' (solved)')) : ''}`, onclick: () => choose(one),
                }, `${one.number}`, s.solved[one.id] && el('span', { class: 'tick', 'aria-hidden': 'true' }, ' ✓'))))));
        })));
    }

    function drawLevel() {
        const open = (words, body) => el('details', {}, el('summary', {}, t(words)), body);
        about.replaceChildren(
            el('h2', {}, `${level.number}. ${t(level.title)}`),
            el('p', { class: 'goal' }, t(text('목표: ', 'Goal: ')), t(level.goal)),
            el('p', {}, t(level.threads)),
            el('p', {}, t(level.letter_means)),
            HINTS[level.id] ? open(text('힌트', 'a hint'), el('p', {}, t(HINTS[level.id]))) : '');
        const lines = level.source.replace(/\n$/, '').split('\n');
        const matters = (n) => s.whole || level.parts.some(({ first, last }) => n >= first && n <= last);
        let gap = true;
        code.replaceChildren(...lines.flatMap((line, index) => {
            const n = index + 1;
            const mark = /^\s*\/\/ ANCHOR/.test(line);
            if (!matters(n) || mark) {
                gap ||= !mark;
                return [];
            }
            const shownLine = el('li', { 'data-line': n, class: gap && !s.whole ? 'after-gap' : '' },
                el('span', { class: 'here' }), el('span', { class: 'n' }, `${n}`), el('span', { class: /^\s*\/\//.test(line) ? 'text comment' : 'text' }, line || ' '));
            gap = false;
            return [shownLine];
        }));
        code.setAttribute('aria-label', t(text(`${level.file}의 소스`, `the source of ${level.file}`)));
        whole.checked = s.whole;
        file.textContent = level.kind === 'break' ? t(text(`${level.file}의 사본, 버그 하나를 심음`, `a copy of ${level.file} with one bug`)) : level.file;
    }

    function draw() {
        if (!answer) {
            return;
        }
        const last = answer.steps.at(-1);
        drawThreads();
        drawMemory();
        drawCode(last);
        undo.disabled = restart.disabled = turns.here() === 0;
        redo.disabled = turns.here() === turns.length();
        byChance.disabled = answer.over;
        keepingFocus(trail, () => trail.replaceChildren(...turns.turns().map((turn, n) => el('li', {},
            el('button', { type: 'button', 'data-key': `${n}`, class: `t${turn.replace(/[!*]/g, '')} ${n >= turns.here() ? 'undone' : ''}`, 'aria-current': n === turns.here() - 1 ? 'step' : null,
                'aria-label': t(text(`${n + 1}번째 차례 ${turn}까지`, `up to turn ${n + 1}, ${turn}`)), onclick: () => to(n + 1) }, turn)))));
        said.textContent = t(saidOf(last));
        schedule.value = turns.now();
        command.textContent = `cargo run -p exercises -- break ${level.number} --schedule '${turns.now()}'`;
        terminal.hidden = level.kind !== 'break' || turns.here() === 0;
        seed.value = s.seed;
        drawWon();
        const head = [text('차례', 'turn'), text('스레드', 'who'), text('한 일', 'what it did')];
        log.replaceChildren(table(t(text('차례별로 일어난 일', 'What happened, turn by turn')), head.map(t),
            answer.steps.map((step, n) => [`${n + 1}`, step.turn, t(step.did)])));
    }

    /** The last turn in words, with what beginners miss about it. */
    function saidOf(last) {
        if (!last) {
            return text('어느 스레드를 먼저 실행하겠습니까?', 'Which thread goes first?');
        }
        const { ko, en } = remarkOn(last, answer.steps, before);
        return text(`${turns.here()}번째 차례 ${last.turn}: ${last.did.ko}${ko}`, `turn ${turns.here()}, ${last.turn}: ${last.did.en}${en}`);
    }

    function drawThreads() {
        keepingFocus(threads, () => threads.replaceChildren(...answer.threads.map((thread) => {
            const flags = [
                thread.inside && el('span', { class: 'chip inside' }, t(text('락을 쥠', 'holds the lock'))),
                thread.asked && el('span', { class: 'chip asked' }, t(text('요청을 받음', 'is asked'))),
                thread.place === 'asleep' && el('span', { class: 'chip asleep' }, t(thread.timed ? text('잠듦(시간 제한)', 'sleeps (timed)') : text('잠듦', 'sleeps'))),
            ];
            const letter = thread.name.toUpperCase();
            const choices = answer.over ? [] : answer.choices.filter((turn) => turn.replace(/[!*]/g, '') === thread.name);
            const begins = level.letter === 'operation' && !answer.steps.some((step) => answer.threads[step.thread] === thread);
            const buttons = choices.map((turn) => el('button', { type: 'button', class: 'go', 'data-key': turn, onclick: () => go(turn) },
                t(turn.startsWith('!') ? text(`${thread.name}의 시간 만료`, `time of ${thread.name} runs out`)
                    : begins ? text(`${thread.name} 시작`, `${thread.name} starts`) : text(`${thread.name} 실행`, `${thread.name} goes on`)),
                ' ', el('kbd', {}, turn.startsWith('!') ? `Shift+${letter}` : letter)));
            const none = el('button', { type: 'button', class: 'go', disabled: true }, t(thread.place === 'ended'
                ? text(`${thread.name}: 끝남`, `${thread.name} has ended`)
                : thread.place === 'asleep' ? text(`${thread.name}: 깨워야 실행됨`, `${thread.name} must be woken`) : text(`${thread.name}: 멈춤`, `${thread.name} stops here`)));
            return el('section', { class: `thread t${thread.name}`, 'aria-label': t(text(`스레드 ${thread.name}`, `thread ${thread.name}`)) },
                buttons.length > 0 ? buttons : none,
                el('p', { class: 'flags' }, flags, ' ', thread.place === 'ready' && !answer.over && t(thread.says)));
        })));
    }

    function drawMemory() {
        const was = new Map(before?.memory.map(({ name, value }) => [name, t(value)]));
        memory.replaceChildren(el('dl', { class: 'mono' }, answer.memory.map(({ name, value }) => {
            const changed = was.has(name) && was.get(name) !== t(value);
            return [el('dt', {}, name), el('dd', { class: changed ? 'changed' : '' }, t(value) || '–', changed && el('span', { class: 'dim' }, ` ← ${was.get(name) || '–'}`))];
        })));
    }

    function drawCode(last) {
        const thread = last && answer.threads[last.thread];
        const ran = new Set(last?.lines ?? []);
        let first = null;
        for (const line of code.children) {
            const n = Number(line.dataset.line);
            const here = answer.threads.filter((one) => one.line === n);
            line.className = [line.classList.contains('after-gap') && 'after-gap', ran.has(n) && `ran t${thread.name}`].filter(Boolean).join(' ');
            line.firstChild.replaceChildren(...here.map((one) => el('i', { class: `t${one.name}` }, one.name)));
            if (ran.has(n) || (here.length > 0 && !first)) {
                first = ran.has(n) || !first ? line : first;
            }
        }
        // Inside of the box only: the page itself must not jump.
        if (first && (first.offsetTop < code.scrollTop + 20 || first.offsetTop > code.scrollTop + code.clientHeight - 60)) {
            code.scrollTop = first.offsetTop - code.clientHeight / 3;
        }
    }

    function drawWon() {
        won.hidden = !answer.won;
        if (answer.won) {
            const next = levels.find((one) => !s.solved[one.id]);
            won.replaceChildren(
                el('p', {}, el('strong', {}, t(text(`${level.number}단계 통과. `, `Level ${level.number} is solved. `))), t(answer.won).replace(/[^.]$/, '$&.')),
                answer.shipped ? el('p', {}, t(answer.shipped)) : '',
                next ? el('button', { type: 'button', class: 'primary', onclick: () => choose(next) }, t(text('다음 단계', 'next level'))) : '');
        }
        stuck.hidden = !answer.over || answer.won !== null;
    }

    const stuck = el('p', { class: 'notice', hidden: true }, t(text(
        '더 실행할 스레드가 없습니다. 목표에 이르지 못했으니, 되돌려서 다른 차례를 골라 보십시오.',
        'No thread is left that could go on, and the goal is not reached: go back, and choose otherwise.',
    )));
    const file = el('span', { class: 'mono dim' });
    const terminal = el('p', {}, t(text('터미널에서: ', 'In the terminal: ')), command);

    root.append(
        el('p', { class: 'lead' }, t(text(
            '아래 소스가 실제로 실행됩니다. 한 차례씩 어느 스레드를 실행할지 고르십시오. 같은 스케줄은 언제나 같은 결과를 냅니다.',
            'The source below is what runs. Choose turn by turn which thread goes on. The same schedule always gives the same result.',
        ))),
        list, error, about,
        el('div', { class: 'row' }, undo, redo, restart, byChance, el('label', { class: 'field seed' }, el('span', {}, t(text('시드', 'seed'))), seed)),
        trail, said, won, stuck,
        el('div', { class: 'scheduler-columns' },
            el('div', {}, el('h2', {}, t(text('스레드', 'threads'))), threads, el('h2', {}, t(text('메모리', 'memory'))), memory),
            el('div', {}, el('p', { class: 'row' }, file, el('label', { class: 'check' }, whole, ' ', t(text('소스 전체', 'the whole source')), ' ', el('kbd', {}, 'L'))), code)),
        form, terminal,
        el('details', {}, el('summary', {}, t(text('차례별로 일어난 일', 'What happened, turn by turn'))), log),
        shown(keys.map(([names, words]) => [names, t(words)])),
    );

    then(async () => {
        ({ levels } = await ctx.call('levels', {}));
        if (left) {
            return;
        }
        level = levels.find((one) => one.id === s.level) ?? levels[0];
        drawLevel();
        await show();
        // What the address says was solved is played again: it may be made up.
        for (const [of, words] of Object.entries(s.solved)) {
            const played = levels.some((one) => one.id === of) && await ctx.call('play', { level: of, schedule: words }).catch(() => null);
            if (!played?.won) {
                delete s.solved[of];
            }
        }
        drawLevels();
        address.call();
    });

    const stop = listen((pressed, shift) => {
        const letter = /^Key([A-D])$/.exec(pressed)?.[1].toLowerCase();
        if (letter && answer?.threads.some((thread) => thread.name === letter)) {
            go(shift ? `!${letter}` : letter);
            return true;
        }
        switch (pressed) {
            case 'KeyU': to(turns.here() - 1); return true;
            case 'KeyR': to(turns.here() + 1); return true;
            case 'Digit0': case 'Numpad0': to(0); return true;
            case 'KeyX': chance(); return true;
            case 'BracketLeft': choose(() => other(-1)); return true;
            case 'BracketRight': choose(() => other(1)); return true;
            case 'KeyL': showWhole(!s.whole); return true;
            default: return false;
        }
    });
    return () => {
        left = true;
        stop();
        address.cancel();
    };
}
