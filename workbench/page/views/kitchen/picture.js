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

/** Behind the counter, or beside the pot. */
function cookPicture() {
    return svg('g', { class: 'cook' },
        svg('path', { class: 'body', d: 'M24 134l3 -26q12 -8 22 0l3 26z' }),
        svg('path', { class: 'arm', d: 'M46 112q9 2 13 -3' }),
        svg('g', { transform: 'translate(16 50) scale(2.4)' },
            svg('path', { class: 'face', d: 'M4 12h10v2a5 5.500 0 0 1-10 0z' }),
            svg('path', { class: 'hat', d: 'M4 12.500v-2.900a4 4 0 1 1 1.400 -7.200a4.500 4.500 0 0 1 7.200 0a4 4 0 1 1 1.400 7.200v2.900z' })),
        svg('g', { class: 'bubble' }, svg('circle', { cx: '62', cy: '66', r: '3' }), svg('circle', { cx: '71', cy: '58', r: '4' }), svg('circle', { cx: '82', cy: '48', r: '5' })));
}

function potPicture() {
    return svg('g', { class: 'pot' },
        svg('g', { class: 'steam' }, [83, 94, 105].map((x) => svg('path', { d: `M${x} 84q-4 -5 0 -10t0 -10` }))),
        svg('path', { class: 'iron', d: 'M72 90h44v5h-3v17a5 5 0 0 1-5 5h-28a5 5 0 0 1-5-5v-17h-3z' }),
        svg('path', { class: 'flame', d: 'M82 132q-3 -8 3 -12q0 6 3 3q4 -1 3 -5q7 4 5 9q3 0 3 -5q6 4 4 10z' }),
        svg('path', { class: 'line burner', d: 'M74 132h40' }));
}

function boardPicture() {
    const slices = Array.from({ length: SLICES }, (_, n) => svg('circle', { class: 'slice', cx: String(16 + n * 5.5), cy: '121', r: '4.5' }));
    const whole = svg('path', { class: 'carrot', d: 'M12 117h42l8 4.500l-8 4.500h-42z' });
    // The handle is in the cook's hand, the blade over the board.
    const knife = svg('g', { class: 'knife' }, svg('path', { d: 'M64 106h-10v4h10a2 2 0 0 0 0 -4zM53 105h-24c0 6 6 9 12 9h12z' }));
    const plate = svg('g', { class: 'plate' }, svg('path', { class: 'food', d: 'M22 122a15 12 0 0 1 30 0z' }), svg('path', { class: 'line', d: 'M14 124h46' }));
    const element = svg('g', { class: 'board' }, svg('path', { class: 'counter', d: 'M0 133h120v17h-120z' }), svg('path', { class: 'wood', d: 'M8 127h58v6h-58z' }), whole, slices, plate, knife);
    return { slices, whole, knife, element };
}

/** A place that `show(kitchen, scene)` keeps as it is now. */
export function place(name) {
    const bar = svg('path', { class: 'bar', d: 'M0 34h120v5h-120z' });
    const [pot, board, cook] = [potPicture(), boardPicture(), cookPicture()];
    const machine = svg('g', { class: 'machine' }, svg('path', { class: 'iron', d: 'M80 84h28l-4 26h-20zM76 112h36v20h-36z' }), svg('path', { class: 'blade', d: 'M86 100h16M94 94v12' }));
    const picture = svg('svg', { viewBox: '0 34 120 116', 'aria-hidden': 'true', focusable: 'false' }, bar, cook, board.element, pot, machine);
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
