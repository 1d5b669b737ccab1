// Drives the page of the workbench in headless Chromium: every view in both languages, on a desk and on a phone, light and dark, by mouse and
// by the keyboard alone:
//   node workbench.mjs ADDRESS [SCREENSHOTS]
// ADDRESS is what `workbench --no-open` prints, or a `file:` URL of the exported page. Needs playwright-core (found from the working
// directory) and Chromium (CHROMIUM, else /usr/bin/chromium); with axe-core beside it, its serious findings are faults too.
// Prints one line for each fault, and the frame times of a drag; exit code 1 if there is a fault. Each check is also tried on a page that is
// wrong on purpose.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { contrast, layout } from './page_checks.mjs';

const require = createRequire(join(process.cwd(), 'x.js'));
const { chromium } = require('playwright-core');
const AXE = join(process.cwd(), 'node_modules/axe-core/axe.min.js');
const PROFILE = join(dirname(fileURLToPath(import.meta.url)), '../gil-sim/tests/data/two-threads.gecko.json');

const [given, screenshots] = process.argv.slice(2);
const address = given.replace(/#.*$/, '');
const exported = address.startsWith('file:');
const VIEWS = ['kitchen', 'drag', 'scheduler', 'counter', 'loop', 'traces'];
const WIDTHS = [1280, 375];
const THEMES = ['light', 'dark'];
const LANGUAGES = ['ko', 'en'];

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const encode = (state) => Buffer.from(JSON.stringify(state)).toString('base64url');
const hash = (view, state, lang, theme) => `#/${view}?${state ? `s=${encode(state)}&` : ''}lang=${lang}&theme=${theme}`;
/** The state in the address. The page writes it when the hand rests, on a busy machine later: waits for one that is `good`, for 8 s at most. */
async function stateOf(page, good = () => true) {
    let state = {};
    for (let n = 0; n < 16; n += 1) {
        await page.waitForTimeout(500);
        const s = new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('s');
        state = s ? JSON.parse(Buffer.from(s, 'base64url').toString()) : {};
        if (good(state)) {
            break;
        }
    }
    return state;
}

/** A page of its own. `spoil`: [file, from, to] is changed on the way to the browser. */
async function open(view, { state, lang = 'en', theme = 'light', width = 1280, touch = false, spoil, axe }, fault) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: 'light', hasTouch: touch, bypassCSP: Boolean(axe) });
    const page = await context.newPage();
    page.on('pageerror', (error) => fault(`script: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && fault(`console: ${message.text()}`));
    page.on('request', (request) => {
        if (!request.url().startsWith(address.replace(/[^/]*$/, '')) && !/^(data|blob):/.test(request.url())) {
            fault(`it loads ${request.url()}`);
        }
    });
    if (spoil) {
        const [file, from, to] = spoil;
        await page.route(`**/${file}`, async (route) => {
            const answer = await route.fetch();
            const body = await answer.text();
            if (!body.includes(from)) {
                fault('nothing was spoilt');
            }
            await route.fulfill({ response: answer, body: body.replace(from, to) });
        });
    }
    await page.goto(address + hash(view, state, lang, theme), { waitUntil: 'load' });
    await page.locator(`.view.${view} > *`).first().waitFor({ timeout: 30_000 });
    await page.waitForTimeout(700);
    return page;
}

/** What a screen reader needs. */
const names = () => {
    const said = [];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    ids.filter((id, n) => ids.indexOf(id) !== n).slice(0, 3).forEach((id) => said.push(`two elements have the id ${id}`));
    for (const control of document.querySelectorAll('button, a, summary')) {
        const visible = [...control.querySelectorAll('*')].concat(control).filter((e) => !e.closest('[aria-hidden=true]') && (e === control || e.checkVisibility()));
        if (!control.getAttribute('aria-label') && !visible.some((e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))) {
            said.push(`a control without a name: ${control.outerHTML.slice(0, 80)}`);
        }
    }
    for (const field of document.querySelectorAll('input, select, textarea')) {
        if (!field.getAttribute('aria-label') && !document.getElementById(field.getAttribute('aria-labelledby'))?.textContent && field.labels.length === 0) {
            said.push(`a field without a name: ${field.outerHTML.slice(0, 80)}`);
        }
    }
    document.querySelectorAll('svg:not([aria-hidden=true], [aria-hidden=true] *)').forEach((picture) => said.push(`a picture without words: ${picture.outerHTML.slice(0, 60)}`));
    return said;
};

/** Words of the other language: English is without Hangul but for the names of the languages, and a Korean page has some everywhere. */
const language = (lang) => {
    const said = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const hangul = /[가-힣]/;
    while (texts.nextNode()) {
        const { parentElement: element, textContent: words } = texts.currentNode;
        if (lang === 'en' && hangul.test(words) && !element.closest('pre, [lang=ko]:not(html)')) {
            said.push(`Korean in an English page: ${words.trim().slice(0, 60)}`);
        }
        if (lang === 'ko' && /^[A-Za-z][A-Za-z ,.'’]{25,}$/.test(words.trim()) && !element.closest('pre, code, [lang=en]')) {
            said.push(`English in a Korean page: ${words.trim().slice(0, 60)}`);
        }
    }
    if (document.documentElement.lang !== lang || document.querySelectorAll('nav a').length !== 6) {
        said.push('the header is not whole');
    }
    return said;
};

/** A view as it looks. */
const look = (view, lang, width, theme) => async (fault, spoil) => {
    const tell = (what) => fault(`${view} ${lang} ${width} px ${theme}: ${what}`);
    const page = await open(view, { lang, theme, width, spoil }, tell);
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
    for (const check of [layout, names]) {
        (await page.evaluate(check)).forEach(tell);
    }
    (await page.evaluate(contrast, 15)).forEach(tell);
    (await page.evaluate(language, lang)).forEach(tell);
    if (screenshots && !spoil) {
        await page.screenshot({ path: join(screenshots, `${view}-${lang}-${width}-${theme}.png`), fullPage: true });
    }
    await page.context().close();
};

const axe = (view) => async (fault) => {
    if (!existsSync(AXE)) {
        return;
    }
    const page = await open(view, { axe: true }, fault);
    await page.evaluate(readFileSync(AXE, 'utf8'));
    const found = await page.evaluate(async () => (await globalThis.axe.run({ preload: false })).violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 90)}`));
    found.forEach((what) => fault(`${view}: axe: ${what}`));
    await page.context().close();
};

