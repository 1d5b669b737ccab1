// The pictures of the book's page on the workbench, taken anew:
//   node pictures.mjs ADDRESS DOCS_SRC
// ADDRESS is what `workbench --no-open --no-python` prints, DOCS_SRC is docs/src. Needs what workbench.mjs needs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { start } from './browser.mjs';

const [address, folder] = process.argv.slice(2);
/** As wide as a page of the book. */
const WIDTH = 1000;

const setting = (lock) => ({ lock, cores: 2, interval: 5e6, answer: 1e6 });
/** A view, its state, and the elements from whose top to whose end the picture goes. */
const PICTURES = [
    ['kitchen', { kitchen: 'one-knife', at: 0.32 }, '.choices', '.traces'],
    ['drag', { preset: 'convoy', a: setting('3.12'), b: setting('free') }, '.tracks', '.result'],
    ['scheduler', { level: 'break-3', words: 'abacb' }, '.turns', '.scheduler-columns'],
    ['counter', { version: 'py36', words: 'aaaaaabbbbbbbb' }, '.turns', '.counter-threads'],
    ['loop', { how: 'to_thread' }, '.loop-outcome', '.loop-columns'],
    ['traces', { example: true, selection: { from: 20e6, to: 60e6 } }, 'h2', '.questions'],
];

const { open, end } = await start(address.replace(/#.*$/, ''));
for (const lang of ['ko', 'en']) {
    mkdirSync(join(folder, lang, 'workbench'), { recursive: true });
    for (const [view, state, first, last] of PICTURES) {
        const { page, settled } = await open(view, { state, lang, width: WIDTH }, (what) => { throw new Error(what); });
        await page.locator(`.view ${first}`).first().waitFor();
        await settled();
        const [a, b] = [await page.locator(`.view ${first}`).first().boundingBox(), await page.locator(`.view ${last}`).last().boundingBox()];
        const session = await page.context().newCDPSession(page);
        const clip = { x: 0, y: a.y - 8, width: WIDTH, height: Math.min(b.y + b.height - a.y + 16, 900), scale: 1 };
        const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 70, clip, captureBeyondViewport: true });
        const file = join(folder, lang, 'workbench', `${view}.webp`);
        writeFileSync(file, Buffer.from(data, 'base64'));
        console.log(`${file}: ${Math.ceil(data.length * 3 / 4 / 1024)} KiB`);
        await page.close();
    }
}
await end();
