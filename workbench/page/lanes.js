// Lanes: a row is a lane, a column a moment. All traces of a view have one time scale and are zoomed together, and one moment is
// marked in all their lanes. Drawn as lab draws them: the same colours, and where there is less than a pixel for a span, a column
// shows what all lanes did at one and the same instant, so that lanes which take turns never look parallel.

import { lang, say, text } from "./text.js";
import { el, svg, table } from "./dom.js";
import { duration, tickStep } from "./time.js";
import { STATES, occurring } from "./states.js";
import { durationOf, meanInFlight, peakInFlight, spanAt, startOf, timeIn } from "./trace.js";

const GOLDEN = 0.618033988749895;
/** The height of a lane in units of its picture. */
const HIGH = 10;
/** A moment is read out for so many lanes; beyond, the states are counted. */
const MOST_NAMED = 8;
/** A shorter stretch than this cannot be zoomed into, in ns. */
const SHORTEST = 100;
/** A selection of fewer pixels is a click. */
const CLICK = 4;

const WORDS = {
    in: text('확대', 'zoom in'),
    out: text('축소', 'zoom out'),
    left: text('왼쪽으로', 'to the left'),
    right: text('오른쪽으로', 'to the right'),
    all: text('전체 보기', 'show all'),
    fit: text('선택한 구간 확대', 'zoom to the selection'),
    copy: text('SVG 복사', 'copy as SVG'),
    copied: text('SVG를 복사했습니다.', 'Copied as SVG.'),
    saved: text('클립보드를 쓸 수 없어 lanes.svg로 저장했습니다.', 'The clipboard is not available: saved as lanes.svg.'),
    tools: text('레인 도구', 'tools of the lanes'),
    times: text('레인별 시간', 'time of each lane'),
    lane: text('레인', 'lane'),
    lanes: text('레인', 'lanes'),
    nothing: text('없음', 'nothing'),
    sampled: text('한 픽셀보다 짧은 구간이 많아, 열마다 한 순간의 상태를 그렸습니다. 확대하면 모두 보입니다.',
        'Many spans are shorter than a pixel: each column shows one instant. Zoom in to see them all.'),
};

/** Keys of the lanes, for the list of shortcuts. */
export const LANE_KEYS = [
    ['← →', text('순간 이동 (Shift: 구간 선택)', 'move the moment (Shift: select)')],
    ['↑ ↓', text('레인 고르기', 'choose a lane')],
    ['[ ]', text('고른 레인의 앞뒤 변화로', 'previous or next change of the chosen lane')],
    ['+ − 0', text('확대, 축소, 전체', 'zoom in, out, all')],
    ['Enter', text('선택한 구간 확대', 'zoom to the selection')],
    ['Esc', text('순간과 선택 지우기', 'clear moment and selection')],
];

/**
 * The lanes of one trace, or of several. Options: `label` for assistive technology, `from` and `to` of the first view, `compact`
 * without tools and table, `unit` in ns and `time(ns)` for another time than ns, `onMoment(ns|null)`, `onSelect({from,to}|null)`, `onView({from,to}|null)` (null: all is in view), and
 * `say(text)` for what a screen reader is told.
 */
