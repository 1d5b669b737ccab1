// The settings of the exported page: only what has been computed beforehand can be chosen.

import { el } from "../../dom.js";
import { say, text } from "../../text.js";
import { parseDuration } from "../../time.js";

const WORDS = {
    lock: text('락 (파이썬 버전)', 'lock (Python version)'),
    interval: text('전환 간격', 'switch interval'),
    cores: text('코어', 'cores'),
};

export function gridPanel(name, setting, { meta, changed }) {
    const { grid } = meta;
    if (!grid.versions.includes(setting.lock)) {
        [setting.lock] = grid.versions;
    }
    if (!grid.cores.includes(setting.cores)) {
        [setting.cores] = grid.cores;
    }
    if (!grid.intervals.includes(setting.grid)) {
        setting.grid = grid.intervals.includes('5ms') ? '5ms' : grid.intervals[0];
    }
    setting.interval = parseDuration(setting.grid);
    const choice = (words, values, value, set) => {
        const select = el('select', { 'aria-label': `${name} ${say(words)}`, onchange: () => {
            set(values[select.selectedIndex]);
            changed();
        } }, values.map((one) => el('option', { selected: one === value }, meta.versions.find((version) => version.id === one)?.name ?? String(one))));
        return el('div', { class: 'field' }, el('span', {}, say(words)), select);
    };
    return el('fieldset', { class: 'settings' }, el('legend', {}, name),
        choice(WORDS.lock, grid.versions, setting.lock, (value) => { setting.lock = value; }),
        choice(WORDS.interval, grid.intervals, setting.grid, (value) => {
            setting.grid = value;
            setting.interval = parseDuration(value);
        }),
        choice(WORDS.cores, grid.cores, setting.cores, (value) => { setting.cores = value; }));
}
