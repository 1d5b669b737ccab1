// What can be taken back. A drag, or a slider that is pulled, is one step, however often it changed something on the way.

/** Steps that are kept. */
const MOST = 100;

/** `read()` gives what is kept, as plain data; `write(it)` brings it back; `told()` hears when there is something else to undo or redo. */
export function undoSteps({ read, write, told }) {
    let steps = [JSON.stringify(read())];
    let here = 0;
    let held = false;

    function note() {
        const now = JSON.stringify(read());
        if (held || now === steps[here]) {
            return;
        }
        steps = [...steps.slice(0, here + 1), now].slice(-MOST);
        here = steps.length - 1;
        told();
    }

    function to(n) {
        if (held || n < 0 || n >= steps.length) {
            return false;
        }
        here = n;
        write(JSON.parse(steps[here]));
        told();
        return true;
    }

    const press = () => { held = true; };
    // After the listeners of the block that is dropped.
    const lift = () => {
        held = false;
        note();
    };
    // Let go where nobody told us: outside of the window, or in the list of a select.
    const move = (event) => held && event.buttons === 0 && lift();
    addEventListener('pointerdown', press, true);
    addEventListener('pointermove', move);
    addEventListener('pointerup', lift);
    addEventListener('pointercancel', lift);
    addEventListener('keydown', key);

    /** Ctrl-Z, Ctrl-Shift-Z and Ctrl-Y, but where something is typed: there they are the browser's. */
    function key(event) {
        const typed = event.target.matches?.('textarea, input:not([type=range], [type=checkbox])');
        if (typed || !(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) {
            return;
        }
        // With a Korean input method on, `key` is no Latin letter: then the place on the keyboard counts.
        const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace('Key', '').toLowerCase();
        const by = letter === 'y' || (letter === 'z' && event.shiftKey) ? 1 : letter === 'z' ? -1 : 0;
        if (by !== 0) {
            event.preventDefault();
            to(here + by);
        }
    }

    return {
        note,
        undo: () => to(here - 1),
        redo: () => to(here + 1),
        canUndo: () => here > 0,
        canRedo: () => here + 1 < steps.length,
        leave() {
            removeEventListener('pointerdown', press, true);
            removeEventListener('pointermove', move);
            removeEventListener('pointerup', lift);
            removeEventListener('pointercancel', lift);
            removeEventListener('keydown', key);
        },
    };
}