const THREADS = { threads: [{ name: 'CPU', count: 7, steps: [['run', 20e6], ['wait', 5e6]] }, { name: 'I/O', count: 1, steps: [['echo', null], ['run', 2e5]] }] };
const blocks = (state) => state.threads.map((thread) => thread.steps.map(([kind, value]) => `${kind} ${value ?? ''}`.trim()).join(', ')).join(' | ');
const pictures = (page) => page.$$eval('.result .lane path', (all) => all.map((path) => path.getAttribute('d')).join(''));

/** Blocks are stretched, moved, added and removed with the mouse; the lanes and the address follow. */
async function dragByMouse(fault, spoil) {
    const page = await open('drag', { state: THREADS, spoil }, fault);
    const box = (t, i) => page.locator(`.block[data-t="${t}"][data-i="${i}"]`).boundingBox();
    const pull = async (from, to) => {
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
        await page.mouse.move(from.x + 8, from.y, { steps: 3 });
        await page.mouse.move(to.x, to.y, { steps: 12 });
        await page.mouse.up();
    };
    const inside = (b, x = 12) => ({ x: b.x + x, y: b.y + b.height / 2 });
    const before = await pictures(page);
    const first = await box(0, 0);
    await pull(inside(first, first.width - 6), inside(first, first.width - 66));
    const stretched = await stateOf(page, (state) => state.threads?.[0].steps[0][1] < 5e6);
    if (!(stretched.threads?.[0].steps[0][1] < 5e6) || (await pictures(page)) === before) {
        fault(`the edge of a block does not stretch it: ${JSON.stringify(stretched.threads)}`);
    }
    await pull(inside(await box(0, 1)), inside(await box(1, 1), 200));
    const moved = await stateOf(page, (state) => state.threads && /^run \d+ \| echo, run 200000, wait 5000000$/.test(blocks(state)));
    if (!moved.threads || !/^run \d+ \| echo, run 200000, wait 5000000$/.test(blocks(moved))) {
        fault(`a block does not move to another thread: ${moved.threads && blocks(moved)}`);
    }
    await pull(inside(await page.locator('.add.native').boundingBox()), inside(await box(0, 0), 2));
    const added = await stateOf(page, (state) => state.threads && /^native 10000000, run/.test(blocks(state)));
    if (!added.threads || !/^native 10000000, run/.test(blocks(added))) {
        fault(`a block is not dragged out of the palette: ${added.threads && blocks(added)}`);
    }
    await page.mouse.move(...Object.values(inside(await box(0, 0))));
    await page.mouse.down();
    await page.mouse.move(300, 300, { steps: 5 });
    const bin = await page.locator('.bin').boundingBox();
    await page.mouse.move(...Object.values(inside(bin, 60)), { steps: 8 });
    await page.mouse.up();
    const removed = await stateOf(page, (state) => state.threads && /^run/.test(blocks(state)));
    if (!removed.threads || !/^run/.test(blocks(removed))) {
        fault(`a block in the bin is not removed: ${removed.threads && blocks(removed)}`);
    }
    await page.context().close();
}

