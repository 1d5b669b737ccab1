// "Drag the GIL", driven: by mouse, by a finger, by keys; its lanes; a server that ends; and how fast it follows.

const THREADS = { threads: [{ name: 'CPU', count: 7, steps: [['run', 20e6], ['wait', 5e6]] }, { name: 'I/O', count: 1, steps: [['echo', null], ['run', 2e5]] }] };
/** The threads of a state in words. */
const blocks = (state) => (state.threads ?? []).map((thread) => thread.steps.map(([kind, value]) => `${kind} ${value ?? ''}`.trim()).join(', ')).join(' | ');
const burst = (state) => state.threads?.[0].steps[0][1];
const pictures = (page) => page.$$eval('.result .lane path', (all) => all.map((path) => path.getAttribute('d')).join(''));
const boxOf = (page) => (t, i) => page.locator(`.block[data-t="${t}"][data-i="${i}"]`).boundingBox();
const inside = (box, x = 12) => ({ x: box.x + x, y: box.y + box.height / 2 });

/** Blocks are stretched, moved, added and removed with the mouse; the lanes and the address follow; a drag is one step to undo. */
export async function byMouse(open, fault, spoil) {
    const its = await open('drag', { state: THREADS, spoil }, fault);
    const { page } = its;
    const [box, mouse] = [boxOf(page), page.mouse];
    const pull = async (from, to) => {
        await mouse.move(from.x, from.y);
        await mouse.down();
        await mouse.move(from.x + 8, from.y, { steps: 3 });
        await mouse.move(to.x, to.y, { steps: 12 });
        await mouse.up();
    };
    await its.until(() => pictures(page));
    const before = await pictures(page);
    const length = () => page.locator('.block[data-t="0"][data-i="0"] .time').innerText();
    const long = await length();
    const first = await box(0, 0);
    await pull(inside(first, first.width - 6), inside(first, first.width - 66));
    const short = await length();
    await its.expectState((state) => burst(state) < 5e6, 'the edge of a block does not stretch it');
    await its.expect(async () => (await pictures(page)) !== before, 'the lanes do not follow a block');
    await page.getByRole('button', { name: 'undo' }).click();
    await its.expect(async () => (await length()) === long, 'undo does not take a whole drag back');
    await page.getByRole('button', { name: 'redo' }).click();
    await its.expect(async () => (await length()) === short, 'redo does not bring a drag back');
    await pull(inside(await box(0, 1)), inside(await box(1, 1), 200));
    await its.expectState((state) => /^run \d+ \| echo, run 200000, wait 5000000$/.test(blocks(state)), 'a block does not move to another thread');
    await pull(inside(await page.locator('.add.native').boundingBox()), inside(await box(0, 0), 2));
    await its.expectState((state) => /^native 10000000, run/.test(blocks(state)), 'a block is not dragged out of the palette');
    // The bin is there only while a block is in the hand.
    const block = inside(await box(0, 0));
    await mouse.move(block.x, block.y);
    await mouse.down();
    await mouse.move(block.x + 40, block.y + 10, { steps: 5 });
    const bin = inside(await page.locator('.bin').boundingBox(), 60);
    await mouse.move(bin.x, bin.y, { steps: 8 });
    await mouse.up();
    await its.expectState((state) => /^run/.test(blocks(state)), 'a block in the bin is not removed');
}

/** On a phone a finger stretches and moves a block, and scrolls the page where there is none. */
export async function byTouch(open, fault, spoil) {
    const its = await open('drag', { state: THREADS, width: 375, touch: true, spoil }, fault);
    const { page } = its;
    const box = boxOf(page);
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
    await page.locator('.block').first().scrollIntoViewIfNeeded();
    const first = await box(0, 0);
    await pull(first.x + first.width - 6, first.y + 25, -60, 0);
    await its.expectState((state) => burst(state) < 5e6, 'a finger does not stretch a block');
    const second = await box(0, 1);
    await pull(second.x + 12, second.y + 25, -second.x + first.x, 0);
    await its.expectState((state) => /^wait 5000000, run/.test(blocks(state)), 'a finger does not move a block');
    const before = await page.evaluate(() => scrollY);
    await pull(first.x + 20, first.y + 25, 0, -150);
    await its.expect(async () => (await page.evaluate(() => scrollY)) > before, 'a finger on a block does not scroll the page');
}