export function lanes(first, options) {
    let traces = [];
    let whole = 1;
    let [from, to] = [0, 1];
    let [moment, selection] = [null, null];
    let pieces = [];
    let chosen = 0;
    let width = 600;

    const label = say(options.label ?? WORDS.lanes);
    const time = options.time ?? duration;
    const unit = options.unit ?? 1;
    const box = el('div', { class: 'lanesbox' });
    const figures = el('div', { class: 'traces', tabindex: '0', role: 'application', 'aria-roledescription': say(WORDS.lanes), 'aria-label': label });
    const legend = el('ul', { class: 'legend' });
    const read = el('p', { class: 'read mono' });
    const note = el('p', { class: 'dim', hidden: true }, say(WORDS.sampled));
    const times = el('details', { class: 'times' }, el('summary', {}, say(WORDS.times)));
    const tool = (sign, words, act) => el('button', { type: 'button', title: say(words), 'aria-label': say(words), onclick: act }, sign);
    const fit = tool('⤢', WORDS.fit, () => zoomToSelection());
    fit.disabled = true;
    const tools = el('div', { class: 'tools', role: 'group', 'aria-label': say(WORDS.tools) },
        tool('+', WORDS.in, () => act.in()), tool('−', WORDS.out, () => act.out()),
        tool('←', WORDS.left, () => act.left()), tool('→', WORDS.right, () => act.right()),
        tool('⟷', WORDS.all, () => act.all()), fit,
        el('button', { type: 'button', onclick: copy }, say(WORDS.copy)));
    box.append(...(options.compact ? [figures, read, legend, note] : [tools, figures, read, legend, note, times]));
    times.addEventListener('toggle', () => times.open && fillTimes());

    /** Where everything of a trace is drawn. */
    function piece(trace, n) {
        const rows = trace.lanes.map((lane, row) => {
            const picture = svg('svg', { preserveAspectRatio: 'none', 'aria-hidden': 'true', focusable: 'false' });
            const name = el('span', { class: 'name', title: say(lane.name) }, say(lane.name));
            return { lane, picture, name, element: el('div', { class: 'lane', 'data-trace': n, 'data-lane': row }, name, picture) };
        });
        const line = el('i', { class: 'moment', hidden: true });
        const range = el('i', { class: 'range', hidden: true });
        const axis = el('div', { class: 'axis', 'aria-hidden': 'true' });
        const length = el('span', { class: 'dim' });
        const title = el('figcaption', {}, say(trace.title), ' ', length);
        const area = el('div', { class: 'lanes' }, rows.map((row) => row.element), el('div', { class: 'over' }, line, range), axis);
        return { start: startOf(trace), rows, line, range, axis, length, title, area, element: el('figure', {}, title, area) };
    }

    /** Shows other traces. The zoom stays where it was, if there is anything. */
    function show(next, keep = {}) {
        const sameShape = next.length === traces.length
            && next.every((trace, n) => trace.lanes.length === traces[n].lanes.length
                && trace.lanes.every((lane, m) => say(lane.name) === say(traces[n].lanes[m].name)));
        const before = whole;
        const all = from === 0 && to === whole;
        traces = next;
        whole = Math.max(...traces.map(durationOf), 1);
        if (sameShape) {
            pieces.forEach((one, n) => {
                one.start = startOf(traces[n]);
                one.title.replaceChildren(say(traces[n].title), ' ', one.length);
                one.rows.forEach((row, m) => { row.lane = traces[n].lanes[m]; });
            });
        } else {
            pieces = traces.map(piece);
            figures.replaceChildren(...pieces.map((one) => one.element));
            chosen = Math.min(chosen, Math.max(flat().length - 1, 0));
        }
        pieces.forEach((one, n) => {
            const virtual = traces[n].clock === 'virtual' ? say(text(', 가상 시간', ', virtual time')) : '';
            one.length.textContent = `${time(durationOf(traces[n]))}${virtual}`;
        });
        if (all || from >= whole || before === 1) {
            [from, to] = [0, whole];
        } else {
            to = Math.min(to, whole);
        }
        if (keep.view) {
            [from, to] = clamp(keep.view.from, keep.view.to);
        }
        legend.replaceChildren(...occurring(traces.flatMap((trace) => trace.lanes)).filter((state) => state !== 'idle')
            .map((state) => el('li', {}, el('i', { class: STATES[state].mark ? 'cross' : '', style: { background: STATES[state].mark ? 'none' : STATES[state].fill } },
                STATES[state].mark ? STATES[state].glyph : ''), say(STATES[state].name))));
        if (times.open) {
            fillTimes();
        }
        figures.setAttribute('aria-label', `${label}. ${summary()}`);
        draw();
    }

    /** What a screen reader says of the picture. */
    function summary() {
        return traces.map((trace) => {
            const { peak } = peakInFlight(trace, ['running']);
            const mean = meanInFlight(trace, 'running', durationOf(trace)).toFixed(1);
            const [n, long] = [trace.lanes.length, duration(durationOf(trace))];
            return say(text(`${say(trace.title)}: 레인 ${n}개, ${long}, 동시에 실행 최대 ${peak}개, 평균 ${mean}개.`,
                `${say(trace.title)}: ${n} lanes, ${long}, at most ${peak} running at the same time, ${mean} on average.`));
        }).join(' ');
    }

    function fillTimes() {
        const blocks = traces.map((trace) => {
            const states = occurring(trace.lanes);
            const rows = trace.lanes.slice(0, 200).map((lane) => [say(lane.name), ...states.map((state) => STATES[state].mark
                ? `${lane.spans.filter((span) => span.state === state).length}×`
                : duration(timeIn(lane, state)))]);
            return table(say(trace.title) || say(WORDS.times), [say(WORDS.lane), ...states.map((state) => say(STATES[state].name))], rows);
        });
        times.replaceChildren(times.firstChild, ...blocks);
    }

    function draw() {
        const crowded = pieces.some((one) => one.rows.some((row) => visible(row.lane, one.start).length > width / 2));
        pieces.forEach((one) => one.rows.forEach((row) => {
            const drawn = crowded ? sampled(row.lane, one.start) : exact(row.lane, one.start);
            row.picture.setAttribute('viewBox', `0 0 ${width} ${HIGH}`);
            row.picture.replaceChildren(...drawn);
        }));
        note.hidden = !crowded;
        pieces.forEach((one) => axis(one.axis));
        mark();
    }

    const x = (at) => (at - from) * width / (to - from);

    /** The spans of a lane in view, by their places: [first, last). */
    function visible(lane, start) {
        const place = (at, edge) => {
            let [low, high] = [0, lane.spans.length];
            while (low < high) {
                const middle = (low + high) >> 1;
                lane.spans[middle][edge] - start < at ? low = middle + 1 : high = middle;
            }
            return low;
        };
        const [first, last] = [place(from, 'end'), place(to, 'start')];
        return { first, last, length: last - first };
    }

    function exact(lane, start) {
        const paths = new Map();
        const marks = [];
        const { first, last } = visible(lane, start);
        // One more on each side: a mark may stand at the edge.
        for (const span of lane.spans.slice(first, last + 1)) {
            const left = x(span.start - start);
            if (STATES[span.state]?.mark) {
                marks.push(cross(span.state, left));
            } else if (span.end - start > from && span.start - start < to) {
                const [a, b] = [Math.max(left, -1), Math.min(x(span.end - start), width + 1)];
                const wide = Math.max(b - a, 0.5);
                // A thin border, so that two spans that touch are seen as two.
                const drawn = wide >= 4 ? wide - 0.5 : wide;
                paths.set(span.state, `${paths.get(span.state) ?? ''}M${a.toFixed(2)} 0h${drawn.toFixed(2)}v${HIGH}h-${drawn.toFixed(2)}z`);
            }
        }
        return [...[...paths].map(([state, d]) => svg('path', { d, fill: STATES[state].fill })), ...marks];
    }

    function sampled(lane, start) {
        const columns = Math.round(width);
        const paths = new Map();
        let [begin, state] = [0, null];
        for (let column = 0; column <= columns; column++) {
            const at = start + from + (column + (column * GOLDEN) % 1) / columns * (to - from);
            const now = column === columns ? null : spanAt(lane, at)?.state ?? null;
            if (now !== state) {
                if (state) {
                    paths.set(state, `${paths.get(state) ?? ''}M${begin} 0H${column}V${HIGH}H${begin}z`);
                }
                [begin, state] = [column, now];
            }
        }
        const marks = lane.spans.filter((span) => STATES[span.state]?.mark && span.start - start >= from && span.start - start <= to);
        return [...[...paths].map(([name, d]) => svg('path', { d, fill: STATES[name].fill })),
            ...marks.slice(0, 200).map((span) => cross(span.state, x(span.start - start)))];
    }

    function cross(state, at) {
        const d = STATES[state].glyph === '†' ? `M${at} 0.5v9M${at - 4} 3h8` : `M${at - 4} 1l8 8M${at - 4} 9l8 -8`;
        return svg('path', { d, stroke: STATES[state].fill, 'stroke-width': '2.5', fill: 'none' });
    }

    function axis(element) {
        // A unit has ticks down to a thousandth.
        const step = tickStep((to - from) / unit * 1e3, Math.max(Math.floor(width / 90), 2)) * unit / 1e3;
        const marks = [];
        for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
            const place = 100 * (at - from) / (to - from);
            // The last number must not go past the end.
            const words = at === 0 ? '0' : time(at);
            marks.push(el('span', { class: place / 100 * width + 7.5 * words.length > width ? 'end' : '', style: { left: `${place}%` } }, words));
        }
        element.replaceChildren(...marks);
    }

    function mark() {
        const place = (at) => `${100 * (at - from) / (to - from)}%`;
        pieces.forEach((one) => {
            one.line.hidden = moment === null || moment < from || moment > to;
            one.line.style.left = place(moment ?? 0);
            one.range.hidden = selection === null;
            if (selection) {
                one.range.style.left = place(selection.from);
                one.range.style.width = `${100 * (selection.to - selection.from) / (to - from)}%`;
            }
        });
        flat().forEach(({ row }, n) => row.element.classList.toggle('chosen', n === chosen && document.activeElement === figures));
        fit.disabled = selection === null;
    }

    const flat = () => pieces.flatMap((one) => one.rows.map((row) => ({ one, row })));

    /** What each lane did at the moment. */
    function sayMoment() {
        if (moment === null) {
            return '';
        }
        const name = (state) => state ? say(STATES[state].name) : '–';
        const said = pieces.map((one) => {
            const did = one.rows.map((row) => [say(row.lane.name), name(spanAt(row.lane, moment + one.start)?.state)]);
            if (did.length <= MOST_NAMED) {
                return did.map(([lane, state]) => `${lane}: ${state}`).join(', ');
            }
            const counts = new Map();
            did.forEach(([, state]) => counts.set(state, (counts.get(state) ?? 0) + 1));
            return [...counts].map(([state, count]) => `${state}: ${count}`).join(', ');
        });
        return `${moment === 0 ? '0' : time(moment)} · ${said.join(' │ ')}`;
    }

    function setMoment(at, quiet = false) {
        moment = at === null ? null : Math.min(Math.max(at, 0), whole);
        mark();
        read.textContent = sayMoment();
        if (!quiet) {
            options.onMoment?.(moment);
        }
    }

    function select(a, b, quiet = false) {
        selection = a === null ? null : { from: Math.max(Math.min(a, b), 0), to: Math.min(Math.max(a, b), whole) };
        mark();
        if (!quiet) {
            options.onSelect?.(selection);
        }
    }

    function clamp(low, high) {
        const length = Math.min(Math.max(high - low, Math.min(SHORTEST, whole)), whole);
        const start = Math.min(Math.max(low, 0), whole - length);
        return [start, start + length];
    }

    function zoom(low, high) {
        [from, to] = clamp(low, high);
        draw();
        options.onView?.(from === 0 && to === whole ? null : { from, to });
    }

    function around(factor, centre) {
        const at = centre ?? (moment !== null && moment >= from && moment <= to ? moment : (from + to) / 2);
        const part = (at - from) / (to - from);
        const length = (to - from) * factor;
        zoom(at - part * length, at + (1 - part) * length);
    }

    function zoomToSelection() {
        if (selection && selection.to > selection.from) {
            zoom(selection.from, selection.to);
        }
    }

    const act = {
        in: () => around(0.5),
        out: () => around(2),
        left: () => zoom(from - (to - from) / 4, to - (to - from) / 4),
        right: () => zoom(from + (to - from) / 4, to + (to - from) / 4),
        all: () => zoom(0, whole),
    };

    /** By the keyboard: moves the moment, or with Shift one end of the selection. The moment stays in view. */
    function step(by, selects) {
        const before = moment ?? (by > 0 ? from : to);
        const next = Math.min(Math.max(before + by, 0), whole);
        if (selects) {
            const anchor = selection ? (Math.abs(selection.from - before) < Math.abs(selection.to - before) ? selection.to : selection.from) : before;
            select(anchor, next);
        }
        setMoment(next);
        if (moment < from || moment > to) {
            zoom(from + by * 5, to + by * 5);
        }
        options.say?.(sayMoment());
    }

    function change(forward) {
        const { one, row } = flat()[chosen] ?? {};
        if (!row) {
            return;
        }
        const now = moment ?? (forward ? -1 : whole + 1);
        const borders = row.lane.spans.map((span) => span.start - one.start);
        const next = forward ? borders.find((at) => at > now) : borders.findLast((at) => at < now);
        if (next !== undefined) {
            step(next - (moment ?? (forward ? from : to)), false);
        }
    }

    function choose(by) {
        const rows = flat();
        chosen = Math.min(Math.max(chosen + by, 0), rows.length - 1);
        mark();
        const { one, row } = rows[chosen];
        row.element.scrollIntoView({ block: 'nearest' });
        const state = moment === null ? '' : `: ${say(STATES[spanAt(row.lane, moment + one.start)?.state]?.name ?? WORDS.nothing)}`;
        options.say?.(`${say(row.lane.name)}${state}`);
    }

    figures.addEventListener('keydown', (event) => {
        const by = (to - from) / 50;
        const key = {
            ArrowLeft: () => step(-by, event.shiftKey),
            ArrowRight: () => step(by, event.shiftKey),
            ArrowUp: () => choose(-1),
            ArrowDown: () => choose(1),
            '[': () => change(false),
            ']': () => change(true),
            '+': act.in, '=': act.in, '-': act.out, 0: act.all,
            Home: () => setMoment(from),
            End: () => setMoment(to),
            Enter: zoomToSelection,
            Escape: () => { setMoment(null); select(null); },
        }[event.key];
        if (key && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            event.stopPropagation();
            key();
        }
    });
    figures.addEventListener('focus', mark);
    figures.addEventListener('blur', mark);

    // Pointers: one selects, two zoom.
    const pointers = new Map();
    let [began, spread] = [null, null];
    const place = (event) => {
        const area = pieces[0]?.area.querySelector('.over').getBoundingClientRect();
        return area ? from + (to - from) * Math.min(Math.max((event.clientX - area.left) / area.width, 0), 1) : 0;
    };
    figures.addEventListener('pointerdown', (event) => {
        if (event.button !== 0 || !event.target.closest('.lanes')) {
            return;
        }
        pointers.set(event.pointerId, event);
        began = pointers.size === 1 ? { at: place(event), x: event.clientX, on: event.target.closest('.lane') } : null;
        if (pointers.size === 2) {
            const [a, b] = [...pointers.values()].map((p) => p.clientX);
            spread = { wide: Math.max(Math.abs(a - b), 20), from, to, centre: (place([...pointers.values()][0]) + place([...pointers.values()][1])) / 2 };
        }
        setMoment(place(event));
        figures.setPointerCapture(event.pointerId);
    });
    figures.addEventListener('pointermove', (event) => {
        if (pointers.has(event.pointerId)) {
            pointers.set(event.pointerId, event);
        }
        if (pointers.size === 2 && spread) {
            const [a, b] = [...pointers.values()].map((p) => p.clientX);
            const factor = spread.wide / Math.max(Math.abs(a - b), 20);
            zoom(spread.centre - (spread.centre - spread.from) * factor, spread.centre + (spread.to - spread.centre) * factor);
        } else if (event.target.closest?.('.lanes') || began) {
            setMoment(place(event));
            if (began && Math.abs(event.clientX - began.x) > CLICK) {
                select(began.at, place(event), true);
            }
        }
    });
    const lift = (event) => {
        if (!pointers.delete(event.pointerId)) {
            return;
        }
        if (began && event.type === 'pointerup') {
            if (Math.abs(event.clientX - began.x) > CLICK) {
                select(began.at, place(event));
            } else if (began.on) {
                chosen = flat().findIndex(({ row }) => row.element === began.on);
                select(null);
            }
        }
        began = null;
        spread = pointers.size === 2 ? spread : null;
    };
    figures.addEventListener('pointerup', lift);
    figures.addEventListener('pointercancel', lift);
    figures.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && pointers.size === 0 && setMoment(null));
    figures.addEventListener('dblclick', () => act.all());
    figures.addEventListener('wheel', (event) => {
        // A plain wheel scrolls the page.
        if (event.ctrlKey || event.metaKey) {
            event.preventDefault();
            around(event.deltaY > 0 ? 1.25 : 0.8, place(event));
        }
    }, { passive: false });

    function copy() {
        const picture = toSvg(traces, { from, to });
        const save = () => {
            const link = el('a', { href: URL.createObjectURL(new Blob([picture], { type: 'image/svg+xml' })), download: 'lanes.svg' });
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 1000);
            tell(WORDS.saved);
        };
        const tell = (words) => { read.textContent = say(words); options.say?.(words); };
        navigator.clipboard ? navigator.clipboard.writeText(picture).then(() => tell(WORDS.copied), save) : save();
    }

    const resized = new ResizeObserver(() => {
        const wide = pieces[0]?.area.querySelector('.over').clientWidth;
        if (wide && Math.abs(wide - width) >= 1) {
            width = wide;
            draw();
        }
    });
    resized.observe(figures);
    const list = (one) => Array.isArray(one) ? one : [one];
    show(list(first), options.to > options.from ? { view: { from: options.from, to: options.to } } : {});

    return {
        element: box,
        update: (next) => show(list(next)),
        mark: (at) => setMoment(at, true),
        select: (range) => select(range?.from ?? null, range?.to, true),
        range: zoom,
        view: () => ({ from, to }),
        whole: () => whole,
        toSvg: () => toSvg(traces, { from, to }),
        focus: () => figures.focus(),
        destroy: () => resized.disconnect(),
    };
}

