// The turns that the reader has chosen, with undo and redo; and turns by chance.

const TURN = /!?[a-zA-Z]\*?/g;

/** The turns of a schedule's string, from its beginning. What comes behind `at` was undone and can be done again. */
export function history(words = '', at = Infinity) {
    let turns = words.replace(/\s/g, '').match(TURN) ?? [];
    let here = Math.min(Math.max(at, 0), turns.length);
    return {
        /** The schedule up to here, and with all that was undone. */
        now: () => turns.slice(0, here).join(''),
        all: () => turns.join(''),
        here: () => here,
        length: () => turns.length,
        turns: () => turns,
        /** A turn that is the next one anyway undoes nothing. */
        add(turn) {
            if (turns[here] !== turn) {
                turns = [...turns.slice(0, here), turn];
            }
            here++;
        },
        to(n) {
            here = Math.min(Math.max(n, 0), turns.length);
        },
        /** Forgets what comes behind here. */
        cut() {
            turns = turns.slice(0, here);
        },
    };
}

/** A schedule from an address: empty if it is none, or too long. */
export function wordsOf(given, most = 4096) {
    return typeof given === 'string' && given.length <= most && /^[a-zA-Z!*\s]*$/.test(given) ? given : '';
}

/** A generator of numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let n = state;
        n = Math.imul(n ^ (n >>> 15), n | 1);
        n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
        return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
    };
}
