// The threads as rows of blocks: dragged to move them, stretched at their right edge, and all of it by the keyboard too.

import { el } from "../../dom.js";
import { say, text } from "../../text.js";
import { duration, parseDuration, rounded, scenarioTime } from "../../time.js";
import { STATES } from "../../states.js";
import { KINDS, LONGEST, SHORTEST, fresh, timed } from "./scenario.js";

/** Stretching by so many pixels makes a block ten times as long: from 10 µs to 10 s it is as far as a hand reaches. */
const DECADE = 60;
/** A finger that has moved less than this is a click. */
const CLICK = 6;
/** The times that a key steps through, within a power of ten. */
const SERIES = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

const WORDS = {
    threads: text('스레드와 하는 일', 'the threads and what they do'),
    palette: text('블록 추가: 누르거나 끌어다 놓기', 'add a block: press it, or drag it into a row'),
    forever: text('끝까지', 'forever'),
    name: text('이름', 'name'),
    count: text('개수', 'count'),
    times: text('반복 횟수 (비우면 끝까지)', 'rounds (empty: to the end)'),
    add: text('스레드 추가', 'add a thread'),
    removeThread: text('스레드 삭제', 'remove the thread'),
    bin: text('여기에 놓으면 블록이 지워집니다', 'drop a block here to remove it'),
    none: text('블록을 골라 길이와 종류를 바꾸십시오.', 'Choose a block to change its length or kind.'),
    kind: text('종류', 'kind'),
    length: text('길이', 'length'),
    lockName: text('락 이름', 'name of the lock'),
    answer: text('상대의 응답 시간', 'answer time of the peer'),
    shorter: text('짧게', 'shorter'),
    longer: text('길게', 'longer'),
    earlier: text('앞으로', 'earlier'),
    later: text('뒤로', 'later'),
    up: text('위 스레드로', 'to the thread above'),
    down: text('아래 스레드로', 'to the thread below'),
    copy: text('복제', 'duplicate'),
    remove: text('삭제', 'remove'),
    badTime: text('5ms, 200us, 1.5s처럼 10us부터 10s까지 쓰십시오.', 'Write a time from 10us to 10s, as 5ms, 200us or 1.5s.'),
    held: text('블록을 들었습니다. 화살표로 옮기고 스페이스로 놓습니다.', 'Picked up: arrows move it, Space drops it.'),
    dropped: text('블록을 놓았습니다.', 'Dropped.'),
};

export const BLOCK_KEYS = [
    ['← → ↑ ↓', text('블록 고르기', 'choose a block')],
    ['Space', text('블록 들기와 놓기: 든 동안 화살표로 옮김', 'pick up or drop: arrows move it meanwhile')],
    ['+ −', text('블록을 길게, 짧게', 'longer, shorter')],
    ['Enter', text('길이 입력', 'type the length')],
    ['Delete', text('블록 삭제', 'remove the block')],
];