/** On a phone a finger stretches and moves a block, and scrolls the page where there is none. */
async function dragByTouch(fault, spoil) {
    const page = await open('drag', { state: THREADS, width: 375, touch: true, spoil }, fault);
    const session = await page.context().newCDPSession(page);
    const touch = (type, x, y) => session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
    const pull = async (x, y, dx, dy) => {
        await touch('touchStart', x, y);
        for (let n = 1; n <= 15; n += 1) {
            await touch('touchMove', x + dx * n / 15, y + dy * n / 15);
            await page.waitForTimeout(16);
        }
        await touch('touchEnd');
    };
    const box = (t, i) => page.locator(`.block[data-t="${t}"][data-i="${i}"]`).boundingBox();
    await page.locator('.block').first().scrollIntoViewIfNeeded();
    const first = await box(0, 0);
    await pull(first.x + first.width - 6, first.y + 25, -60, 0);
    const stretched = await stateOf(page, (state) => state.threads?.[0].steps[0][1] < 5e6);
    if (!(stretched.threads?.[0].steps[0][1] < 5e6)) {
        fault(`a finger does not stretch a block: ${JSON.stringify(stretched.threads)}`);
    }
    const second = await box(0, 1);
    await pull(second.x + 12, second.y + 25, -second.x + first.x, 0);
    const moved = await stateOf(page, (state) => state.threads && /^wait 5000000, run/.test(blocks(state)));
    if (!moved.threads || !/^wait 5000000, run/.test(blocks(moved))) {
        fault(`a finger does not move a block: ${moved.threads && blocks(moved)}`);
    }
    const before = await page.evaluate(() => scrollY);
    await pull(first.x + 20, first.y + 25, 0, -150);
    await page.waitForTimeout(400);
    if ((await page.evaluate(() => scrollY)) <= before) {
        fault('a finger on a block does not scroll the page');
    }
    await page.context().close();
}

/** The same by the keyboard alone, and the settings, a second setting and a reload. */
async function dragByKeyboard(fault, spoil) {
    const page = await open('drag', { state: THREADS, spoil }, fault);
    await page.locator('.block[data-t="0"][data-i="0"]').focus();
    await page.keyboard.press('-');
    const shorter = await stateOf(page, (state) => state.threads?.[0].steps[0][1] === 15e6);
    if (shorter.threads?.[0].steps[0][1] !== 15e6) {
        fault(`- does not make a block shorter: ${JSON.stringify(shorter.threads)}`);
    }
    for (const key of ['ArrowRight', 'Space', 'ArrowDown', 'Space']) {
        await page.keyboard.press(key);
    }
    const carried = await stateOf(page, (state) => state.threads && /^run \d+ \| echo, wait 5000000, run 200000$/.test(blocks(state)));
    if (!carried.threads || !/^run \d+ \| echo, wait 5000000, run 200000$/.test(blocks(carried))) {
        fault(`a block is not carried: ${carried.threads && blocks(carried)}`);
    }
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('3ms');
    await page.keyboard.press('Enter');
    const typed = await stateOf(page, (state) => state.threads && /wait 3000000/.test(blocks(state)));
    if (!typed.threads || !/wait 3000000/.test(blocks(typed))) {
        fault(`a length is not typed: ${typed.threads && blocks(typed)}`);
    }
    await page.locator('.block[data-t="1"][data-i="1"]').focus();
    await page.keyboard.press('Delete');
    await page.locator('.settings input[type=range]').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.locator('label.check input').last().focus();
    await page.keyboard.press('Space');
    const both = await stateOf(page, (state) => state.b?.lock === 'free' && state.a.interval > 5e6);
    if (both.b?.lock !== 'free' || !(both.a.interval > 5e6) || (await page.locator('.result figure').count()) !== 2) {
        fault(`a second setting: ${JSON.stringify([both.a, both.b])}`);
    }
    const seen = await pictures(page);
    await page.reload();
    await page.waitForTimeout(900);
    if ((await pictures(page)) !== seen) {
        fault('the address does not open the same state');
    }
    await page.context().close();
}

