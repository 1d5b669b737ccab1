// Drives the page of the workbench in headless Chromium: every view in both languages, on a desk and on a phone, light and dark, by mouse and
// by the keyboard alone:
//   node workbench.mjs ADDRESS [SCREENSHOTS]
// ADDRESS is what `workbench --no-open` prints, or a `file:` URL of the exported page. Needs playwright-core (found from the working
// directory) and Chromium (CHROMIUM, else /usr/bin/chromium); with axe-core beside it, its serious findings are faults too.
// Prints one line for each fault, and the frame times of a drag; exit code 1 if there is a fault. Each check is also tried on a page that is
// wrong on purpose.
import { mkdirSync } from 'node:fs';

import { start } from './workbench/browser.mjs';
import * as drag from './workbench/drag.mjs';
import { hasAxe, looks } from './workbench/looks.mjs';
import * as views from './workbench/views.mjs';

const [given, screenshots] = process.argv.slice(2);
const address = given.replace(/#.*$/, '');
const exported = address.startsWith('file:');
const VIEWS = ['kitchen', 'drag', 'scheduler', 'counter', 'loop', 'traces'];
const began = Date.now();
const { open, closeAll, end } = await start(address);

/** A check has noticed what it was to notice. */
class Noticed extends Error {}

/** What a check finds. `expected`: it may end as soon as this is among it. */
async function faultsOf(check, spoil, expected) {
    const found = new Set();
    let stop;
    // A fault that the page itself reports ends the check too, wherever it waits.
    const noticed = new Promise((_, reject) => { stop = reject; });
    const fault = (what) => {
        found.add(what);
        if (expected?.test(what)) {
            const end = new Noticed(what);
            stop(end);
            throw end;
        }
    };
    try {
        await Promise.race([check(fault, spoil), noticed]);
    } catch (error) {
        if (!(error instanceof Noticed)) {
            found.add(`the check itself: ${error.message.split('\n')[0]}`);
        }
    }
    await closeAll();
    return [...found];
}

if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
}
const driven = (check) => (fault, spoil) => check(open, fault, spoil);
const choosing = ['mouse', 'keys'].flatMap((act) => [views.scheduler(act), views.counter(act), views.eventLoop(act)]);
const checks = [
    ...(exported ? [drag.grid] : [drag.byMouse, drag.byTouch, drag.byKeyboard, drag.lanes, drag.gone]),
    views.kitchen, views.traces, ...choosing, views.remarks, views.strange(VIEWS),
];
const faults = [];
/** Told at once: a run that is stopped has said what it found. */
const told = (what) => {
    faults.push(what);
    console.log(what);
};
const timings = [];
for (const check of [looks(VIEWS, open, { screenshots }), ...checks.map(driven)]) {
    const since = Date.now();
    (await faultsOf(check)).forEach(told);
    timings.push(Date.now() - since);
}
if (!exported) {
    console.log(await drag.frames(open));
    await closeAll();
}
const right = Date.now() - began;

