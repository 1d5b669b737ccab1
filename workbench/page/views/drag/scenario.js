// What the view keeps in the address, and the scenario that the simulator is given: gil-sim's scenario file as JSON.
//
// A step is [kind, value]: a time in ns for `run`, `wait`, `native` and `native-held` (null: `run forever`), a name for `lock` and
// `unlock`, and nothing for `echo`: the answer time of the peer is one of the settings.

import { text } from "../../text.js";
import { parseDuration, scenarioTime } from "../../time.js";

/** Kinds of steps: what they are called, and the state whose colour they have. */
export const KINDS = {
    run: { name: text('계산', 'compute'), state: 'running', about: text('GIL을 쥐고 계산', 'computes with the GIL held') },
    wait: { name: text('I/O 대기', 'I/O'), state: 'waiting_for_io', about: text('타이머, 디스크, 네트워크: GIL을 해제하고 기다림', 'a timer, a disk, a network: waits without the GIL') },
    echo: { name: text('왕복 통신', 'round trip'), state: 'waiting_for_io', about: text('다른 프로세스에 메시지를 보내고 응답을 받음: GIL을 두 번 해제', 'a message to another process and its answer: releases the GIL twice') },
    native: { name: text('네이티브', 'native'), state: 'native', about: text('GIL을 해제하는 네이티브 호출', 'a native call that releases the GIL') },
    'native-held': { name: text('네이티브, GIL 보유', 'native, holds GIL'), state: 'native', about: text('GIL을 쥔 채 실행되는 네이티브 호출', 'a native call that holds the GIL') },
    lock: { name: text('락 획득', 'lock'), state: 'waiting_for_lock', about: text('프로그램이 만든 락을 획득', "takes a lock of the program's own") },
    unlock: { name: text('락 해제', 'unlock'), state: 'waiting_for_lock', about: text('그 락을 해제', 'releases that lock') },
};

/** The kinds that take a time of their own. */
export const timed = (kind) => ['run', 'wait', 'native', 'native-held'].includes(kind);

/** What a new block of a kind is. */
export function fresh(kind) {
    return [kind, { run: 5e6, wait: 10e6, native: 10e6, 'native-held': 10e6, lock: 'a', unlock: 'a' }[kind] ?? null];
}

export const SHORTEST = 10e3;
export const LONGEST = 10e9;

const SETTING = { lock: '3.12', own: false, interval: 5e6, ticks: 100, cores: 2, answer: 1e6 };
/** Stretches that can be drawn, in ns. */
export const SHOWN = [50e6, 100e6, 200e6, 500e6, 1e9, 2e9];

/** The view's state, from the address: whatever is not as it should be becomes what is usual. */
export function stateOf(given, meta) {
    const number = (value, least, most, usual) => Number.isFinite(value) && value >= least && value <= most ? value : usual;
    const whole = (value, least, most, usual) => Number.isInteger(value) ? number(value, least, most, usual) : usual;
    const setting = (one) => ({
        lock: typeof one?.lock === 'string' && /^(free|2\.7|3\.\d{1,2})$/.test(one.lock) ? one.lock : SETTING.lock,
        own: one?.own === true,
        interval: number(one?.interval, 1e3, 1e9, SETTING.interval),
        ticks: whole(one?.ticks, 1, 1e6, SETTING.ticks),
        cores: whole(one?.cores, 1, 64, SETTING.cores),
        answer: number(one?.answer, 0, 1e9, SETTING.answer),
        ...(typeof one?.grid === 'string' ? { grid: one.grid.slice(0, 12) } : {}),
    });
    const step = (one) => {
        const [kind, value] = Array.isArray(one) ? one : [];
        if (!Object.hasOwn(KINDS, kind)) {
            return null;
        }
        if (timed(kind)) {
            return [kind, kind === 'run' && value === null ? null : number(value, SHORTEST, LONGEST, fresh(kind)[1])];
        }
        return kind === 'echo' ? [kind, null] : [kind, typeof value === 'string' && /^\w{1,8}$/.test(value) ? value : 'a'];
    };
    const word = (name) => typeof name === 'string' ? name.slice(0, 40)
        : typeof name?.ko === 'string' && typeof name?.en === 'string' ? { ko: name.ko.slice(0, 40), en: name.en.slice(0, 40) } : 'CPU';
    const thread = (one) => ({
        name: word(one?.name),
        count: whole(one?.count, 1, meta.limits.threads, 1),
        times: one?.times === null || one?.times === undefined ? null : whole(one.times, 1, 1e6, 1),
        steps: (Array.isArray(one?.steps) ? one.steps : []).slice(0, meta.limits.steps).map(step).filter((s) => s),
    });
    const preset = meta.scenarios.find((one) => one.id === given.preset) ?? meta.scenarios.find((one) => one.id === 'convoy') ?? meta.scenarios[0];
    const usual = ofPreset(preset, meta);
    const threads = Array.isArray(given.threads) ? given.threads.slice(0, meta.limits.groups).map(thread) : [];
    const range = (one) => number(one?.to, 1, 1e12, 0) > number(one?.from, 0, 1e12, 1e12) ? { from: one.from, to: one.to } : null;
    return {
        preset: preset.id,
        threads: threads.length > 0 ? threads : usual.threads,
        a: given.a ? setting(given.a) : usual.a,
        b: given.b ? setting(given.b) : null,
        seconds: number(given.seconds, 0.001, meta.limits.seconds, usual.seconds),
        seed: whole(given.seed, 0, 1e9, 1),
        shown: SHOWN.includes(given.shown) ? given.shown : 100e6,
        view: range(given.view),
        selection: range(given.selection),
        moment: number(given.moment, 0, 1e12, null),
    };
}

