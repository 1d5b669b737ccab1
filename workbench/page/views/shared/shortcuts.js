// Shortcuts of a view. Keys are told by their place on the keyboard (`event.code`): with a Korean input method on, `event.key` of the A
// key is 'ㅁ'.

import { el } from '../../dom.js';

const TYPED = ['text', 'search', 'number', 'url', 'email', 'password', 'tel'];

/** Whether the focused element needs this key itself. */
function isTaken(event) {
    const { target, code } = event;
    if (target.closest?.('[role=application]')) {
        return /^(Arrow|Home|End|Bracket|Enter|Escape)/.test(code);
    }
    if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') {
        return true;
    }
    if (target.tagName === 'INPUT') {
        return TYPED.includes(target.type) || /^(Arrow|Home|End|Page|Space)/.test(code);
    }
    return /^(BUTTON|A|SUMMARY)$/.test(target.tagName) && /^(Space|Enter)$/.test(code);
}

/**
 * Listens until the function that it returns is called. `act(code, shift)` says whether the key was one of its own.
 */
export function listen(act) {
    const pressed = (event) => {
        if (!event.defaultPrevented && !event.ctrlKey && !event.metaKey && !event.altKey && !isTaken(event) && act(event.code, event.shiftKey)) {
            event.preventDefault();
        }
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
}

/** The shortcuts of a view, to be read: pairs of keys and what they do, in the page's language. */
export function shown(pairs) {
    return el('p', { class: 'shortcuts' }, pairs.map(([keys, what]) => [el('span', {}, keys.split(' ').map((key) => el('kbd', {}, key)), ' ', what), ' ']));
}