/** One moment in all lanes, a selection, zoom: by mouse and by keys. */
async function lanes(fault, spoil) {
    const page = await open('drag', { state: { ...THREADS, a: { lock: '3.12', cores: 2 }, b: { lock: 'free', cores: 2 } }, spoil }, fault);
    const seen = () => page.evaluate(() => ({
        hidden: [...document.querySelectorAll('.result .moment')].filter((line) => line.hidden).length,
        places: new Set([...document.querySelectorAll('.result .moment')].map((line) => line.style.left)).size,
        ranges: [...document.querySelectorAll('.result .range')].filter((range) => !range.hidden).length,
        read: document.querySelector('.result .read').textContent,
        scales: new Set([...document.querySelectorAll('.result .axis')].map((axis) => axis.textContent)).size,
    }));
    const before = await pictures(page);
    await page.locator('.result .traces').scrollIntoViewIfNeeded();
    const place = await page.locator('.result .over').first().boundingBox();
    await page.mouse.move(place.x + place.width / 3, place.y + 8);
    const pointed = await seen();
    if (pointed.hidden || pointed.places !== 1 || !/^[\d.]+ (ns|µs|ms|s) · .+ │ .+/.test(pointed.read)) {
        fault(`pointing at a lane does not mark one moment in all lanes: ${JSON.stringify(pointed)}`);
    }
    await page.mouse.down();
    await page.mouse.move(place.x + place.width / 2, place.y + 8, { steps: 4 });
    await page.mouse.up();
    if ((await seen()).ranges !== 2) {
        fault('dragging over the lanes does not select in all of them');
    }
    await page.locator('.result .traces').focus();
    await page.keyboard.press('Enter');
    const zoomed = await seen();
    if ((await pictures(page)) === before || zoomed.scales !== 1) {
        fault('Enter does not zoom all lanes to the selection');
    }
    await page.keyboard.press('0');
    await page.keyboard.press('Escape');
    const after = await seen();
    if ((await pictures(page)) !== before || after.ranges || after.read) {
        fault('0 and Escape do not bring everything back');
    }
    await page.keyboard.press(']');
    await page.keyboard.press('Shift+ArrowRight');
    const keyed = await seen();
    if (!keyed.read || keyed.hidden || keyed.ranges !== 2) {
        fault(`the keys neither move nor select: ${JSON.stringify(keyed)}`);
    }
    await page.context().close();
}

/** The kitchen is played and stepped. */
async function kitchen(fault, spoil) {
    const page = await open('kitchen', { state: { kitchen: 'one-knife' }, spoil }, fault);
    const places = page.locator('.place');
    await places.first().waitFor({ timeout: 20_000 });
    await page.locator('.scene').focus();
    // One knife: at no moment are two dishes cut.
    for (let n = 0; n < 50; n += 1) {
        await page.keyboard.press('ArrowRight');
        if ((await page.locator('.place.cuts').count()) > 1) {
            fault('with one knife two dishes are cut');
            break;
        }
    }
    await page.keyboard.press('End');
    if ((await page.locator('.place.done').count()) !== (await places.count())) {
        fault('at the end not all dishes are done');
    }
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.waitForTimeout(1200);
    await page.keyboard.press('Space');
    const { at } = await stateOf(page);
    if (!(at > 0.02 && at < 1)) {
        fault(`playing does not move: ${at}`);
    }
    await page.locator('[data-kitchen=several]').click();
    await page.waitForTimeout(1500);
    if ((await stateOf(page)).kitchen !== 'several' || (await page.locator('.bars li').count()) < 2) {
        fault('another kitchen is not compared with the first');
    }
    await page.context().close();
}

