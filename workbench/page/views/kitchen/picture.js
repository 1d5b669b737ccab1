// One place in the kitchen: a pot on its burner, a board, a cook. Classes move them; the style has the movements.

import { el, svg } from "../../dom.js";
import { say, text } from "../../text.js";
import { STATES } from "../../states.js";

const SLICES = 9;

const DOES = {
    running: text('써는 중', 'is cut'),
    waiting_for_io: text('끓는 중', 'simmers'),
    native: text('기계가 갈아 줌', 'in the mixer'),
    idle: text('쉼', 'idle'),
};

/** What a dish waits for depends on the kitchen. */
function waitsFor(kitchen, state) {
    if (state === 'ready') {
        return kitchen === 'switches' || kitchen === 'blocks' || kitchen === 'waits' ? text('요리사를 기다림', 'waits for the cook') : text('자리(코어)를 기다림', 'waits for a place (a core)');
    }
    return kitchen === 'one-stove' ? text('화구를 기다림', 'waits for the stove') : text('칼(락)을 기다림', 'waits for the knife (the lock)');
}

/** The words for what a dish does. */
export function doing(kitchen, { does, begun, done }) {
    if (does === null) {
        return done ? text('완성', 'done') : begun ? text('–', '–') : text('아직', 'not yet');
    }
    return DOES[does] ?? waitsFor(kitchen, does);
}

function cookPicture() {
    return svg('g', { class: 'cook', transform: 'translate(36 132)' },
        svg('path', { class: 'body', d: 'M10 52q14 -10 28 0l4 20h-36z' }),
        svg('path', { class: 'arm', d: 'M12 58q-8 -2 -6 -16' }),
        svg('g', { transform: 'translate(1 0) scale(2.6)' },
            svg('circle', { cx: '5', cy: '6', r: '4' }), svg('circle', { cx: '9', cy: '4.5', r: '4.5' }), svg('circle', { cx: '13', cy: '6', r: '4' }),
            svg('path', { d: 'M4 7h10v5h-10z' }), svg('path', { class: 'face', d: 'M4 13.500h10a5 5.500 0 0 1-10 0z' })));
}

function potPicture() {
    return svg('g', { class: 'pot' },
        svg('g', { class: 'steam' }, svg('path', { d: 'M46 30q-5 -6 0 -12t0 -12' }), svg('path', { d: 'M60 30q-5 -6 0 -12t0 -12' }), svg('path', { d: 'M74 30q-5 -6 0 -12t0 -12' })),
        svg('path', { class: 'iron', d: 'M34 36h52v5h-3v18a6 6 0 0 1-6 6h-34a6 6 0 0 1-6-6v-18h-3z' }),
        svg('path', { class: 'line', d: 'M34 46h-9M86 46h9' }),
        svg('path', { class: 'flame', d: 'M44 76q-6 -6 2 -12q0 6 4 4q4 -4 2 -8q8 6 6 12q4 0 4 -6q8 4 4 10z' }),
        svg('path', { class: 'line burner', d: 'M30 78h60' }));
}

function boardPicture() {
    const slices = Array.from({ length: SLICES }, (_, n) => svg('circle', { class: 'slice', cx: String(35 + n * 6), cy: '110', r: '4.5' }));
    const whole = svg('path', { class: 'carrot', d: 'M32 105h48l8 5l-8 5h-48z' });
    const knife = svg('g', { class: 'knife' }, svg('path', { d: 'M0 3h10v4h-10a2 2 0 0 1 0-4z', transform: 'translate(74 84)' }), svg('path', { d: 'M11 2h24c0 6-6 9-12 9h-12z', transform: 'translate(74 84)' }));
    const plate = svg('g', { class: 'plate' }, svg('path', { class: 'line', d: 'M34 116q26 10 52 0' }), svg('path', { class: 'food', d: 'M40 114a20 14 0 0 1 40 0z' }));
    return { slices, whole, knife, plate, element: svg('g', { class: 'board' }, whole, slices, svg('path', { class: 'wood', d: 'M26 117h68v6h-68z' }), knife, plate) };
}

/** A place that `show(kitchen, scene)` keeps as it is now. */
export function place(name) {
    const bar = svg('path', { class: 'bar', d: 'M0 0h120v6h-120z' });
    const [pot, board, cook] = [potPicture(), boardPicture(), cookPicture()];
    const bubble = svg('g', { class: 'bubble' }, svg('circle', { cx: '92', cy: '140', r: '3' }), svg('circle', { cx: '101', cy: '136', r: '3' }), svg('circle', { cx: '110', cy: '132', r: '3' }));
    const machine = svg('g', { class: 'machine' }, svg('path', { class: 'iron', d: 'M46 32h28l-4 26h-20z' }), svg('path', { class: 'iron', d: 'M42 60h36v16h-36z' }), svg('path', { class: 'blade', d: 'M52 50h16M60 44v12' }));
    const picture = svg('svg', { viewBox: '0 0 120 208', 'aria-hidden': 'true', focusable: 'false' }, bar, pot, machine, board.element, cook, bubble);
    const swatch = el('i');
    const words = el('span');
    const element = el('div', { class: 'place' }, picture, el('p', { class: 'dish' }, name), el('p', { class: 'does' }, swatch, words));
    return {
        element,
        show(kitchen, scene) {
            const fill = scene.does ? STATES[scene.does].fill : 'transparent';
            bar.style.fill = fill;
            swatch.style['background-color'] = fill;
            words.textContent = say(doing(kitchen, scene));
            const cut = Math.round(scene.progress * SLICES);
            const inPot = scene.flame;
            board.slices.forEach((slice, n) => slice.classList.toggle('away', inPot || scene.done || scene.machine || n >= cut));
            board.whole.classList.toggle('away', inPot || scene.done || scene.machine || cut >= SLICES);
            // What is cut is no longer whole.
            board.whole.style['clip-path'] = `inset(0 0 0 ${(100 * Math.min(cut, SLICES) / SLICES).toFixed(0)}%)`;
            const classes = { simmers: scene.flame, cuts: scene.does === 'running', done: scene.done, mixes: scene.machine, waits: scene.cook === 'waits', nobody: scene.cook === null, rests: scene.cook === 'rests', stands: scene.cook === 'stands', knifeless: !scene.knife };
            Object.entries(classes).forEach(([one, on]) => element.classList.toggle(one, on));
        },
    };
}
