// Times in ns, written as everywhere in the project: three digits and a unit.

const UNITS = { ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9 };

/** "5.00 ms", as `unit::duration` of lab writes it. */
export function duration(ns) {
    const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
    return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

/** "5ms", "1.5s", "200us" in ns, as a scenario file has it; null if it is none. */
export function parseDuration(words) {
    const found = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s)\s*$/.exec(words);
    return found ? Number(found[1]) * UNITS[found[2]] : null;
}

/** The shortest way to write a time in a scenario file: "5ms". */
export function scenarioTime(ns) {
    const unit = ['s', 'ms', 'us'].find((u) => ns >= UNITS[u]) ?? 'ns';
    return `${Number((ns / UNITS[unit]).toFixed(3))}${unit}`;
}

/** Two significant digits, so that a stretched block has a time that one can say. */
export function rounded(ns) {
    const power = 10 ** (Math.floor(Math.log10(Math.max(ns, 1))) - 1);
    return Math.round(ns / power) * power;
}

/** 1, 2 or 5 times a power of ten, so that at most so many of them fit into the length. */
export function tickStep(length, most) {
    for (let power = 1; ; power *= 10) {
        const step = [power, 2 * power, 5 * power].find((s) => length / s <= most);
        if (step) {
            return step;
        }
    }
}