/** The state in which a scenario of gil-sim begins. */
export function ofPreset({ id, scenario }, meta) {
    let answer = null;
    const step = (words) => {
        const [kind, value] = words.split(' ');
        if (kind === 'echo') {
            answer ??= parseDuration(value);
            return [kind, null];
        }
        return [kind, kind === 'lock' || kind === 'unlock' ? value : value === 'forever' ? null : Math.min(Math.max(parseDuration(value), SHORTEST), LONGEST)];
    };
    const threads = scenario.threads.map((one) => ({ name: one.name, count: one.count ?? 1, times: one.times ?? null, steps: one.does.map(step) }));
    const ticks = typeof scenario.gil.interval === 'number';
    return {
        preset: id,
        threads,
        seconds: Math.min(scenario.seconds ?? 1, meta.limits.seconds),
        a: {
            ...SETTING,
            lock: scenario.gil.version,
            own: scenario.threads.some((one) => one.interpreter > 0),
            interval: ticks ? SETTING.interval : parseDuration(scenario.gil.interval ?? '5ms'),
            ticks: ticks ? scenario.gil.interval : SETTING.ticks,
            cores: Math.min(scenario.cores ?? SETTING.cores, 64),
            answer: answer ?? SETTING.answer,
        },
    };
}

export const threadCount = (state) => state.threads.reduce((sum, one) => sum + one.count, 0);

/** The scenario of a state under one of its settings, as the simulator takes it. */
export function scenarioOf(state, setting, title) {
    const words = ([kind, value]) => kind === 'echo' ? `echo ${scenarioTime(setting.answer)}`
        : kind === 'run' && value === null ? 'run forever'
            : timed(kind) ? `${kind} ${scenarioTime(value)}` : `${kind} ${value}`;
    const group = ({ name, count, times, steps }) => ({ name, count, ...(times === null ? {} : { times }), does: steps.map(words) });
    const threads = state.threads.map(group);
    return {
        title,
        seconds: state.seconds,
        cores: setting.cores,
        seed: state.seed,
        gil: { version: setting.lock, interval: setting.lock === '2.7' ? setting.ticks : scenarioTime(setting.interval) },
        threads: setting.own ? apart(threads) : threads,
    };
}

/**
 * What the simulator would refuse in a state, in a text; null if nothing. While blocks are moved a scenario is often unfinished: that is no
 * error of the page, and need not be asked.
 */
export function unfinished(state, meta) {
    const [threads, most] = [threadCount(state), meta.limits.threads];
    if (threads > most) {
        return text(`스레드는 ${most}개까지입니다. 지금은 ${threads}개입니다.`, `At most ${most} threads; now there are ${threads}.`);
    }
    if ((state.a.own || state.b?.own) && threads > meta.limits.interpreters) {
        return text(`인터프리터는 ${meta.limits.interpreters}개까지입니다.`, `At most ${meta.limits.interpreters} interpreters.`);
    }
    for (const { name, steps } of state.threads) {
        const [ko, en] = typeof name === 'string' ? [name, name] : [name.ko, name.en];
        if (!steps.some(([kind]) => timed(kind) || kind === 'echo')) {
            return text(`${ko}: 시간이 걸리는 블록을 하나 이상 넣으십시오.`, `${en}: add a block that takes time.`);
        }
        const held = new Set();
        for (const [kind, lock] of steps) {
            if (kind === 'lock' && held.has(lock)) {
                return text(`${ko}: 이미 획득한 락을 다시 획득합니다: ${lock}`, `${en}: takes the lock ${lock} which it holds already.`);
            }
            if (kind === 'unlock' && !held.has(lock)) {
                return text(`${ko}: 획득하지 않은 락을 해제합니다: ${lock}`, `${en}: releases the lock ${lock} which it does not hold.`);
            }
            if (kind === 'lock') {
                held.add(lock);
            } else if (kind === 'unlock') {
                held.delete(lock);
            }
        }
        if (held.size > 0) {
            return text(`${ko}: 락을 해제하는 블록을 넣으십시오.`, `${en}: add a block that releases the lock.`);
        }
    }
    return null;
}

/** Every thread alone in an interpreter with a GIL of its own (PEP 684). */
function apart(groups) {
    const numbered = (name, n) => typeof name === 'string' ? `${name} ${n}` : { ko: `${name.ko} ${n}`, en: `${name.en} ${n}` };
    return groups
        .flatMap((group) => Array.from({ length: group.count }, (_, n) => ({ ...group, count: 1, name: group.count > 1 ? numbered(group.name, n) : group.name })))
        .map((group, interpreter) => ({ ...group, interpreter }));
}

/** One line that tells two settings apart. */
export function settingName(setting, meta) {
    const { cores } = setting;
    const version = meta.versions.find((one) => one.id === setting.lock)?.name ?? setting.lock;
    const lock = setting.lock === 'free' ? text(`${version}(GIL 없음)`, `${version} (no GIL)`)
        : setting.own ? text(`${version}, 인터프리터마다 GIL`, `${version}, a GIL per interpreter`) : text(version, version);
    const interval = setting.lock === 'free' ? '' : setting.lock === '2.7' ? setting.ticks : scenarioTime(setting.interval);
    const [ko, en] = setting.lock === 'free' ? ['', ''] : setting.lock === '2.7' ? [`, ${interval}틱`, `, ${interval} ticks`] : [`, ${interval}`, `, ${interval}`];
    return text(`${lock.ko}${ko}, 코어 ${cores}개`, `${lock.en}${en}, ${cores === 1 ? '1 core' : `${cores} cores`}`);
}
