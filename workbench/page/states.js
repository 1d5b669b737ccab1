// The states of lanes, with lab's own names and colours: the server sends them, so that terminal, book and page show the same.

/** From a state's id to { name, fill, glyph, mark }, in the order of the legend. */
export const STATES = {};

export function learnStates(states) {
    states.forEach(({ id, name, fill, glyph, mark }) => { STATES[id] = { name, fill, glyph, mark }; });
}

/** The states that occur in these lanes, in the order of the legend. */
export function occurring(lanes) {
    const seen = new Set();
    lanes.forEach((lane) => lane.spans.forEach((span) => seen.add(span.state)));
    return Object.keys(STATES).filter((state) => seen.has(state));
}
