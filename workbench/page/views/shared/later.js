// The address follows a little later: a browser takes only so many changes of it in ten seconds, and a key that is held down or a finger on
// the lanes makes more.

const QUIET = 60;

/** `call` does it once nothing more has come for a moment; `cancel` forgets it. */
export function later(act) {
    let timer = null;
    return {
        call() {
            clearTimeout(timer);
            timer = setTimeout(act, QUIET);
        },
        cancel() {
            clearTimeout(timer);
        },
    };
}
