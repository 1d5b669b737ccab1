// The kitchen: cooks, a stove, a knife. The traces of the six kitchens, and those of the reader's own scenario, as pictures.

import { el } from "../dom.js";
import { LANE_KEYS } from "../lanes.js";
import { say, text } from "../text.js";
import { duration } from "../time.js";
import { durationOf, peakInFlight, startOf } from "../trace.js";
import { doing, place } from "./kitchen/picture.js";
import { oneCook, sceneAt } from "./kitchen/scene.js";

export const id = "kitchen";
export const title = text('주방', 'The kitchen');
export const keys = [
    ['Space', text('재생, 멈춤 (그림에서)', 'play or pause (on the picture)')],
    ['← →', text('조금 앞뒤로 (그림에서)', 'a little back or forward (on the picture)')],
    ['Home, End', text('처음, 끝 (그림에서)', 'beginning, end (on the picture)')],
    ['F', text('전체 화면 (그림에서)', 'full screen (on the picture)')],
    ...LANE_KEYS,
];

/** So many ms of real time are a minute of the recipe. */
const MINUTE_MS = 20;
/** So long it takes to play a whole trace, in ms. */
const PLAY_MS = 12_000;
/** Cooks of the reader's own scenario that are drawn. */
const MOST_COOKS = 8;
const MINE = 'mine';

const WORDS = {
    choose: text('주방 고르기', 'choose a kitchen'),
    dishes: text('요리 수', 'dishes'),
    mine: text('내 시나리오', 'my scenario'),
    play: text('재생', 'play'),
    pause: text('멈춤', 'pause'),
    again: text('처음부터', 'from the beginning'),
    full: text('전체 화면', 'full screen'),
    time: text('시각', 'moment'),
    cook: text('다시 조리', 'cook again'),
    cooking: text('조리하는 중…', 'cooking…'),
    picture: text('주방의 그림', 'picture of the kitchen'),
    lanes: text('요리별 레인', 'a lane for each dish'),
    took: text('걸린 시간', 'how long it took'),
    means: text('요리는 작업, 요리사는 스레드, 써는 일은 계산, 끓이는 일은 I/O 대기입니다. 화구 하나는 뮤텍스, 칼 하나는 GIL입니다. 요리 하나는 3분 썰고, 4분 끓이고, 1분 더 썹니다.',
        'A dish is a task, a cook is a thread, cutting is computing, simmering is waiting for I/O. One stove for all is a mutex; one knife for all is the GIL. Each dish is cut for 3 minutes, simmers for 4, and is cut for 1 more.'),
    real: text('그림은 이 컴퓨터에서 방금 실행한 프로그램의 트레이스입니다. 레시피의 1분은 20 ms입니다.', 'The picture is the trace of a program that has just run on this machine; a minute of the recipe takes 20 ms.'),
    kept: text('그림은 미리 실행한 프로그램의 트레이스입니다. 레시피의 1분은 20 ms입니다.', 'The picture is the trace of a program that ran before; a minute of the recipe takes 20 ms.'),
    simulated: text('그림은 ‘끌어 보는 GIL’의 시나리오를 시뮬레이션한 트레이스입니다. 스레드가 요리사이고, 락이 있으면 칼은 하나입니다.', 'The picture is the simulated trace of the scenario from "Drag the GIL": a thread is a cook, and with a lock there is one knife.'),
};