// Pages that are wrong on purpose: a check that does not notice checks nothing. [what, file, from, to, check, what must be said]
const small = looks(['drag'], open, { languages: ['en'] });
const of = { mouse: driven(drag.byMouse), touch: driven(drag.byTouch), keys: driven(drag.byKeyboard), lanes: driven(drag.lanes), gone: driven(drag.gone), kitchen: driven(views.kitchen), traces: driven(views.traces), remarks: driven(views.remarks), strange: driven(views.strange(['kitchen'])) };
const by = (check, act) => driven(check(act));
const WRONG = exported ? [] : [
    ['a wide element', 'style.css', 'h1 {', 'h1 { width: 600px;', small, /px wide/],
    ['pale words', 'style.css', '--dim: #565b66', '--dim: #aaa', small, /contrast/],
    ['a word in one language', 'views/drag.js', "'compare with a second setting, B'", "'다른 설정'", small, /Korean in an English/],
    ['a script that fails', 'views/drag.js', 'const timings = [];', 'nothing.there;', small, /script/],
    ['a control without a name', 'app.js', 'say(WORDS.link))', "'')", small, /without a name/],
    ...(hasAxe ? [['a choice without a name', 'app.js', "'aria-label': say(WORDS.theme)", "'data-x': ''", small, /axe: select-name/]] : []),
    ['blocks that cannot be stretched', 'views/drag/blocks.js', '10 ** (dx / DECADE)', '1', of.mouse, /stretch/],
    ['a step to undo for each movement', 'views/drag/undo.js', 'held = true', 'held = false', of.mouse, /whole drag/],
    ['blocks that cannot be moved', 'views/drag/blocks.js', 'Math.hypot(dx, dy) > CLICK', 'false', of.mouse, /move/],
    ['blocks that a finger scrolls away', 'views/drag.css', 'touch-action: pan-y', 'touch-action: pan-x', of.touch, /stretch|move/],
    ['blocks that hold the page', 'views/drag.css', 'touch-action: pan-y', 'touch-action: none', of.touch, /scroll/],
    ['blocks without keys', 'views/drag/blocks.js', "rows.addEventListener('keydown'", "rows.addEventListener('nothing'", of.keys, /shorter/],
    ['keys that undo nothing', 'views/drag/undo.js', "letter === 'z' ? -1 : 0", '0', of.keys, /undo/],
    ['an address that is not written', 'views/drag.js', 'setTimeout(keep, 200)', '0', of.keys, /shorter|second setting/],
    ['a moment in one trace only', 'lanes.js', 'one.line.hidden = moment === null', 'one.line.hidden = one !== pieces[0] || moment === null', of.lanes, /one moment/],
    ['a selection in one trace only', 'lanes.js', 'one.range.hidden = selection === null', 'one.range.hidden = one !== pieces[0] || selection === null', of.lanes, /select in all/],
    ['two knives', 'views/kitchen/picture.js', "cuts: scene.does === 'running'", 'cuts: true', of.kitchen, /one knife/],
    ['a kitchen that does not play', 'views/kitchen.js', '/ PLAY_MS', '* 0', of.kitchen, /playing/],
    ['a peak that counts what only touches', 'trace.js', 'a[1] - b[1]', 'b[1] - a[1]', of.traces, /selection|answers/],
    ['an overlap that is not there', 'trace.js', 'running.delete(lane)', '0', of.traces, /answers/],
    ['a file that is sent', 'views/traces.js', 'error.hidden = true;\n        ctx.say(WORDS.reading);', "ctx.call('meta', {}).catch(() => 0);", of.traces, /were sent/],
    ['an end that is not told', 'app.js', 'banner.hidden = false;\n        }\n        throw error;', '}\n        throw error;', of.gone, /not told/],
    ['lines that do not light up', 'views/scheduler.js', 'new Set(last?.lines ?? [])', 'new Set()', by(views.scheduler, 'mouse'), /lights up/],
    ['turns that cannot be taken back', 'views/scheduler.js', "case 'KeyU': to(turns.here() - 1)", "case 'KeyU': to(turns.here())", by(views.scheduler, 'keys'), /undo/],
    ['a win that does not say why', 'views/scheduler.js', "t(answer.won).replace(/[^.]$/, '$&.')", "''", by(views.scheduler, 'mouse'), /say why/],
    ['a start that is not explained', 'views/scheduler/hints.js', 'return ONLY_STARTED', 'return NOTHING', of.remarks, /first letter/],
    ['a signal that is not explained', 'views/scheduler/hints.js', '? WAKES_NOBODY', '? NOTHING', of.remarks, /nobody waits for/],
    ['threads that take each other\'s turns', 'views/counter.js', 'turns.add(NAMES[thread])', 'turns.add(NAMES[1 - thread])', by(views.counter, 'mouse'), /lost|does not go on/],
    ['outcomes that are forgotten', 'views/counter.js', 'reached.set(answer.reached, turns.now())', '0', by(views.counter, 'keys'), /outcomes are not counted/],
    ['a loop that never waits for the GIL', 'views/loop/threads.js', 'if (!setting.gil) {', 'if (true) {', by(views.eventLoop, 'keys'), /to_thread/],
    ['moments that stand still', 'views/loop.js', 'at = Math.min(Math.max(to, 0)', 'at = Math.min(Math.max(at, 0)', by(views.eventLoop, 'mouse'), /next moments/],
    ['a state that is trusted', 'views/kitchen.js', 'names.includes(given.kitchen) ? given.kitchen : names[0]', 'given.kitchen ?? names[0]', of.strange, /kitchen with/],
];
for (const [name, file, from, to, check, expected] of WRONG) {
    const noticed = await faultsOf(check, [file, from, to], expected);
    if (!noticed.some((what) => expected.test(what))) {
        told(`not noticed: ${name} (${noticed.slice(0, 2).join('; ') || 'no fault'})`);
    }
}
await end();
const seconds = (ms) => `${(ms / 1000).toFixed(0)} s`;
console.log(`${VIEWS.length} views: looked at in ${seconds(timings[0])}${hasAxe ? ', with axe-core' : ', without axe-core'}, ${checks.length} checks in ${seconds(right - timings[0])}, ${WRONG.length} wrong pages in ${seconds(Date.now() - began - right)}; ${faults.length} fault(s)`);
process.exit(faults.length > 0 ? 1 : 0);
