// "Ask the real one": the scenario on every CPython that was found, one after another.

import { el } from "../../dom.js";
import { say, text } from "../../text.js";
import { compared } from "./results.js";

const WORDS = {
    title: text('실제 파이썬에 물어보기', 'Ask the real one'),
    about: text('A의 스레드를 실제 인터프리터에서 최대 2초 동안 실행하고, 이 컴퓨터에 맞춘 시뮬레이션과 비교합니다. 락은 각 인터프리터의 것이고, 코어는 이 컴퓨터의 것입니다.',
        'Runs the threads of A on real interpreters for up to 2 s each, beside a simulation fitted to this machine. The lock is that of each interpreter, the cores are those of this machine.'),
    all: text('찾은 인터프리터 모두 실행', 'run all interpreters found'),
    none: text('파이썬을 찾지 못했습니다. --python 경로로 지정하십시오.', 'No Python was found: name one with --python PATH.'),
    more: text('설치된 모든 파이썬에 물어보려면 이렇게 여십시오: ', 'To ask every Python that is installed, open the page with: '),
    stop: text('멈춤', 'stop'),
    running: text('실행 중', 'running'),
    own: text('인터프리터마다 GIL을 두는 시나리오는 실제로 실행할 수 없습니다.', 'A scenario with a GIL per interpreter cannot be run for real.'),
    stopped: text('멈추었습니다.', 'Stopped.'),
    stale: text('이 뒤로 설정이 바뀌었습니다. 아래는 그 전 설정의 결과입니다.', 'The settings have changed since: below are the results from before.'),
    onPage: text('내보낸 페이지에는 서버가 없어 실행할 수 없습니다. cargo run -p workbench로 여십시오.', 'The exported page has no server to run it: open it with cargo run -p workbench.'),
};

/** Results outlive a change of language. */
const kept = { asked: '', answers: [] };

/** `scenario()` is what to ask now. */
export function realPart({ ctx, scenario, own }) {
    const { pythons } = ctx.meta;
    let stop = null;
    const results = el('div');
    const stale = el('p', { class: 'notice', hidden: true }, say(WORDS.stale));
    const progress = el('p', { role: 'status' });
    const stopButton = el('button', { type: 'button', hidden: true, onclick: () => stop?.abort() }, say(WORDS.stop));
    const able = pythons.filter((python) => !python.why_not);
    const button = (words, list) => el('button', { type: 'button', class: 'ask', onclick: () => ask(list) }, words);
    const buttons = el('div', { class: 'row' }, able.length > 1 && button(say(WORDS.all), able), able.map((python) => button(python.name, [python])), stopButton);

    async function ask(list) {
        if (own()) {
            progress.textContent = say(WORDS.own);
            return;
        }
        stop = new AbortController();
        const asked = scenario();
        kept.asked = JSON.stringify(asked);
        kept.answers = [];
        busy(true);
        for (const python of list) {
            progress.textContent = `${python.name}: ${say(WORDS.running)}…`;
            try {
                kept.answers.push({ python, answer: await ctx.call('real', { scenario: asked, python: python.id }, { signal: stop.signal }) });
            } catch (error) {
                if (stop.signal.aborted) {
                    break;
                }
                kept.answers.push({ python, error: error.text ?? text(String(error), String(error)) });
            }
            show();
        }
        progress.textContent = stop.signal.aborted ? say(WORDS.stopped) : '';
        stop = null;
        busy(false);
    }

    function busy(now) {
        buttons.querySelectorAll('.ask').forEach((one) => { one.disabled = now; });
        stopButton.hidden = !now;
    }

    let views = [];

    function show() {
        views.forEach((view) => view.destroy());
        views = [];
        results.replaceChildren(...kept.answers.map(({ python, answer, error }) => {
            if (error) {
                return el('p', { class: 'notice bad' }, `${python.name}: ${say(error)}`);
            }
            const traces = [answer.trace && { ...answer.trace, title: text(`${answer.python}: 실제`, `${answer.python}: real`) },
                answer.simulated_trace && { ...answer.simulated_trace, title: text('시뮬레이터', 'simulated') }].filter((trace) => trace?.lanes.length > 0);
            const view = traces.length > 0 && ctx.lanes(traces, { label: text(`${answer.python}의 레인`, `lanes of ${answer.python}`) });
            if (view) {
                views.push(view);
            }
            return el('div', { class: 'panel' }, compared(answer), view && view.element,
                answer.why_no_trace && el('p', { class: 'dim' }, say(answer.why_no_trace)), answer.notes.map((note) => el('p', { class: 'dim' }, say(note))));
        }));
        changed();
    }

    function changed() {
        stale.hidden = kept.answers.length === 0 || JSON.stringify(scenario()) === kept.asked;
    }

    if (kept.answers.length > 0) {
        show();
    }
    const refused = pythons.filter((python) => python.why_not).map((python) => el('p', { class: 'dim' }, `${python.name}: ${say(python.why_not)}`));
    const element = el('section', {}, el('h2', {}, say(WORDS.title)),
        ctx.exported ? el('p', {}, say(WORDS.onPage)) : [el('p', {}, say(WORDS.about)), pythons.length === 0 && el('p', {}, say(WORDS.none)), buttons, progress, stale, results, refused,
            pythons.length < 2 && el('p', { class: 'dim' }, say(WORDS.more), el('code', {}, 'cargo run -p workbench -- --python all'))]);
    return { element, changed, leave: () => { stop?.abort(); views.forEach((view) => view.destroy()); } };
}