const ABOUT = {
    waits: text('요리사 한 사람이 냄비가 끓을 때까지 그 앞에서 기다립니다. 순차 실행입니다.', 'One cook waits by each pot until it is done: sequential execution.'),
    switches: text('냄비가 끓는 동안 다른 요리를 썹니다. 여러 요리가 진행 중이지만 써는 것은 언제나 하나입니다. 동시성이고, asyncio가 이렇게 합니다.', 'While one dish simmers, the cook cuts another. Several are in progress, one is cut at a time: concurrency, as in asyncio.'),
    several: text('요리마다 요리사가 한 사람씩 있습니다. 코어가 충분하면 써는 시간도 겹칩니다. 병렬성입니다.', 'A cook for each dish. With enough cores even the cutting overlaps: parallelism.'),
    'one-stove': text('요리사는 여럿이지만 화구가 하나입니다. 써는 시간은 겹치고 끓이는 시간은 겹치지 않습니다. 뮤텍스입니다.', 'Several cooks share one stove. Cutting overlaps, simmering does not: a mutex.'),
    'one-knife': text('요리사는 여럿이지만 칼이 하나입니다. 끓이는 시간은 겹치고 써는 시간은 겹치지 않습니다. GIL입니다.', 'Several cooks share one knife. Simmering overlaps, cutting does not: the GIL.'),
    blocks: text('번갈아 조리하던 요리사가 요리 2의 냄비 앞에서는 기다립니다. 그동안 다 끓은 요리 1은 요리사를 기다립니다. 이벤트 루프가 막힌 것입니다.', 'The cook who switches waits by the pot of dish 2. Dish 1 is ready meanwhile and waits for the cook: the event loop is blocked.'),
};

/** Kitchens that have been cooked, by name and number of dishes: for the comparison, and for a change of language. */
const cooked = new Map();