/** The same by the keyboard alone, and the settings, a second setting and a reload. */
export async function byKeyboard(open, fault, spoil) {
    const its = await open('drag', { state: THREADS, spoil }, fault);
    const { page } = its;
    const keys = async (...all) => {
        for (const key of all) {
            await page.keyboard.press(key);
        }
    };
    await page.locator('.block[data-t="0"][data-i="0"]').focus();
    await keys('-');
    await its.expectState((state) => burst(state) === 15e6, '- does not make a block shorter');
    await keys('Control+Z');
    await its.expectState((state) => burst(state) === 20e6, 'Ctrl-Z does not undo');
    await keys('Control+Shift+Z', 'ArrowRight', 'Space', 'ArrowDown', 'Space');
    await its.expectState((state) => blocks(state) === 'run 15000000 | echo, wait 5000000, run 200000', 'a block is not carried');
    await keys('Enter', 'Control+A');
    await page.keyboard.type('3ms');
    await keys('Enter');
    await its.expectState((state) => /wait 3000000/.test(blocks(state)), 'a length is not typed');
    await page.locator('.block[data-t="1"][data-i="1"]').focus();
    await keys('Delete');
    await page.locator('.settings input[type=range]').first().focus();
    await keys('ArrowRight');
    await page.locator('label.check input').last().focus();
    await keys('Space');
    await its.expectState((state) => state.b?.lock === 'free' && state.a.interval > 5e6, 'a second setting is not added');
    await its.expect(async () => (await page.locator('.result figure').count()) === 2, 'a second setting has no lanes');
    await its.settled();
    const seen = await pictures(page);
    await its.reload();
    await its.expect(async () => (await pictures(page)) === seen, 'the address does not open the same state');
}

/** One moment in all lanes, a selection, zoom: by mouse and by keys. */
export async function lanes(open, fault, spoil) {
    const its = await open('drag', { state: { ...THREADS, a: { lock: '3.12', cores: 2 }, b: { lock: 'free', cores: 2 } }, spoil }, fault);
    const { page } = its;
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
    if ((await pictures(page)) === before || (await seen()).scales !== 1) {
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
}

/** The exported page has no blocks, but its settings are undone too. */
export async function grid(open, fault, spoil) {
    const its = await open('drag', { spoil }, fault);
    const { page } = its;
    const cores = page.locator('.settings select').last();
    const was = await cores.inputValue();
    const picture = await pictures(page);
    await cores.selectOption('4');
    await its.expectState((state) => state.a?.cores === 4, 'a setting of the grid is not chosen');
    await its.settled();
    await page.locator('h1').click();
    await page.keyboard.press('Control+Z');
    await its.expect(async () => (await page.locator('.settings select').last().inputValue()) === was && (await pictures(page)) === picture, 'Ctrl-Z does not undo a setting of the grid');
}

/** The server ends: the page says so, and stays. */
export async function gone(open, fault, spoil) {
    const quiet = (what) => /ERR_FAILED|Failed to load/.test(what) || fault(what);
    const its = await open('drag', { state: THREADS, spoil }, quiet);
    const { page } = its;
    await page.route('**/api/**', (route) => route.abort());
    await page.locator('.block').first().focus();
    await page.keyboard.press('+');
    await its.expect(() => page.locator('main > [role=alert]').isVisible(), 'the end of the server is not told');
    if ((await page.locator('.block').count()) !== 4) {
        fault('the page does not stay when the server ends');
    }
}

/** Frames while a block is stretched, and the time from a change to its picture, with 8 threads: told, not judged. */
export async function frames(open) {
    const { page, settled } = await open('drag', { state: { ...THREADS, shown: 2e9 } }, () => {});
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
    await settled();
    const times = await page.evaluate(() => globalThis.frames_);
    const steps = times.slice(1).map((time, n) => time - times[n]).sort((x, y) => x - y);
    const at = (part) => steps[Math.floor((steps.length - 1) * part)].toFixed(1);
    return `frames while dragging (8 threads, 2 s of virtual time): median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms. ${await page.locator('.timing').innerText()}`;
}