/** Files are opened and dropped; nothing is sent; the questions are answered for what is selected. */
async function traces(fault, spoil) {
    const page = await open('traces', { spoil }, fault);
    const sent = [];
    // A browser asks for the icon again whenever the address changes.
    page.on('request', (request) => request.url().endsWith('/icon.svg') || sent.push(request.url()));
    const span = (state, start, end) => ({ state, start, end });
    const lane = (name, ...spans) => ({ name: { ko: name, en: name }, spans });
    const report = { experiment: 'made/up', traces: [{ title: { ko: '둘', en: 'two' }, clock: 'monotonic', lanes: [
        lane('a', span('running', 1000, 5000), span('waiting_for_lock', 5000, 9000)),
        lane('b', span('waiting_for_lock', 1000, 4000), span('running', 4000, 9000)),
        // Begins where a ends: never three at once.
        lane('c', span('running', 5000, 6000)),
    ] }] };
    const file = (name, value) => ({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(value)) });
    const answer = () => page.locator('.answers').first().innerText();
    await page.locator('#trace-file').setInputFiles(file('made.json', report));
    await page.waitForTimeout(400);
    const whole = await answer();
    // a and b ran together from 4 to 5 µs of 8 µs.
    if (!/running\s+2\s+3\.00 µs\s+1\.25/.test(whole) || !/a \+ b\s+1\.00 µs\s+12\.5 %/.test(whole) || !/a\s+b\s+4\.00 µs/.test(whole)) {
        fault(`the answers to a report: ${whole.replace(/\s+/g, ' ')}`);
    }
    await page.locator('.traces .traces').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowRight');
    const part = await answer();
    if (!/running\s+1\s/.test(part) || /a \+ b/.test(part)) {
        fault(`the answers to a selection: ${part.replace(/\s+/g, ' ')}`);
    }
    const events = { traceEvents: [
        { ph: 'M', name: 'process_name', pid: 1, args: { name: 'p' } }, { ph: 'M', name: 'thread_name', pid: 1, tid: 1, args: { name: 'one' } },
        { ph: 'X', name: 'running', cat: 'running', pid: 1, tid: 1, ts: 0, dur: 5 }, { ph: 'X', name: 'x', cat: 'waiting_for_io', pid: 1, tid: 2, ts: 1, dur: 2 },
    ] };
    const dropped = await page.evaluateHandle((words) => {
        const data = new DataTransfer();
        data.items.add(new File([words], 'chrome.json'));
        return data;
    }, JSON.stringify(events));
    await page.dispatchEvent('.view.traces', 'drop', { dataTransfer: dropped });
    await page.waitForTimeout(400);
    if ((await page.locator('.traces .lane').count()) !== 2 || !/waiting for I\/O\s+1/.test(await answer())) {
        fault(`a Chrome trace that is dropped: ${await page.locator('.view').innerText()}`);
    }
    await page.locator('#trace-file').setInputFiles(PROFILE);
    await page.waitForTimeout(600);
    if (!/waiting for a lock/.test(await answer())) {
        fault("CPython's profile is not shown");
    }
    await page.locator('#trace-file').setInputFiles({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<!DOCTYPE html><p>x') });
    await page.waitForTimeout(300);
    if (!/report\.json/.test(await page.locator('.view [role=alert]').first().innerText())) {
        fault('a file of another form is not refused');
    }
    if (sent.length > 0) {
        fault(`${sent.length} requests were sent while files were opened: ${sent[0]}`);
    }
    await page.context().close();
}

/** A level is broken turn by turn; undo, redo, chance, a typed schedule and the next level. `act` chooses by mouse or by keys. */
const scheduler = (act) => async (fault, spoil) => {
    const page = await open('scheduler', { state: { level: 'break-3' }, spoil }, fault);
    const turns = async () => (await page.locator('.turns button:not(.undone)').allInnerTexts()).join('');
    const settled = () => page.waitForTimeout(250);
    const choose = async (turn) => {
        await (act === 'mouse' ? page.locator(`.thread button[data-key="${turn}"]`).click() : page.keyboard.press(turn.startsWith('!') ? `Shift+Key${turn[1].toUpperCase()}` : `Key${turn.toUpperCase()}`));
        await settled();
    };
    const tool = async (name, key) => {
        await (act === 'mouse' ? page.getByRole('button', { name, exact: false }).first().click() : page.keyboard.press(key));
        await settled();
    };
    await choose('a');
    if ((await page.locator('.code li.ran').count()) < 1) {
        fault('no line of the source lights up');
    }
    await choose('b');
    if ((await page.locator('.code .here i.tb').count()) !== 1) {
        fault('the line in which b waits is not marked');
    }
    if (!/asleep|sleeps/.test(await page.locator('.thread.tb').innerText()) || !/b waits/.test(await page.locator('.memory').innerText())) {
        fault(`who waits is not shown: ${await page.locator('.memory').innerText()}`);
    }
    await tool('undo', 'KeyU');
    if (await turns() !== 'a') {
        fault(`undo leaves ${await turns()}`);
    }
    await tool('redo', 'KeyR');
    for (const turn of 'acb') {
        await choose(turn);
    }
    if (await turns() !== 'abacb' || !(await page.locator('.won').isVisible()) || !/at the same time/.test(await page.locator('.won').innerText())) {
        fault(`level 3 is not solved by ${await turns()}`);
    }
    if (!/lock without the bug/.test(await page.locator('.won').innerText())) {
        fault('a win does not say what the shipped lock does');
    }
    await page.reload();
    await page.locator('.won').waitFor({ timeout: 10_000 });
    if (await turns() !== 'abacb') {
        fault(`the address opens ${await turns()}`);
    }
    await tool('beginning', 'Digit0');
    await tool('by chance', 'KeyX');
    const drawn = await turns();
    if (drawn.length < 5) {
        fault(`chance plays ${drawn}`);
    }
    if (act === 'mouse') {
        await page.locator('.levels button').nth(13).click();
    } else {
        for (let n = 0; n < 11; n += 1) {
            await page.keyboard.press('BracketRight');
        }
    }
    await settled();
    await page.locator('.field.schedule input').fill('ab!bbaa');
    await page.keyboard.press('Enter');
    await settled();
    if ((await stateOf(page)).level !== 'reach-6' || !(await page.locator('.won').isVisible())) {
        fault(`a typed schedule does not reach the state of level 6: ${JSON.stringify(await stateOf(page))}`);
    }
    await page.context().close();
};

/** An update is lost in one version and cannot be in another; all outcomes are kept. */
const counter = (act) => async (fault, spoil) => {
    const page = await open('counter', { state: { version: 'py36' }, spoil }, fault);
    const settled = () => page.waitForTimeout(150);
    const go = async (name) => {
        await (act === 'mouse' ? page.locator(`.counter-thread.t${name} button.go`).click() : page.keyboard.press(`Key${name.toUpperCase()}`));
        await settled();
    };
    const next = (name) => page.locator(`.counter-thread.t${name} li.next .op`).first().innerText();
    const ended = async (name) => page.locator(`.counter-thread.t${name} button.go`).isDisabled();
    const finish = async (name) => {
        for (let n = 0; n < 60 && !(await ended(name)); n += 1) {
            await go(name);
        }
    };
    // a has loaded the counter; b does all of its work; a stores what it had.
    for (let n = 0; n < 30 && !/STORE_GLOBAL/.test(await next('a')); n += 1) {
        await go('a');
    }
    await finish('b');
    await finish('a');
    if (await page.locator('.counter-value').innerText() !== '1' || !/lost/.test(await page.locator('.counter-happened').innerText())) {
        fault(`no update is lost: ${await page.locator('.counter-happened').innerText()}`);
    }
    if (!/Outcomes that this version allows: 2. Reached: 1./.test(await page.locator('.view').innerText())) {
        fault('the outcomes are not counted');
    }
    await (act === 'mouse' ? page.getByRole('button', { name: 'beginning' }).click() : page.keyboard.press('Digit0'));
    await settled();
    await finish('a');
    await finish('b');
    if (await page.locator('.counter-value').innerText() !== '2' || !/Reached: 2/.test(await page.locator('.view').innerText())) {
        fault('one after the other does not give 2');
    }
    await page.getByLabel('CPython version').selectOption('py310');
    await page.waitForTimeout(400);
    if (!/Outcomes that this version allows: 1/.test(await page.locator('.view').innerText()) || (await page.locator('.counter-thread.ta .look').count()) >= 10) {
        fault('3.10 looks as often as 3.9');
    }
    await (act === 'mouse' ? page.getByRole('button', { name: 'by chance' }).click() : page.keyboard.press('KeyX'));
    await page.locator('.counter-thread button.go:disabled').nth(1).waitFor();
    if (await page.locator('.counter-value').innerText() !== '2') {
        fault('by chance, 3.10 does not end at 2');
    }
    await page.context().close();
};

/** Where the task computes, with a GIL and without: the lateness that the page says is the model's. */
const eventLoop = (act) => async (fault, spoil) => {
    const page = await open('loop', { spoil }, fault);
    const late = async () => Number(/up to ([\d.]+) ms late/.exec(await page.locator('.loop-outcome').innerText())?.[1] ?? NaN);
    const how = async (n, value) => {
        await (act === 'mouse' ? page.locator(`input[name=how][value=${value}]`).check() : page.keyboard.press(`Digit${n}`));
        await page.waitForTimeout(150);
    };
    const gil = async () => {
        await (act === 'mouse' ? page.locator('.loop-gil input').click() : page.keyboard.press('KeyG'));
        await page.waitForTimeout(150);
    };
    const inline = await late();
    await how(3, 'to_thread');
    const locked = await late();
    await gil();
    const free = await late();
    // The task computes for 60 ms; a thread makes the loop wait for about a switch interval of 5 ms; without a GIL for nothing.
    if (!(inline > 30 && locked > 3 && locked < inline / 2 && free < locked / 2)) {
        fault(`inline ${inline} ms, to_thread ${locked} ms, without a GIL ${free} ms`);
    }
    await gil();
    const before = await page.locator('.loop-states').innerText();
    for (let n = 0; n < 8; n += 1) {
        await (act === 'mouse' ? page.locator('.stepper button').nth(1).click() : page.keyboard.press('KeyN'));
    }
    if ((await page.locator('.loop-states').innerText()) === before || (await page.locator('.code li.lit').count()) < 1) {
        fault('the next moments show nothing else');
    }
    const seen = (await stateOf(page)).at;
    await page.reload();
    await page.waitForTimeout(800);
    if (!(seen > 0) || (await stateOf(page)).at !== seen || (await stateOf(page)).how !== 'to_thread') {
        fault('the address does not open the same moment');
    }
    await page.context().close();
};

/** The server ends: the page says so, and stays. */
async function gone(fault, spoil) {
    if (exported) {
        return;
    }
    const quiet = (what) => /ERR_FAILED|Failed to load/.test(what) || fault(what);
    const page = await open('drag', { state: THREADS, spoil }, quiet);
    await page.route('**/api/**', (route) => route.abort());
    await page.locator('.block').first().focus();
    await page.keyboard.press('+');
    await page.waitForTimeout(500);
    if (!(await page.locator('main > [role=alert]').isVisible()) || (await page.locator('.block').count()) !== 4) {
        fault('the end of the server is not told');
    }
    await page.context().close();
}

/** A state that is none, and one of another kind, open the beginning. */
async function strange(fault, spoil) {
    const states = ['%00', encode([1]), encode({ threads: 3, a: [], view: { from: 'x' }, moment: -1 }), encode({ threads: [{ steps: [['toString', 1], 7] }], kitchen: {}, dishes: 1e9, at: 'x' }), encode({ shown: [1e9], selection: { from: 5, to: 1 } })];
    for (const view of VIEWS) {
        for (const state of states) {
            const page = await open('kitchen', { spoil }, (what) => fault(`${view} with ${state}: ${what}`));
            await page.goto(`${address}#/${view}?s=${state}&lang=en`);
            await page.waitForTimeout(500);
            if ((await page.locator(`.view.${view} > *`).count()) === 0) {
                fault(`${view} with ${state}: it is empty`);
            }
            await page.context().close();
        }
    }
}

/** Frames while a block is stretched, with 8 threads: told, not judged. */
async function frames() {
    const page = await open('drag', { state: { ...THREADS, shown: 2e9 } }, () => {});
    await page.evaluate(() => {
        globalThis.frames_ = [];
        const step = (time) => { globalThis.frames_.push(time); requestAnimationFrame(step); };
        requestAnimationFrame(step);
    });
    const b = await page.locator('.block').first().boundingBox();
    await page.mouse.move(b.x + b.width - 6, b.y + 20);
    await page.mouse.down();
    for (let n = 0; n < 120; n += 1) {
        await page.mouse.move(b.x + b.width - 6 - n / 2, b.y + 20);
        await page.waitForTimeout(12);
    }
    await page.mouse.up();
    const times = await page.evaluate(() => globalThis.frames_);
    const steps = times.slice(1).map((time, n) => time - times[n]).sort((x, y) => x - y);
    const at = (part) => steps[Math.floor((steps.length - 1) * part)].toFixed(1);
    console.log(`frames while dragging (8 threads, 2 s of virtual time): median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms; ${await page.locator('.timing').innerText()}`);
    await page.context().close();
}

async function faultsOf(check, spoil) {
    const found = new Set();
    try {
        await check((what) => found.add(what), spoil);
    } catch (error) {
        found.add(`the check itself: ${error.message.split('\n')[0]}`);
    }
    return [...found];
}

if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
}
const looks = VIEWS.flatMap((view) => LANGUAGES.flatMap((lang) => WIDTHS.flatMap((width) => THEMES.map((theme) => look(view, lang, width, theme)))));
const choosing = ['mouse', 'keys'].flatMap((act) => [scheduler(act), counter(act), eventLoop(act)]);
const driven = exported ? [kitchen, traces, ...choosing, strange] : [dragByMouse, dragByTouch, dragByKeyboard, lanes, kitchen, traces, ...choosing, gone, strange];
const faults = [];
/** Told at once: a run that is stopped has said what it found. */
const found = (what) => {
    faults.push(what);
    console.log(what);
};
for (const check of [...looks, ...VIEWS.map(axe), ...driven]) {
    (await faultsOf(check)).forEach(found);
}
if (!exported) {
    await frames();
}