/** `state` is changed in place; `changed()` is told each time. `tell(text)` is for a screen reader. */
export function blocksEditor({ state, limits, changed, tell }) {
    let chosen = null;
    let grabbed = false;
    let drag = null;

    const rows = el('div', { class: 'tracks', role: 'group', 'aria-label': say(WORDS.threads) });
    const bin = el('p', { class: 'bin', hidden: true }, say(WORDS.bin));
    const inspector = el('div', { class: 'inspector' });
    const palette = el('div', { class: 'palette', role: 'group', 'aria-label': say(WORDS.palette) },
        el('span', { class: 'dim' }, say(WORDS.palette)),
        Object.entries(KINDS).map(([kind, { name, about }]) => el('button', { type: 'button', class: `add ${kind}`, 'data-kind': kind, title: say(about), onclick: () => insert(kind) }, `+ ${say(name)}`)));
    const more = el('button', { type: 'button', onclick: addThread }, `+ ${say(WORDS.add)}`);
    const element = el('div', { class: 'blocks' }, palette, rows, bin, el('div', { class: 'row' }, more), inspector);

    const stepAt = (place) => place && state.threads[place.t]?.steps[place.i];
    const blockAt = (place) => place && rows.querySelector(`[data-t="${place.t}"][data-i="${place.i}"]`);
    const lengthOf = ([kind, value]) => kind === 'echo' ? state.a.answer : value;

    function words([kind, value]) {
        return kind === 'echo' ? duration(state.a.answer) : timed(kind) ? (value === null ? say(WORDS.forever) : duration(value)) : value;
    }

    function wide(step) {
        const [kind, value] = step;
        if (kind === 'lock' || kind === 'unlock') {
            return '5rem';
        }
        const ns = kind === 'run' && value === null ? 6 * LONGEST : Math.max(lengthOf(step), SHORTEST);
        return `${(5.25 + 1.6 * Math.log10(ns / SHORTEST)).toFixed(2)}rem`;
    }

    function label(step, t, i) {
        const [thread, kind, time, n] = [say(state.threads[t].name), say(KINDS[step[0]].name), words(step), i + 1];
        return say(text(`${thread}의 ${n}번째 블록: ${kind} ${time}`, `${thread}, block ${n}: ${kind} ${time}`));
    }

    function block(step, t, i) {
        const [kind] = step;
        const here = chosen && chosen.t === t && chosen.i === i;
        return el('button', {
            type: 'button', class: `block ${kind}${here && (grabbed || drag?.moving) ? ' held' : ''}`, 'data-t': t, 'data-i': i,
            'aria-pressed': String(Boolean(here)), 'aria-label': label(step, t, i), title: say(KINDS[kind].about),
            style: { width: wide(step), 'background-color': STATES[KINDS[kind].state].fill },
            onfocus: () => choose(t, i),
        }, el('span', { class: 'kind' }, say(KINDS[kind].name)), ' ', el('span', { class: 'time' }, words(step)),
        (timed(kind) || kind === 'echo') && el('span', { class: 'handle', 'aria-hidden': 'true' }));
    }

    function threadRow(thread, t) {
        const name = el('input', { type: 'text', maxlength: '40', class: 'name', 'aria-label': say(WORDS.name), value: say(thread.name), onchange: () => { thread.name = name.value || 'CPU'; changed(); } });
        const count = el('input', { type: 'number', min: '1', max: String(limits.threads), class: 'few', value: String(thread.count), onchange: () => {
            thread.count = Math.min(Math.max(Math.round(Number(count.value)) || 1, 1), limits.threads);
            count.value = String(thread.count);
            changed();
        } });
        const times = el('input', { type: 'number', min: '1', max: '1000000', class: 'few', placeholder: '∞', value: thread.times === null ? '' : String(thread.times), onchange: () => {
            thread.times = times.value === '' ? null : Math.min(Math.max(Math.round(Number(times.value)) || 1, 1), 1e6);
            changed();
        } });
        return el('div', { class: 'track', 'data-row': t },
            el('div', { class: 'who' }, name,
                el('label', { title: say(WORDS.count) }, el('span', { 'aria-hidden': 'true' }, '×'), el('span', { class: 'unseen' }, say(WORDS.count)), count),
                el('label', { title: say(WORDS.times) }, el('span', { 'aria-hidden': 'true' }, '↻'), el('span', { class: 'unseen' }, say(WORDS.times)), times),
                state.threads.length > 1 && el('button', { type: 'button', class: 'small', 'aria-label': say(WORDS.removeThread), title: say(WORDS.removeThread), onclick: () => removeThread(t) }, '✕')),
            el('div', { class: 'steps' }, thread.steps.map((step, i) => block(step, t, i))));
    }

    function render(focus = false) {
        rows.replaceChildren(...state.threads.map(threadRow));
        more.disabled = state.threads.length >= limits.groups;
        inspect();
        if (focus) {
            blockAt(chosen)?.focus();
        }
    }

    /** The threads were replaced as a whole. */
    function restore() {
        const focused = rows.contains(document.activeElement);
        grabbed = false;
        chosen = stepAt(chosen) ? chosen : null;
        render(focused);
        if (focused && !chosen) {
            rows.querySelector('.block')?.focus();
        }
    }

    /** The length of a block has changed: it keeps its element, which a finger may hold. */
    function patch(place) {
        state.threads.forEach((thread, t) => thread.steps.forEach((step, i) => {
            const same = place.t === t && place.i === i;
            if (same || (step[0] === 'echo' && stepAt(place)[0] === 'echo')) {
                const element = blockAt({ t, i });
                element.style.width = wide(step);
                element.querySelector('.time').textContent = words(step);
                element.setAttribute('aria-label', label(step, t, i));
            }
        }));
        const field = inspector.querySelector('.length');
        if (field && document.activeElement !== field) {
            field.value = lengthOf(stepAt(place)) === null ? '' : scenarioTime(lengthOf(stepAt(place)));
            const forever = inspector.querySelector('[type=checkbox]');
            if (forever) {
                forever.checked = lengthOf(stepAt(place)) === null;
            }
        }
    }

    function choose(t, i) {
        if (chosen && chosen.t === t && chosen.i === i) {
            return;
        }
        blockAt(chosen)?.setAttribute('aria-pressed', 'false');
        grabbed = false;
        chosen = { t, i };
        blockAt(chosen)?.setAttribute('aria-pressed', 'true');
        inspect();
    }

    function setLength(place, ns) {
        const step = stepAt(place);
        if (step[0] === 'echo') {
            state.a.answer = Math.min(Math.max(ns ?? 0, SHORTEST), 1e9);
        } else {
            step[1] = ns === null ? null : Math.min(Math.max(ns, SHORTEST), LONGEST);
        }
        patch(place);
        changed();
    }

    /** The next longer or shorter time; behind the longest of a burst comes "forever". */
    function stretch(place, longer) {
        const step = stepAt(place);
        if (!timed(step[0]) && step[0] !== 'echo') {
            return;
        }
        const now = lengthOf(step);
        if (now === null) {
            return longer ? undefined : setLength(place, LONGEST);
        }
        const power = 10 ** Math.floor(Math.log10(now * 1.0001));
        const part = now / power;
        const next = longer ? SERIES.find((s) => s > part * 1.001) ?? 10 : SERIES.findLast((s) => s < part * 0.999) ?? 0.8;
        setLength(place, step[0] === 'run' && longer && now >= LONGEST ? null : next * power);
        tell(text(words(step), words(step)));
    }

    function move(from, to) {
        const [step] = state.threads[from.t].steps.splice(from.i, 1);
        state.threads[to.t].steps.splice(to.i, 0, step);
        chosen = to;
    }

    function insert(kind) {
        const t = chosen && state.threads[chosen.t] ? chosen.t : state.threads.length - 1;
        const i = chosen && stepAt(chosen) ? chosen.i + 1 : state.threads[t].steps.length;
        if (state.threads[t].steps.length < limits.steps) {
            state.threads[t].steps.splice(i, 0, fresh(kind));
            chosen = { t, i };
            render(true);
            changed();
        }
    }

    function remove(place) {
        state.threads[place.t].steps.splice(place.i, 1);
        const left = state.threads[place.t].steps.length;
        chosen = left > 0 ? { t: place.t, i: Math.min(place.i, left - 1) } : null;
        render(true);
        changed();
    }

    function addThread() {
        state.threads.push({ name: 'CPU', count: 1, times: null, steps: [fresh('run')] });
        chosen = { t: state.threads.length - 1, i: 0 };
        render(true);
        changed();
    }

    function removeThread(t) {
        state.threads.splice(t, 1);
        chosen = null;
        render();
        rows.querySelector('.name')?.focus();
        changed();
    }

    function shift(by) {
        const to = { t: chosen.t, i: chosen.i + by };
        if (to.i >= 0 && to.i < state.threads[to.t].steps.length) {
            move(chosen, to);
            render(true);
            changed();
        }
    }

    function toThread(by) {
        const t = chosen.t + by;
        if (state.threads[t] && state.threads[t].steps.length < limits.steps) {
            move(chosen, { t, i: Math.min(chosen.i, state.threads[t].steps.length) });
            render(true);
            changed();
        }
    }

    function inspect() {
        const step = stepAt(chosen);
        if (!step) {
            inspector.replaceChildren(el('p', { class: 'dim' }, say(WORDS.none)));
            return;
        }
        const here = { ...chosen };
        const [kind] = step;
        const act = (words, sign, what, able = true) => el('button', { type: 'button', disabled: !able, onclick: what, title: say(words) }, sign ? `${sign} ${say(words)}` : say(words));
        const kinds = el('select', { 'aria-label': say(WORDS.kind), onchange: () => {
            const next = fresh(kinds.value);
            if (timed(kinds.value) && timed(kind) && step[1] !== null) {
                next[1] = step[1];
            }
            state.threads[here.t].steps[here.i] = next;
            render();
            inspector.querySelector('select').focus();
            changed();
        } }, Object.entries(KINDS).map(([id, one]) => el('option', { value: id, selected: id === kind }, say(one.name))));
        const bad = el('span', { class: 'bad', hidden: true, role: 'alert' }, say(WORDS.badTime));
        const field = el('input', { type: 'text', class: 'length few', 'aria-label': say(kind === 'echo' ? WORDS.answer : timed(kind) ? WORDS.length : WORDS.lockName), maxlength: '12',
            value: timed(kind) || kind === 'echo' ? (lengthOf(step) === null ? '' : scenarioTime(lengthOf(step))) : step[1],
            onchange: () => {
                if (!timed(kind) && kind !== 'echo') {
                    step[1] = field.value.replace(/\W/g, '').slice(0, 8) || 'a';
                    render();
                    changed();
                    return;
                }
                const ns = parseDuration(field.value);
                bad.hidden = ns !== null && ns >= SHORTEST && ns <= LONGEST;
                if (bad.hidden) {
                    setLength(here, ns);
                    field.value = scenarioTime(lengthOf(step));
                }
            } });
        const forever = kind === 'run' && el('label', { class: 'check' }, el('input', { type: 'checkbox', checked: step[1] === null, onchange: (event) => {
            setLength(here, event.target.checked ? null : 5e6);
            field.value = step[1] === null ? '' : scenarioTime(step[1]);
        } }), say(WORDS.forever));
        const thread = state.threads[here.t];
        inspector.replaceChildren(
            el('p', { class: 'dim' }, `${label(step, here.t, here.i)}. ${say(KINDS[kind].about)}.`),
            el('div', { class: 'row' }, kinds, field, forever, bad,
                (timed(kind) || kind === 'echo') && [act(WORDS.shorter, '−', () => stretch(here, false)), act(WORDS.longer, '+', () => stretch(here, true))],
                act(WORDS.earlier, '←', () => shift(-1), here.i > 0), act(WORDS.later, '→', () => shift(1), here.i + 1 < thread.steps.length),
                state.threads.length > 1 && [act(WORDS.up, '↑', () => toThread(-1), here.t > 0), act(WORDS.down, '↓', () => toThread(1), here.t + 1 < state.threads.length)],
                act(WORDS.copy, '', () => insertCopy(here), thread.steps.length < limits.steps), act(WORDS.remove, '✕', () => remove(here))));
    }

    function insertCopy(place) {
        state.threads[place.t].steps.splice(place.i + 1, 0, [...stepAt(place)]);
        chosen = { t: place.t, i: place.i + 1 };
        render(true);
        changed();
    }

    rows.addEventListener('keydown', (event) => {
        if (!event.target.classList.contains('block') || event.ctrlKey || event.metaKey || event.altKey) {
            return;
        }
        const steps = state.threads[chosen.t].steps;
        const go = (t, i) => {
            const at = state.threads[t] && { t, i: Math.min(i, state.threads[t].steps.length - 1) };
            if (at && at.i >= 0) {
                blockAt(at).focus();
            }
        };
        const keep = (what) => {
            what();
            grabbed = true;
            blockAt(chosen)?.classList.add('held');
            tell(text(label(stepAt(chosen), chosen.t, chosen.i), label(stepAt(chosen), chosen.t, chosen.i)));
        };
        const key = {
            ArrowLeft: () => grabbed ? keep(() => shift(-1)) : go(chosen.t, Math.max(chosen.i - 1, 0)),
            ArrowRight: () => grabbed ? keep(() => shift(1)) : go(chosen.t, Math.min(chosen.i + 1, steps.length - 1)),
            ArrowUp: () => grabbed ? keep(() => toThread(-1)) : go(chosen.t - 1, chosen.i),
            ArrowDown: () => grabbed ? keep(() => toThread(1)) : go(chosen.t + 1, chosen.i),
            ' ': () => {
                grabbed = !grabbed;
                blockAt(chosen).classList.toggle('held', grabbed);
                tell(grabbed ? WORDS.held : WORDS.dropped);
            },
            Escape: () => { grabbed = false; blockAt(chosen).classList.remove('held'); },
            '+': () => stretch(chosen, true),
            '=': () => stretch(chosen, true),
            '-': () => stretch(chosen, false),
            Enter: () => inspector.querySelector('.length')?.focus(),
            Delete: () => remove(chosen),
            Backspace: () => remove(chosen),
        }[event.key];
        if (key) {
            event.preventDefault();
            key();
        }
    });

    /** Where a block would be dropped: in which row, before which other block. */
    function target(x, y, skip) {
        for (const row of rows.children) {
            const box = row.getBoundingClientRect();
            if (y >= box.top && y <= box.bottom && x >= box.left && x <= box.right) {
                const t = Number(row.dataset.row);
                const others = [...row.querySelectorAll('.block')].filter((one) => !(skip && skip.t === t && skip.i === Number(one.dataset.i)));
                const before = others.findIndex((one) => {
                    const b = one.getBoundingClientRect();
                    return y < b.bottom && x < b.left + b.width / 2;
                });
                return { t, i: before === -1 ? others.length : before };
            }
        }
        return null;
    }

    element.addEventListener('pointerdown', (event) => {
        const [block, add] = [event.target.closest('.block'), event.target.closest('.add')];
        if (event.button !== 0 || (!block && !add)) {
            return;
        }
        const place = block && { t: Number(block.dataset.t), i: Number(block.dataset.i) };
        drag = {
            id: event.pointerId, x: event.clientX, y: event.clientY, kind: add?.dataset.kind, place,
            stretching: Boolean(event.target.closest('.handle')), moving: false,
            ns: place && (lengthOf(stepAt(place)) ?? LONGEST * 2), before: JSON.stringify(state.threads),
        };
        if (block) {
            block.focus();
        }
        if (drag.stretching) {
            event.preventDefault();
            element.setPointerCapture(event.pointerId);
        }
    });
    element.addEventListener('pointermove', (event) => {
        if (!drag || event.pointerId !== drag.id) {
            return;
        }
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        if (drag.stretching) {
            const ns = drag.ns * 10 ** (dx / DECADE);
            const burst = stepAt(drag.place)[0] === 'run';
            setLength(drag.place, burst && ns > LONGEST * 1.5 ? null : rounded(Math.min(Math.max(ns, SHORTEST), LONGEST)));
            return;
        }
        if (!drag.moving && Math.hypot(dx, dy) > CLICK) {
            element.setPointerCapture(event.pointerId);
            drag.moving = true;
            bin.hidden = false;
        }
        if (drag.moving) {
            follow(event);
        }
    });

    /** The block goes to where the finger is, and the lanes with it. */
    function follow(event) {
        const to = target(event.clientX, event.clientY, drag.place);
        const over = bin.getBoundingClientRect();
        drag.off = event.clientY >= over.top && event.clientY <= over.bottom;
        bin.classList.toggle('over', drag.off);
        if (!to || (state.threads[to.t].steps.length >= limits.steps && to.t !== drag.place?.t)) {
            return;
        }
        if (!drag.place) {
            state.threads[to.t].steps.splice(to.i, 0, fresh(drag.kind));
            drag.place = chosen = to;
        } else if (to.t !== drag.place.t || to.i !== drag.place.i) {
            move(drag.place, to);
            drag.place = to;
        } else {
            return;
        }
        render();
        changed();
    }

    const drop = (event) => {
        if (!drag || event.pointerId !== drag.id) {
            return;
        }
        const { moving, off, place, before } = drag;
        drag = null;
        bin.hidden = true;
        bin.classList.remove('over');
        if (!moving) {
            return;
        }
        // The button under the finger is not meant as well.
        element.addEventListener('click', (click) => { click.stopPropagation(); click.preventDefault(); }, { capture: true, once: true });
        setTimeout(() => element.dispatchEvent(new Event('click')), 0);
        if (event.type === 'pointercancel') {
            state.threads = JSON.parse(before);
            render();
            changed();
        } else if (off && place) {
            remove(place);
        } else {
            render(true);
        }
    };
    element.addEventListener('pointerup', drop);
    element.addEventListener('pointercancel', drop);

    render();
    return { element, render, restore };
}