/** A picture for a document, at the look of `--svg`: the stretch in view, light and dark. */
export function toSvg(traces, { from, to }) {
    const [WIDE, MARGIN, LABEL, ROW] = [720, 12, 150, 24];
    const bar = WIDE - 2 * MARGIN - LABEL;
    const escape = (words) => say(words).replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]).replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');
    const short = (words) => words.length > 22 ? `${words.slice(0, 21)}…` : words;
    const left = (at) => LABEL + (at - from) / (to - from) * bar;
    let [out, y] = ['', MARGIN + 6];
    for (const trace of traces) {
        const start = startOf(trace);
        out += `<text font-weight="bold" x="0" y="${y + 12}">${escape(trace.title)}</text>`;
        y += ROW;
        for (const lane of trace.lanes) {
            out += `<text x="0" y="${y + 15}">${escape(short(say(lane.name)))}</text>`;
            for (const span of lane.spans) {
                const [a, b] = [span.start - start, span.end - start];
                if (STATES[span.state].mark && a >= from && a <= to) {
                    out += `<path d="M${(left(a) - 5).toFixed(2)} ${y + 4}l10 10m-10 0l10-10" stroke="${STATES[span.state].fill}" stroke-width="2.5"/>`;
                } else if (b > from && a < to) {
                    const [x1, x2] = [left(Math.max(a, from)), left(Math.min(b, to))];
                    out += `<rect x="${x1.toFixed(2)}" y="${y + 1}" width="${Math.max(x2 - x1, 0.5).toFixed(2)}" height="${ROW - 4}" fill="${STATES[span.state].fill}"><title>${escape(STATES[span.state].name)} ${duration(span.end - span.start)}</title></rect>`;
                }
            }
            y += ROW;
        }
        const step = tickStep(to - from, 7);
        out += `<path class="rule" d="M${LABEL} ${y}h${bar}"/>`;
        for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
            out += `<path class="rule" d="M${left(at).toFixed(2)} ${y}v5"/><text font-size="12" text-anchor="${left(at) > LABEL + bar - 20 ? 'end' : 'middle'}" x="${left(at).toFixed(2)}" y="${y + 18}">${at === 0 ? '0' : duration(at)}</text>`;
        }
        y += ROW + 12;
    }
    let x = LABEL;
    for (const state of occurring(traces.flatMap((trace) => trace.lanes)).filter((s) => s !== 'idle')) {
        const name = escape(STATES[state].name);
        const wide = 30 + [...name].reduce((sum, c) => sum + (c > '\u1100' ? 14 : 7.5), 0);
        if (x + wide > LABEL + bar) {
            [x, y] = [LABEL, y + 20];
        }
        out += `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${STATES[state].fill}"/><text x="${x + 18}" y="${y}">${name}</text>`;
        x += wide;
    }
    const high = y + 16;
    return `<svg xmlns="http://www.w3.org/2000/svg" lang="${lang()}" viewBox="0 0 ${WIDE} ${high}" width="${WIDE}" height="${high}" font-family="sans-serif" font-size="14" role="img">`
        + '<style>.paper{fill:#fff}text{fill:#1b1d23}.rule{stroke:#b8bcc6;fill:none}@media(prefers-color-scheme:dark){.paper{fill:#161923}text{fill:#d8dbe3}.rule{stroke:#59606f}}</style>'
        + `<rect class="paper" width="100%" height="100%"/><g transform="translate(${MARGIN},0)">${out}</g></svg>\n`;
}
