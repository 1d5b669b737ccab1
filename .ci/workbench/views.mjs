// The other views, driven. `act` chooses by mouse or by keys.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROFILE = join(dirname(fileURLToPath(import.meta.url)), '../../gil-sim/tests/data/two-threads.gecko.json');

/** The kitchen is played and stepped. */
export async function kitchen(open, fault, spoil) {
    const its = await open('kitchen', { state: { kitchen: 'one-knife' }, spoil }, fault);
    const { page } = its;
    const places = page.locator('.place');
    await places.first().waitFor();
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
    await its.expect(async () => (await page.locator('.place.done').count()) === (await places.count()), 'at the end not all dishes are done');
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await its.expect(async () => Number(await page.locator('.player input').inputValue()) > 30, 'playing does not move');
    await page.keyboard.press('Space');
    await its.expectState(({ at }) => at > 0.02 && at < 1, 'where it was stopped is not in the address');
    await page.locator('[data-kitchen=several]').click();
    await its.expectState((state) => state.kitchen === 'several', 'another kitchen is not chosen');
    await its.expect(async () => (await page.locator('.bars li').count()) >= 2, 'another kitchen is not compared with the first');
}

/** Files are opened and dropped; nothing is sent; the questions are answered for what is selected. */
export async function traces(open, fault, spoil) {
    const its = await open('traces', { spoil }, fault);
    const { page } = its;
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
    const answer = async () => ((await page.locator('.answers').count()) > 0 ? page.locator('.answers').first().innerText() : '');
    const expectAnswer = (good, words) => its.expect(async () => good(await answer()), async () => `${words}: ${(await answer()).replace(/\s+/g, ' ')}`);
    await page.locator('#trace-file').setInputFiles(file('made.json', report));
    // a and b ran together from 4 to 5 µs of 8 µs.
    await expectAnswer((said) => /running\s+2\s+3\.00 µs\s+1\.25/.test(said) && /a \+ b\s+1\.00 µs\s+12\.5 %/.test(said) && /a\s+b\s+4\.00 µs/.test(said), 'the answers to a report');
    await page.locator('.traces .traces').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowRight');
    await expectAnswer((said) => /running\s+1\s/.test(said) && !/a \+ b/.test(said), 'the answers to a selection');
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
    await expectAnswer((said) => /waiting for I\/O\s+1/.test(said), 'a Chrome trace that is dropped');
    if ((await page.locator('.traces .lane').count()) !== 2) {
        fault('a Chrome trace has not its two lanes');
    }
    await page.locator('#trace-file').setInputFiles(PROFILE);
    await expectAnswer((said) => /waiting for a lock/.test(said), "CPython's profile");
    await page.locator('#trace-file').setInputFiles({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<!DOCTYPE html><p>x') });
    const alert = page.locator('.view [role=alert]').first();
    await its.expect(async () => (await alert.isVisible()) && /report\.json/.test(await alert.innerText()), 'a file of another form is not refused');
    if (sent.length > 0) {
        fault(`${sent.length} requests were sent while files were opened: ${sent[0]}`);
    }
}

/** A level is broken turn by turn; undo, redo, chance, a typed schedule and another level. */
export const scheduler = (act) => async (open, fault, spoil) => {
    const its = await open('scheduler', { state: { level: 'break-3' }, spoil }, fault);
    const { page } = its;
    const turns = async () => (await page.locator('.turns button:not(.undone)').allInnerTexts()).join('');
    const expectTurns = (good, words) => its.expect(async () => good(await turns()), async () => `${words}: ${await turns()}`);
    let played = '';
    const choose = async (turn) => {
        await (act === 'mouse' ? page.locator(`.thread button[data-key="${turn}"]`).click() : page.keyboard.press(`Key${turn.toUpperCase()}`));
        played += turn;
        await expectTurns((now) => now === played, `${turn} is not played`);
    };
    const tool = (name, key) => (act === 'mouse' ? page.getByRole('button', { name }).first().click() : page.keyboard.press(key));
    const has = (place, words) => async () => words.test(await page.locator(place).innerText());
    await page.locator('.about h2').waitFor();
    await choose('a');
    await its.expect(async () => (await page.locator('.code li.ran').count()) > 0, 'no line of the source lights up');
    await choose('b');
    await its.expect(async () => (await page.locator('.code .here i.tb').count()) === 1, 'the line in which b waits is not marked');
    await its.expect(has('.thread.tb', /sleeps/), 'that b sleeps is not shown');
    await its.expect(has('.memory', /b waits/), 'who waits is not shown');
    await tool('undo', 'KeyU');
    await expectTurns((now) => now === 'a', 'undo leaves');
    await tool('redo', 'KeyR');
    await expectTurns((now) => now === 'ab', 'redo leaves');
    for (const turn of 'acb') {
        await choose(turn);
    }
    await its.expect(() => page.locator('.won').isVisible(), 'level 3 is not solved');
    await its.expect(has('.won', /at the same time/), 'a win does not say why');
    await its.expect(has('.won', /lock without the bug/), 'a win does not say what the shipped lock does');
    await its.expectState((state) => state.words === 'abacb' && state.at === 5, 'the schedule is not in the address');
    await its.reload();
    await page.locator('.won').waitFor();
    await expectTurns((now) => now === 'abacb', 'the address opens');
    await tool('beginning', 'Digit0');
    await expectTurns((now) => now === '', 'the beginning is');
    await tool('by chance', 'KeyX');
    await expectTurns((now) => now.length >= 5, 'chance plays');
    if (act === 'mouse') {
        await page.locator('.levels button').nth(13).click();
    } else {
        for (let n = 0; n < 11; n += 1) {
            await page.keyboard.press('BracketRight');
        }
    }
    await its.expect(has('.about h2', /^6\./), 'another level is not chosen');
    await its.settled();
    await page.locator('.field.schedule input').fill('ab!bbaa');
    await page.keyboard.press('Enter');
    await its.expect(() => page.locator('.won').isVisible(), 'a typed schedule does not reach the state of level 6');
    await its.expectState((state) => state.level === 'reach-6', 'the level is not in the address');
};

/** What beginners miss is said when it happens: the first turn only starts a thread, and a signal is not kept. */
export async function remarks(open, fault, spoil) {
    const its = await open('scheduler', { state: { level: 'break-4', words: 'a' }, spoil }, fault);
    const said = () => its.page.locator('.said').innerText();
    await its.expect(async () => /only starts the thread/.test(await said()), async () => `the first letter is not explained: ${await said()}`);
    await its.go('scheduler', { level: 'break-4', words: 'aa' });
    await its.expect(async () => /turn 2/.test(await said()) && !/only starts/.test(await said()), async () => `the second letter: ${await said()}`);
    const schedule = its.page.locator('.field.schedule input');
    let lost = '';
    for (let n = 3; n <= 10 && !lost; n += 1) {
        await schedule.fill('a'.repeat(n));
        await its.page.keyboard.press('Enter');
        await its.until(async () => new RegExp(`turn ${n},`).test(await said()));
        lost = /notify/.test(await said()) ? await said() : '';
    }
    if (!/wakes nobody/.test(lost)) {
        fault(`a signal that nobody waits for is not explained: ${lost}`);
    }
}

/** An update is lost in one version and cannot be in another; all outcomes are kept. */
export const counter = (act) => async (open, fault, spoil) => {
    const its = await open('counter', { state: { version: 'py36' }, spoil }, fault);
    const { page } = its;
    const turns = () => page.locator('.turns button:not(.undone)').count();
    const button = (name) => page.locator(`.counter-thread.t${name} button.go`);
    const next = (name) => page.locator(`.counter-thread.t${name} .counter-where`).innerText();
    const value = () => page.locator('.counter-value').innerText();
    const view = () => page.locator('.view').innerText();
    const tool = (name, key) => (act === 'mouse' ? page.getByRole('button', { name }).first().click() : page.keyboard.press(key));
    const go = async (name) => {
        const before = await turns();
        await (act === 'mouse' ? button(name).click() : page.keyboard.press(`Key${name.toUpperCase()}`));
        if (!(await its.until(async () => (await turns()) > before))) {
            throw new Error(`${name} does not go on after ${before} turns`);
        }
    };
    const finish = async (name) => {
        for (let n = 0; n < 60 && !(await button(name).isDisabled()); n += 1) {
            await go(name);
        }
    };
    await button('a').waitFor();
    await its.until(async () => (await next('a')) !== '');
    // a has loaded the counter; b does all of its work; a stores what it had.
    for (let n = 0; n < 30 && !/STORE_GLOBAL/.test(await next('a')); n += 1) {
        await go('a');
    }
    await finish('b');
    await finish('a');
    const happened = page.locator('.counter-happened');
    if ((await value()) !== '1' || !/lost/.test(await happened.innerText())) {
        fault(`no update is lost: ${await happened.innerText()}`);
    }
    await its.expect(async () => /Outcomes that this version allows: 2. Reached: 1./.test(await view()), 'the outcomes are not counted');
    await tool('beginning', 'Digit0');
    await its.expect(async () => (await turns()) === 0, 'the beginning is not the beginning');
    await finish('a');
    await finish('b');
    if ((await value()) !== '2' || !/Reached: 2/.test(await view())) {
        fault(`one after the other does not give 2: ${await value()}`);
    }
    const looks = page.locator('.counter-thread.ta .look');
    const before = await looks.count();
    await page.getByLabel('CPython version').selectOption('py310');
    await its.expect(async () => /Outcomes that this version allows: 1/.test(await view()) && (await looks.count()) < before, '3.10 looks as often as 3.9');
    await tool('by chance', 'KeyX');
    await its.expect(async () => (await button('a').isDisabled()) && (await button('b').isDisabled()), 'chance does not play to the end');
    if ((await value()) !== '2') {
        fault('by chance, 3.10 does not end at 2');
    }
};

/** Where the task computes, with a GIL and without: the lateness that the page says is the model's. */
export const eventLoop = (act) => async (open, fault, spoil) => {
    const its = await open('loop', { spoil }, fault);
    const { page } = its;
    const late = async () => Number(/up to ([\d.]+) ms late/.exec(await page.locator('.loop-outcome').innerText())?.[1] ?? NaN);
    const how = (n, value) => (act === 'mouse' ? page.locator(`input[name=how][value=${value}]`).check() : page.keyboard.press(`Digit${n}`));
    const gil = () => (act === 'mouse' ? page.locator('.loop-gil input').click() : page.keyboard.press('KeyG'));
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
    const moment = () => page.locator('.stepper .mono').innerText();
    const seen = await moment();
    // "20.0 ms · 26/240": moments are counted from 1.
    const at = Number(/(\d+)\/\d+$/.exec(seen)[1]) - 1;
    await its.expectState((state) => state.at === at && state.how === 'to_thread', 'the moment is not in the address');
    await its.reload();
    await its.expect(async () => (await moment()) === seen, 'the address does not open the same moment');
};

/** A state that is none, and one of another kind, open the beginning. */
export const strange = (views) => async (open, fault, spoil) => {
    const states = ['%00', [1], { threads: 3, a: [], view: { from: 'x' }, moment: -1 }, { threads: [{ steps: [['toString', 1], 7] }], kitchen: {}, dishes: 1e9, at: 'x' }, { shown: [1e9], selection: { from: 5, to: 1 } }];
    let where = 'kitchen at first';
    const its = await open('kitchen', { spoil }, (what) => fault(`${where}: ${what}`));
    for (const view of views) {
        for (const state of states) {
            where = `${view} with ${JSON.stringify(state)}`;
            await its.go(view, state);
            if ((await its.page.locator(`.view.${view} > *`).count()) === 0) {
                fault(`${where}: it is empty`);
            }
        }
    }
};
