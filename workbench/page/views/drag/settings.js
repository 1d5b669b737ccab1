// The settings of one run: lock, interval, cores, answer time of the peer.

import { el } from "../../dom.js";
import { say, text } from "../../text.js";
import { duration, rounded } from "../../time.js";
import { threadCount } from "./scenario.js";

const WORDS = {
    lock: text('락 (파이썬 버전)', 'lock (Python version)'),
    own: text('인터프리터마다 GIL 하나 (PEP 684)', 'a GIL per interpreter (PEP 684)'),
    interval: text('전환 간격', 'switch interval'),
    ticks: text('전환 간격(틱)', 'switch interval (ticks)'),
    cores: text('코어', 'cores'),
    answer: text('상대의 응답 시간', 'answer time of the peer'),
    free: text('GIL 없음', 'no GIL'),
};

/** The locks by the version that had them, with one entry for each Python that a reader may have. */
function versions(meta) {
    const family = (id) => id === '2.7' ? ['2.7'] : id === '3.12' ? range(2, 12) : id === '3.13' ? range(13, 15) : [id];
    const range = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `3.${from + n}`);
    return meta.versions.map((version) => ({ name: version.gil ? version.name : `${version.name}: ${say(WORDS.free)}`, ids: family(version.id) }));
}

/** A control for a length of time, by its logarithm. */
function slider(words, { least, most, value, enabled = true, set }) {
    const out = el('output', {}, duration(value));
    const input = el('input', {
        type: 'range', min: '0', max: '200', value: String(Math.round(200 * Math.log(value / least) / Math.log(most / least))), disabled: !enabled,
        'aria-label': say(words), 'aria-valuetext': duration(value),
        oninput: () => {
            const ns = rounded(least * (most / least) ** (Number(input.value) / 200));
            out.textContent = duration(ns);
            input.setAttribute('aria-valuetext', duration(ns));
            set(ns);
        },
    });
    return el('div', { class: 'field' }, el('span', {}, say(words), ' ', out), input);
}

/** The fields of `setting`, which is changed in place. `again()` redraws them: other fields may follow a choice. */
export function settingsPanel(name, setting, { state, meta, changed, again }) {
    const uses = (kind) => state.threads.some((thread) => thread.steps.some(([one]) => one === kind));
    const lock = el('select', { 'aria-label': `${name} ${say(WORDS.lock)}`, 'data-focus': `lock-${name}`, onchange: () => {
        setting.lock = lock.value;
        again();
        changed();
    } }, versions(meta).map(({ name: family, ids }) => ids.length === 1
        ? el('option', { value: ids[0], selected: ids[0] === setting.lock }, family)
        : el('optgroup', { label: family }, ids.map((id) => el('option', { value: id, selected: id === setting.lock }, id)))));
    const cores = el('input', { type: 'range', min: '1', max: '16', value: String(Math.min(setting.cores, 16)), 'aria-label': `${name} ${say(WORDS.cores)}`, oninput: () => {
        setting.cores = Number(cores.value);
        coresOut.textContent = String(setting.cores);
        changed();
    } });
    const coresOut = el('output', {}, String(setting.cores));
    const gil = setting.lock !== 'free';
    const many = threadCount(state) > meta.limits.interpreters;
    const own = el('input', { type: 'checkbox', checked: setting.own, disabled: many && !setting.own, onchange: () => {
        setting.own = own.checked;
        changed();
    } });
    const interval = setting.lock === '2.7'
        ? ticks(setting, changed)
        : slider(WORDS.interval, { least: 50e3, most: 100e6, value: setting.interval, enabled: gil, set: (ns) => { setting.interval = ns; changed(); } });
    return el('fieldset', { class: 'settings' }, el('legend', {}, name),
        el('div', { class: 'field' }, el('span', {}, say(WORDS.lock)), lock),
        interval,
        el('div', { class: 'field' }, el('span', {}, say(WORDS.cores), ' ', coresOut), cores),
        uses('echo') && slider(WORDS.answer, { least: 10e3, most: 100e6, value: Math.max(setting.answer, 10e3), set: (ns) => { setting.answer = ns; changed(setting); } }),
        gil && el('label', { class: 'check', title: many ? say(text(`스레드가 ${meta.limits.interpreters}개 이하일 때`, `with up to ${meta.limits.interpreters} threads`)) : null }, own, say(WORDS.own)));
}

function ticks(setting, changed) {
    const input = el('input', { type: 'number', min: '1', max: '1000000', value: String(setting.ticks), 'aria-label': say(WORDS.ticks), onchange: () => {
        setting.ticks = Math.min(Math.max(Math.round(Number(input.value)) || 100, 1), 1e6);
        input.value = String(setting.ticks);
        changed();
    } });
    return el('div', { class: 'field' }, el('span', {}, say(WORDS.ticks)), input);
}