// Pages that are wrong on purpose: a check that does not notice checks nothing. [what, file, from, to, check, what must be said]
const small = look('drag', 'en', 375, 'light');
const WRONG = exported ? [] : [
    ['a wide element', 'style.css', 'h1 {', 'h1 { width: 600px;', small, /px wide/],
    ['pale words', 'style.css', '--dim: #565b66', '--dim: #aaa', small, /contrast/],
    ['a word in one language', 'views/drag.js', "'compare with a second setting, B'", "'다른 설정'", small, /Korean in an English/],
    ['a script that fails', 'views/drag.js', 'const timings = [];', 'nothing.there;', small, /script/],
    ['a control without a name', 'app.js', 'say(WORDS.link))', "'')", small, /without a name/],
    ['blocks that cannot be stretched', 'views/drag/blocks.js', '10 ** (dx / DECADE)', '1', dragByMouse, /stretch/],
    ['blocks that cannot be moved', 'views/drag/blocks.js', 'Math.hypot(dx, dy) > CLICK', 'false', dragByMouse, /move/],
    ['blocks that a finger scrolls away', 'views/drag.css', 'touch-action: pan-y', 'touch-action: pan-x', dragByTouch, /stretch|move/],
    ['blocks that hold the page', 'views/drag.css', 'touch-action: pan-y', 'touch-action: none', dragByTouch, /scroll/],
    ['blocks without keys', 'views/drag/blocks.js', "rows.addEventListener('keydown'", "rows.addEventListener('nothing'", dragByKeyboard, /shorter/],
    ['an address that is not written', 'views/drag.js', 'setTimeout(keep, 200)', '0', dragByKeyboard, /shorter|second setting/],
    ['a moment in one trace only', 'lanes.js', 'one.line.hidden = moment === null', 'one.line.hidden = one !== pieces[0] || moment === null', lanes, /one moment/],
    ['a selection in one trace only', 'lanes.js', 'one.range.hidden = selection === null', 'one.range.hidden = one !== pieces[0] || selection === null', lanes, /select in all/],
    ['two knives', 'views/kitchen/picture.js', "cuts: scene.does === 'running'", 'cuts: true', kitchen, /one knife/],
    ['a kitchen that does not play', 'views/kitchen.js', '/ PLAY_MS', '* 0', kitchen, /playing/],
    ['a peak that counts what only touches', 'trace.js', 'a[1] - b[1]', 'b[1] - a[1]', traces, /selection|answers/],
    ['an overlap that is not there', 'trace.js', 'running.delete(lane)', '0', traces, /answers/],
    ['a file that is sent', 'views/traces.js', 'error.hidden = true;\n        ctx.say(WORDS.reading);', "ctx.call('meta', {}).catch(() => 0);", traces, /were sent/],
    ['an end that is not told', 'app.js', 'banner.hidden = false;\n        }\n        throw error;', '}\n        throw error;', gone, /not told/],
    ['lines that do not light up', 'views/scheduler.js', 'new Set(last?.lines ?? [])', 'new Set()', scheduler('mouse'), /lights up/],
    ['turns that cannot be taken back', 'views/scheduler.js', "case 'KeyU': to(turns.here() - 1)", "case 'KeyU': to(turns.here())", scheduler('keys'), /undo/],
    ['a win that does not say why', 'views/scheduler.js', "t(answer.won).replace(/[^.]$/, '$&.')", "''", scheduler('mouse'), /not solved/],
    ['threads that take each other\'s turns', 'views/counter.js', 'turns.add(NAMES[thread])', 'turns.add(NAMES[1 - thread])', counter('mouse'), /lost|counted|check itself/],
    ['outcomes that are forgotten', 'views/counter.js', 'reached.set(answer.reached, turns.now())', '0', counter('keys'), /counted/],
    ['a loop that never waits for the GIL', 'views/loop/threads.js', 'if (!setting.gil) {', 'if (true) {', eventLoop('keys'), /to_thread/],
    ['moments that stand still', 'views/loop.js', 'at = Math.min(Math.max(to, 0)', 'at = Math.min(Math.max(at, 0)', eventLoop('mouse'), /next moments/],
    ['a state that is trusted', 'views/kitchen.js', 'names.includes(given.kitchen) ? given.kitchen : names[0]', 'given.kitchen ?? names[0]', strange, /kitchen with/],
];
for (const [name, file, from, to, check, expected] of WRONG) {
    const noticed = await faultsOf(check, [file, from, to]);
    if (!noticed.some((what) => expected.test(what))) {
        found(`not noticed: ${name} (${noticed.slice(0, 2).join('; ') || 'no fault'})`);
    }
}
await browser.close();
console.log(`${looks.length} looks at ${VIEWS.length} views, ${driven.length} of them driven, ${existsSync(AXE) ? 'axe-core' : 'no axe-core'}, ${WRONG.length} wrong pages, ${faults.length} fault(s)`);
process.exit(faults.length > 0 ? 1 : 0);
