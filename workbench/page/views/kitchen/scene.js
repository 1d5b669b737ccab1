// What is to be seen in a kitchen at a moment of its trace.

import { spanAt } from "../../trace.js";

/** Kitchens with one cook for all dishes, and the dish by whose pot the cook stays: all, none, or the second. */
const ONE_COOK = { waits: () => true, switches: () => false, blocks: (dish) => dish === 1 };

/** The one thing that all share, if there is one. */
export const SHARED = { 'one-stove': 'stove', 'one-knife': 'knife' };

export const oneCook = (kitchen) => Object.hasOwn(ONE_COOK, kitchen);

/**
 * For each dish { does, cook, knife, flame, machine, progress, begun, done }: `does` is its state or null; `cook`: 'works', 'stands',
 * 'waits', 'rests' or null (the cook is elsewhere). `trace` has a lane for each dish; the moment is on its clock.
 */
export function sceneAt(kitchen, trace, at, shared = SHARED[kitchen] ?? null) {
    const states = trace.lanes.map((lane) => spanAt(lane, at)?.state ?? null);
    const at1 = oneCook(kitchen) ? placeOfCook(kitchen, trace, states, at) : null;
    return trace.lanes.map((lane, n) => {
        const state = states[n];
        const works = state === 'running';
        const waits = state === 'waiting_for_lock' || state === 'requesting';
        const [first, last] = [lane.spans[0]?.start ?? Infinity, lane.spans.at(-1)?.end ?? 0];
        let cook = null;
        if (at1 === null) {
            cook = at >= last ? 'rests' : works ? 'works' : waits || state === 'ready' ? 'waits' : state ? 'stands' : 'rests';
        } else if (at1.dish === n) {
            cook = at1.does;
        }
        return {
            does: state, cook, knife: cook === 'works' || (shared !== 'knife' && cook !== null), flame: state === 'waiting_for_io', machine: state === 'native',
            progress: share(lane, at), begun: at >= first, done: at >= last,
        };
    });
}

/** Where the only cook is: at the dish that is cut, else by the pot that must be watched, else where the last work was. */
function placeOfCook(kitchen, trace, states, at) {
    const cutting = states.indexOf('running');
    if (cutting >= 0) {
        return { dish: cutting, does: 'works' };
    }
    const watched = states.findIndex((state, dish) => state === 'waiting_for_io' && ONE_COOK[kitchen](dish));
    if (watched >= 0) {
        return { dish: watched, does: 'stands' };
    }
    let [dish, latest] = [0, -1];
    trace.lanes.forEach((lane, n) => lane.spans.forEach((span) => {
        if (span.state === 'running' && span.end <= at && span.end > latest) {
            [dish, latest] = [n, span.end];
        }
    }));
    return { dish, does: 'rests' };
}

/** How much of the cutting is done, 0 to 1. */
function share(lane, at) {
    let [done, all] = [0, 0];
    for (const span of lane.spans) {
        if (span.state === 'running') {
            all += span.end - span.start;
            done += Math.min(Math.max(at - span.start, 0), span.end - span.start);
        }
    }
    return all > 0 ? done / all : 0;
}
