// What the page asks the program. In the exported page there is no program: the answers were computed before (`data.js`).

const DATA = globalThis.workbenchExport;

/** Whether this is the exported page. */
export const exported = DATA !== undefined;

/** A question that has no answer, and why. */
export class ApiError extends Error {
    constructor(code, text, path) {
        super(text.en);
        this.code = code;
        this.text = text;
        this.path = path;
    }
}

/** Asks, and returns the answer; throws an ApiError. */
export async function call(endpoint, request = {}, { signal } = {}) {
    return exported ? precomputed(endpoint, request) : ask(endpoint, request, signal);
}

async function ask(endpoint, request, signal) {
    let response;
    try {
        response = await fetch(`api/${endpoint}`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(request),
            cache: "no-store",
            signal,
        });
    } catch (error) {
        if (error.name === "AbortError") {
            throw error;
        }
        throw gone();
    }
    let answer = null;
    try {
        answer = await response.json();
    } catch (error) {
        if (error.name === "AbortError") {
            throw error;
        }
    }
    if (response.ok && answer !== null) {
        return answer;
    }
    const refused = answer?.error;
    if (refused?.text) {
        throw new ApiError(refused.code, refused.text, refused.path);
    }
    throw response.status === 413 ? tooLarge() : gone();
}

function gone() {
    return new ApiError("gone", {
        ko: "프로그램이 응답하지 않습니다. 종료되었다면 cargo run -p workbench로 다시 실행하고, 새로 출력된 주소에 이 주소의 # 뒤를 붙여 여십시오.",
        en: "The program does not answer. If it has ended, start it again with cargo run -p workbench, and open the new address with the part of this one from # on.",
    });
}

function tooLarge() {
    return new ApiError("too_large", { ko: "요청이 너무 큽니다.", en: "The request is too large." });
}

function notExported(command) {
    return new ApiError("not_exported", {
        ko: `내보낸 페이지에는 이 결과가 없습니다. ${command} 명령으로 실행하십시오.`,
        en: `The exported page does not have this result. Run ${command}.`,
    });
}

// --- answers that were computed before ---

const RUN = "cargo run -p workbench";

function precomputed(endpoint, request) {
    switch (endpoint) {
        case "meta":
            return DATA.meta;
        case "levels":
            return DATA.levels;
        case "simulate":
            return simulated(request.scenario);
        case "kitchen":
            return found(DATA.kitchen[request.kitchen]);
        case "play":
            return played(request);
        case "counter":
            return counted(request);
        default:
            throw notExported(RUN);
    }
}

function found(answer) {
    if (answer === undefined) {
        throw notExported(RUN);
    }
    return expanded(answer);
}

/** JSON with sorted keys: the same for equal values. */
function stable(value) {
    if (Array.isArray(value)) {
        return `[${value.map(stable).join()}]`;
    }
    if (value !== null && typeof value === "object") {
        const keys = Object.keys(value).sort();
        return `{${keys.map((key) => `${JSON.stringify(key)}:${stable(value[key])}`).join()}}`;
    }
    return JSON.stringify(value);
}

/** The same answer with its traces in lab's form; in the data a lane's spans are one array: state, start, length. */
function expanded(value) {
    if (Array.isArray(value)) {
        return value.map(expanded);
    }
    if (value === null || typeof value !== "object") {
        return value;
    }
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "packed" ? inner : expanded(inner)]));
    if (copy.packed) {
        copy.spans = [];
        for (let n = 0; n < copy.packed.length; n += 3) {
            const [state, start, length] = copy.packed.slice(n, n + 3);
            copy.spans.push({ state: DATA.meta.states[state].id, start, end: start + length });
        }
        delete copy.packed;
    }
    return copy;
}

/** What is the same for all versions, cores and intervals of a scenario. */
function program({ threads, seconds, seed }) {
    return stable({ threads, seconds, seed: seed ?? 1 });
}

function simulated(scenario) {
    const same = DATA.meta.scenarios.find((one) => program(one.scenario) === program(scenario));
    const { version, interval } = scenario.gil;
    // These two have no switch interval. A scenario of 2.7 counts ticks, which no other lock does: there it is the usual interval.
    const has = version !== "2.7" && version !== "free";
    const kept = has ? (typeof interval === "number" ? "5ms" : interval) : "-";
    return found(DATA.simulate[`${same?.id} ${version} ${scenario.cores} ${kept}`]);
}

/** The turns of a schedule; null if it is none. */
function turnsOf(schedule) {
    const words = schedule.replace(/\s/g, "");
    return /^(!?[a-zA-Z]\*?)*$/.test(words) ? (words.match(/!?[a-zA-Z]\*?/g) ?? []) : null;
}

function noSchedule() {
    return new ApiError("schedule", {
        ko: "스케줄이 아닙니다. a–z, A–Z, 앞에 !, 뒤에 *만 씁니다.",
        en: "This is no schedule. Use a–z, A–Z, ! before, * behind.",
    });
}

/** Follows a schedule through a graph: the numbers of the edges, and of the node at its end. */
function followed(graph, schedule, chance) {
    const turns = turnsOf(schedule);
    if (turns === null) {
        throw noSchedule();
    }
    let at = 0;
    const edges = [];
    const go = (turn) => {
        const edge = graph.edges[at].find((one) => one.turn === turn);
        if (edge === undefined) {
            if (graph.nodes[at].choices.includes(turn)) {
                throw notExported(RUN);
            }
            return false;
        }
        edges.push(edge);
        at = edge.to;
        return true;
    };
    let refused = null;
    for (const [n, turn] of turns.entries()) {
        if (!go(turn)) {
            refused = { number: n + 1, turn, why: { ko: "지금 고를 수 없는 차례입니다", en: "this turn is not possible now" } };
            break;
        }
    }
    const draw = random(chance?.seed ?? 0);
    for (let n = 0; refused === null && n < (chance?.turns ?? 0) && graph.edges[at].length > 0; n += 1) {
        const { choices } = graph.nodes[at];
        go(choices[draw(choices.length)]);
    }
    return { edges, node: graph.nodes[at], refused, schedule: edges.map((edge) => edge.turn).join("") };
}

/** SplitMix64, as the program has it: the same seed gives the same turns. */
function random(seed) {
    const mask = (1n << 64n) - 1n;
    let state = BigInt(seed) & mask;
    return (limit) => {
        state = (state + 0x9e3779b97f4a7c15n) & mask;
        let z = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
        z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
        z ^= z >> 31n;
        return Number(((z >> 32n) * BigInt(limit)) >> 32n);
    };
}

function played({ level, schedule = "", chance }) {
    const graph = DATA.play[level];
    if (graph === undefined) {
        throw notExported(RUN);
    }
    const { edges, node, refused, schedule: words } = followed(graph, schedule, chance);
    return { ...node, schedule: words, steps: edges.map((edge) => edge.step), refused };
}

function counted(request) {
    const graph = DATA.counter[`${request.program} ${request.version} ${request.iterations ?? 1}`];
    if (graph === undefined) {
        throw notExported(RUN);
    }
    const { edges, node, refused, schedule } = followed(graph, request.schedule ?? "");
    const { choices, ...state } = node;
    return { ...graph.program, ...state, schedule, moves: edges.map((edge) => edge.step), refused };
}
