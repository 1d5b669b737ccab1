'use strict';
// The language: the style shows the words of <html lang>.
const page = document.documentElement;
function speak(lang) {
    page.lang = lang;
    document.title = document.body.getAttribute(`data-title-${lang}`);
    document.querySelectorAll('[data-lang]').forEach((button) => button.setAttribute('aria-pressed', button.dataset.lang === lang));
    document.querySelectorAll('.read').forEach((read) => { read.textContent = ''; });
}
document.querySelectorAll('[data-lang]').forEach((button) => button.addEventListener('click', () => speak(button.dataset.lang)));
speak(page.lang);

/** The words of an element in the page's language. */
const words = (element) => [...element.childNodes].filter((node) => !node.lang || node.lang === page.lang).map((node) => node.textContent).join('');

/** A time in ns, with three digits, as everywhere in the report. */
function time(ns) {
    const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : ns < 1e9 ? [ns / 1e6, 'ms'] : [ns / 1e9, 's'];
    return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
}

// All traces of an experiment have one scale, so they are zoomed together, and one moment is marked in all their lanes.
const MOST_ZOOM = 2000; // a browser's picture has 24 bits for a place
const MOST_NAMED = 8; // lanes

for (const group of document.querySelectorAll('[data-traces]')) {
    const traces = [...group.querySelectorAll('.trace')].map((figure) => ({
        figure,
        lanes: [...figure.querySelectorAll('.lane')],
        box: figure.querySelector('.lanes'),
        over: figure.querySelector('.over'),
        axis: figure.querySelector('.axis'),
        ticks: figure.querySelector('.axis').innerHTML,
        read: figure.querySelector('.read'),
        names: new Map([...figure.querySelectorAll('.legend li')].map((li) => [li.dataset.state, li])),
    }));
    const width = Number(traces[0].figure.dataset.width);
    let [from, to] = [0, width];
    let moment = null;

    /** The spans of a lane, read from its picture once: [start, length, state], in order. */
    const spans = (lane) => lane.spans ??= [...lane.querySelectorAll('path')]
        .flatMap((path) => [...path.getAttribute('d').matchAll(/M(\d+) 0(?:h(\d+))?v/g)].map((m) => [Number(m[1]), Number(m[2] ?? 0), path.dataset.state]))
        .sort((a, b) => a[0] - b[0]);
    const stateAt = (lane, at) => spans(lane).find(([start, length]) => start <= at && at < start + length)?.[2];

    function axis(trace) {
        if (from === 0 && to === width) {
            trace.axis.innerHTML = trace.ticks;
            return;
        }
        const power = 10 ** Math.floor(Math.log10(to - from));
        const step = [power, power / 2, power / 5].find((s) => (to - from) / s >= 4) ?? power / 5;
        const marks = [];
        for (let at = Math.ceil(from / step) * step; at <= to && marks.length < 12; at += step) {
            const mark = document.createElement('span');
            mark.style.left = `${100 * (at - from) / (to - from)}%`;
            mark.textContent = time(at);
            marks.push(mark);
        }
        trace.axis.replaceChildren(...marks);
    }

    function mark() {
        for (const trace of traces) {
            const line = trace.over.querySelector('.moment');
            line.hidden = moment === null || moment < from || moment > to;
            line.style.left = `${100 * ((moment ?? 0) - from) / (to - from)}%`;
        }
    }

    function show(low, high) {
        const most = Math.max(width / MOST_ZOOM, 1);
        const length = Math.min(Math.max(high - low, most), width);
        from = Math.min(Math.max(low, 0), width - length);
        to = from + length;
        for (const trace of traces) {
            trace.lanes.forEach((lane) => lane.querySelector('svg').setAttribute('viewBox', `${from} 0 ${to - from} 10`));
            axis(trace);
        }
        mark();
    }

    /** What each lane did at the moment; only counted where there are many. */
    function read(trace) {
        if (moment === null) {
            trace.read.textContent = '';
            return;
        }
        const did = trace.lanes.map((lane) => [words(lane.querySelector('.name')), stateAt(lane, moment)]);
        const name = (state) => state ? words(trace.names.get(state)) : '–';
        let said = did.map(([lane, state]) => `${lane}: ${name(state)}`);
        if (did.length > MOST_NAMED) {
            const counts = new Map();
            did.forEach(([, state]) => counts.set(name(state), (counts.get(name(state)) ?? 0) + 1));
            said = [...counts].map(([state, count]) => `${state}: ${count}`);
        }
        trace.read.textContent = `${time(moment)}: ${said.join(', ')}`;
    }

    function moveTo(at, from) {
        moment = at === null ? null : Math.min(Math.max(at, 0), width);
        mark();
        // Only the one that the reader points at is read out.
        traces.forEach((trace) => trace === from || moment === null ? read(trace) : trace.read.textContent = '');
    }

    function act(what) {
        const length = to - from;
        const centre = moment !== null && moment >= from && moment <= to ? moment : from + length / 2;
        const part = (centre - from) / length;
        const zoom = (factor) => show(centre - part * length * factor, centre + (1 - part) * length * factor);
        ({
            in: () => zoom(0.5),
            out: () => zoom(2),
            left: () => show(from - length / 4, to - length / 4),
            right: () => show(from + length / 4, to + length / 4),
            all: () => show(0, width),
        })[what]();
    }

    group.querySelectorAll('[data-act]').forEach((button) => button.addEventListener('click', () => act(button.dataset.act)));
    for (const trace of traces) {
        const place = (event) => {
            const box = trace.over.getBoundingClientRect();
            return from + (to - from) * Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
        };
        const range = trace.over.querySelector('.range');
        let start = null;
        trace.box.addEventListener('pointermove', (event) => {
            const at = place(event);
            moveTo(at, trace);
            if (start !== null) {
                const [low, high] = [Math.min(start, at), Math.max(start, at)];
                range.hidden = false;
                range.style.left = `${100 * (low - from) / (to - from)}%`;
                range.style.width = `${100 * (high - low) / (to - from)}%`;
            }
        });
        trace.box.addEventListener('pointerdown', (event) => {
            moveTo(place(event), trace);
            if (event.pointerType === 'mouse' && event.button === 0) {
                start = place(event);
            }
        });
        addEventListener('pointerup', (event) => {
            if (start !== null) {
                const [a, b] = [start, place(event)];
                // Less than a hundredth is a click.
                if (Math.abs(b - a) > (to - from) / 100) {
                    show(Math.min(a, b), Math.max(a, b));
                }
                start = null;
                range.hidden = true;
            }
        });
        trace.box.addEventListener('pointerleave', () => start === null && moveTo(null, trace));
        trace.box.addEventListener('dblclick', () => act('all'));
        trace.box.addEventListener('keydown', (event) => {
            const step = (to - from) / 50;
            const now = moment ?? from;
            const key = {
                ArrowLeft: () => moveTo(Math.max(now - step, from), trace),
                ArrowRight: () => moveTo(Math.min(now + step, to), trace),
                '+': () => act('in'),
                '=': () => act('in'),
                '-': () => act('out'),
                0: () => act('all'),
                Escape: () => moveTo(null, trace),
            }[event.key];
            if (key && !event.ctrlKey && !event.metaKey && !event.altKey) {
                event.preventDefault();
                key();
            }
        });
    }
}
