// What came of a run, in numbers: simulated under one or two settings, and on a real interpreter beside the simulation.

import { el, table } from "../../dom.js";
import { say, text } from "../../text.js";
import { duration } from "../../time.js";

const WORDS = {
    figures: text('결과', 'results'),
    of: text('항목', 'quantity'),
    switches: text('GIL이 넘어간 횟수 (초당)', 'times the GIL changed hands, per second'),
    mean: text('동시에 실행 (평균)', 'running at the same time, mean'),
    peak: text('동시에 실행 (최대)', 'running at the same time, most'),
    lasted: text('걸린 시간', 'took'),
    real: text('실제', 'real'),
    simulated: text('시뮬레이터', 'simulated'),
    error: text('오차', 'error'),
};

const share = (part) => `${(100 * part).toFixed(0)} %`;
const time = (ns) => ns === null || ns === undefined ? '–' : duration(ns);
const perSecond = (n) => n >= 100 ? n.toFixed(0) : n.toFixed(1);

/** `runs`: [[name, answer], …] of one or two settings. */
export function figures(runs) {
    const row = (words, of) => [say(words), ...runs.map(([, answer]) => of(answer))];
    const rows = [
        row(WORDS.switches, (one) => perSecond(one.switches / Math.max(one.lasted, 1) * 1e9)),
        row(WORDS.mean, (one) => one.mean_running.toFixed(2)),
        row(WORDS.peak, (one) => String(one.peak_running)),
        row(WORDS.lasted, (one) => duration(one.lasted)),
    ];
    const most = Math.max(...runs.map(([, answer]) => answer.groups.length));
    for (let g = 0; g < most; g++) {
        const groups = runs.map(([, answer]) => answer.groups[g]);
        const { name, count, computes_only: computes } = groups.find((one) => one);
        const [ko, en] = count > 1 ? [`${name.ko} ×${count}`, `${name.en} ×${count}`] : [name.ko, name.en];
        const of = (words, what) => [say(words), ...groups.map((group) => group ? what(group) : '–')];
        if (!computes || groups.some((group) => group?.rate > 0)) {
            rows.push(of(text(`${ko}: 초당 횟수`, `${en}: rounds per second`), (group) => perSecond(group.rate)));
            rows.push(of(text(`${ko}: 한 번에 걸린 시간, 중앙값`, `${en}: time of a round, median`), (group) => time(group.median)));
            rows.push(of(text(`${ko}: 한 번에 걸린 시간, p99`, `${en}: time of a round, p99`), (group) => time(group.p99)));
        }
        rows.push(of(text(`${ko}: GIL 보유`, `${en}: held the GIL`), (group) => share(group.held)));
        rows.push(of(text(`${ko}: GIL 대기`, `${en}: waited for the GIL`), (group) => share(group.waited)));
    }
    return table(say(WORDS.figures), [say(WORDS.of), ...runs.map(([name]) => name)], rows, { class: 'figures' });
}

/** A real run beside its simulation. */
export function compared(answer) {
    const rows = [];
    const add = (words, pair, show) => {
        if (pair && (pair.real || pair.simulated)) {
            rows.push([say(words), ...[pair.real, pair.simulated].map((value) => value === null || value === undefined ? '–' : show(value)),
                pair.error === null || pair.error === undefined ? '–' : `${pair.error > 0 ? '+' : ''}${(100 * pair.error).toFixed(0)} %`]);
        }
    };
    add(WORDS.switches, answer.switches, perSecond);
    add(WORDS.lasted, answer.wall, duration);
    answer.groups.forEach(({ name, rate, median }) => {
        add(text(`${name.ko}: 초당 횟수`, `${name.en}: rounds per second`), rate, perSecond);
        add(text(`${name.ko}: 한 번에 걸린 시간, 중앙값`, `${name.en}: time of a round, median`), median, duration);
    });
    return table(answer.python, [say(WORDS.of), say(WORDS.real), say(WORDS.simulated), say(WORDS.error)], rows, { class: 'figures' });
}

/** The scenario as a file for the terminal. */
export function scenarioFile(toml, copied) {
    const command = 'cargo run -p gil-sim -- predict scenario.toml';
    return el('div', {}, el('p', {}, say(text('이 내용을 scenario.toml로 저장하면 터미널에서도 같은 시나리오를 예측합니다. ', 'Save this as scenario.toml, and the terminal predicts the same scenario: ')), el('code', {}, command)),
        el('pre', { class: 'mono', tabindex: '0' }, toml),
        navigator.clipboard && el('button', { type: 'button', onclick: () => navigator.clipboard.writeText(toml).then(copied, () => {}) }, say(text('복사', 'copy'))));
}