export function render(root, given, ctx) {
    const kitchens = ctx.meta.kitchens;
    const mine = typeof given.scenario === 'object' && given.scenario !== null ? given.scenario : null;
    const names = [...kitchens.map((one) => one.id), ...(mine ? [MINE] : [])];
    const state = {
        kitchen: names.includes(given.kitchen) ? given.kitchen : names[0],
        dishes: Number.isInteger(given.dishes) && given.dishes >= 2 && given.dishes <= 8 && !ctx.exported ? given.dishes : 3,
        // A part of the whole, so that it means the same in a run that took longer.
        at: Number.isFinite(given.at) ? Math.min(Math.max(given.at, 0), 1) : 0,
    };
    let [trace, length, begin, shared] = [null, 1, 0, null];
    let [places, lanesPart, playing, gone, asked] = [[], null, null, false, 0];

    const choices = el('div', { class: 'choices', role: 'group', 'aria-label': say(WORDS.choose) },
        names.map((name) => el('button', { type: 'button', 'data-kitchen': name, onclick: () => choose(name) }, say(name === MINE ? WORDS.mine : kitchens.find((one) => one.id === name).name))));
    const count = el('input', { type: 'range', min: '2', max: '8', value: String(state.dishes), 'aria-label': say(WORDS.dishes), onchange: () => { state.dishes = Number(count.value); load(); }, oninput: () => { countOut.textContent = count.value; } });
    const countOut = el('output', {}, String(state.dishes));
    const about = el('p', { class: 'about' });
    const error = el('p', { class: 'notice bad', role: 'alert', hidden: true });
    const scene = el('div', { class: 'scene', tabindex: '0', role: 'group', 'aria-label': say(WORDS.picture) });
    const now = el('p', { class: 'now' });
    const playButton = el('button', { type: 'button', class: 'primary', onclick: toggle }, `▶ ${say(WORDS.play)}`);
    const slider = el('input', { type: 'range', min: '0', max: '1000', value: '0', 'aria-label': say(WORDS.time), oninput: () => { stop(); go(Number(slider.value) / 1000); } });
    const clock = el('output', { class: 'mono' });
    const lanesPlace = el('div');
    const bars = el('div', { class: 'bars' });
    const source = el('p', { class: 'dim' });
    const again = el('button', { type: 'button', onclick: () => load(true) }, say(WORDS.cook));
    const order = el('div', { class: 'row' }, el('label', { class: 'field' }, el('span', {}, say(WORDS.dishes), ' ', countOut), count), again);
    const stage = el('div', { class: 'stage' }, choices, about, scene, now,
        el('div', { class: 'player' }, playButton, el('button', { type: 'button', onclick: () => { stop(); go(0); } }, say(WORDS.again)), slider, clock,
            document.fullscreenEnabled && el('button', { type: 'button', onclick: () => ctx.full(stage) }, say(WORDS.full))),
        lanesPlace, bars);

    const minutes = (ns) => (ns / 1e6 / MINUTE_MS).toFixed(1);
    const span = (ns) => state.kitchen === MINE ? (ns === 0 ? '0' : duration(ns)) : say(text(`${minutes(ns)}분`, `${minutes(ns)} min`));

    function choose(name) {
        stop();
        state.kitchen = name;
        state.at = 0;
        load();
    }

    const keep = () => ctx.setState({ kitchen: state.kitchen, ...(state.dishes === 3 ? {} : { dishes: state.dishes }), ...(state.at > 0 ? { at: Number(state.at.toFixed(4)) } : {}), ...(mine ? { scenario: mine } : {}) });

    async function load(fresh = false) {
        const number = ++asked;
        const { kitchen, dishes } = state;
        const key = `${kitchen} ${dishes}`;
        choices.querySelectorAll('button').forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.kitchen === kitchen)));
        about.textContent = kitchen === MINE ? say(WORDS.simulated) : say(ABOUT[kitchen] ?? '');
        source.textContent = kitchen === MINE ? '' : say(ctx.exported ? WORDS.kept : WORDS.real);
        keep();
        order.hidden = ctx.exported || kitchen === MINE;
        try {
            if (kitchen === MINE) {
                const answer = await ctx.call('simulate', { scenario: mine, keep: 200e6 });
                if (gone || number !== asked) {
                    return;
                }
                shared = mine.gil?.version === 'free' || (Array.isArray(mine.threads) && mine.threads.some((one) => one?.interpreter > 0)) ? null : 'knife';
                show({ ...answer.trace, lanes: answer.trace.lanes.slice(0, MOST_COOKS) });
            } else {
                if (fresh || !cooked.has(key)) {
                    now.textContent = say(WORDS.cooking);
                    const answer = await ctx.call('kitchen', { kitchen, dishes, minute_ms: MINUTE_MS });
                    cooked.set(key, answer);
                }
                if (gone || number !== asked) {
                    return;
                }
                shared = undefined;
                show(cooked.get(key).dishes);
            }
            error.hidden = true;
            compare();
        } catch (problem) {
            if (!gone && number === asked) {
                now.textContent = '';
                error.textContent = say(problem.text ?? text(String(problem), String(problem)));
                error.hidden = false;
            }
        }
    }

    function show(next) {
        trace = next;
        [length, begin] = [Math.max(durationOf(trace), 1), startOf(trace)];
        places = trace.lanes.map((lane) => place(say(lane.name)));
        scene.replaceChildren(...places.map((one) => one.element));
        scene.style.setProperty('--all', String(places.length));
        scene.style.setProperty('--few', String(Math.min(places.length, 4)));
        lanesPart?.destroy();
        lanesPart = ctx.lanes({ ...trace, title: text('', '') }, { label: WORDS.lanes, compact: true, ...(state.kitchen === MINE ? {} : { unit: MINUTE_MS * 1e6, time: span }), onMoment: (at) => {
            // What the mouse points at is shown; when it leaves, the moment stays.
            if (at !== null) {
                stop();
                go(at / length, true);
            } else {
                lanesPart.mark(state.at * length);
            }
        } });
        lanesPlace.replaceChildren(lanesPart.element);
        go(state.at);
    }

    /** Shows the moment; `marked`: the lanes know it already. */
    function go(at, marked = false) {
        state.at = Math.min(Math.max(at, 0), 1);
        const moment = begin + state.at * length;
        const scenes = sceneAt(state.kitchen, trace, moment, shared);
        places.forEach((one, n) => one.show(state.kitchen, scenes[n]));
        slider.value = String(Math.round(state.at * 1000));
        clock.textContent = `${span(state.at * length)} / ${span(length)}`;
        slider.setAttribute('aria-valuetext', clock.textContent);
        now.textContent = say(words(scenes));
        if (!marked) {
            lanesPart.mark(state.at * length);
        }
        if (!playing) {
            keepSoon();
        }
    }

    let written = null;
    function keepSoon() {
        clearTimeout(written);
        written = setTimeout(keep, 300);
    }

    /** The picture in words. */
    function words(scenes) {
        const of = (state) => scenes.filter((one) => one.does === state).length;
        const waiting = scenes.filter((one) => one.does && !['running', 'waiting_for_io', 'native', 'idle'].includes(one.does));
        const [cut, simmer, done, wait] = [of('running'), of('waiting_for_io'), scenes.filter((one) => one.done).length, waiting.length];
        const why = waiting.length > 0 ? doing(state.kitchen, waiting[0]) : text('기다림', 'wait');
        return text(`지금: 써는 요리 ${cut}, 끓는 요리 ${simmer}, ${why.ko}: ${wait}, 완성 ${done}`, `now: cut ${cut}, simmering ${simmer}, ${why.en}: ${wait}, done ${done}`);
    }

    function toggle() {
        playing ? stop() : play();
    }

    function play() {
        if (!trace) {
            return;
        }
        if (state.at >= 1) {
            state.at = 0;
        }
        let before = performance.now();
        const step = (time) => {
            go(state.at + Math.max(time - before, 0) / PLAY_MS);
            before = time;
            if (state.at >= 1) {
                stop();
            } else {
                playing = requestAnimationFrame(step);
            }
        };
        playing = requestAnimationFrame(step);
        stage.classList.add('playing');
        playButton.textContent = `⏸ ${say(WORDS.pause)}`;
    }

    function stop() {
        if (playing) {
            cancelAnimationFrame(playing);
            playing = null;
            stage.classList.remove('playing');
            playButton.textContent = `▶ ${say(WORDS.play)}`;
            keepSoon();
        }
    }

    /** How long the kitchens took that have been cooked so far, with so many dishes. */
    function compare() {
        const rows = kitchens.filter((one) => cooked.has(`${one.id} ${state.dishes}`)).map((one) => {
            const { dishes } = cooked.get(`${one.id} ${state.dishes}`);
            return { one, took: durationOf(dishes), cut: peakInFlight(dishes, ['running']).peak, simmer: peakInFlight(dishes, ['waiting_for_io']).peak };
        });
        const most = Math.max(...rows.map(({ took }) => took), 1);
        const row = ({ one, took, cut, simmer }) => el('li', { class: one.id === state.kitchen ? 'here' : '' }, el('span', {}, say(one.name)),
            el('span', { class: 'measure' }, el('i', { style: { width: `${(100 * took / most).toFixed(1)}%` } })),
            el('span', { class: 'mono' }, say(text(`${minutes(took)}분, 동시에 써는 요리 최대 ${cut}, 끓는 요리 최대 ${simmer}`, `${minutes(took)} min, at most ${cut} cut and ${simmer} simmering at once`))));
        bars.replaceChildren(...(rows.length > 0 ? [el('h2', {}, say(WORDS.took)), el('ul', {}, rows.map(row))] : []));
    }

    scene.addEventListener('keydown', (event) => {
        const key = {
            ' ': toggle,
            ArrowLeft: () => { stop(); go(state.at - 0.01); ctx.whisper(now.textContent); },
            ArrowRight: () => { stop(); go(state.at + 0.01); ctx.whisper(now.textContent); },
            Home: () => { stop(); go(0); },
            End: () => { stop(); go(1); },
            f: () => ctx.full(stage),
            F: () => ctx.full(stage),
        }[event.key];
        if (key && trace && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            key();
        }
    });

    root.append(el('p', {}, say(WORDS.means)),
        order, error, stage, source);
    load();

    return () => {
        gone = true;
        stop();
        clearTimeout(written);
        lanesPart?.destroy();
    };
}
