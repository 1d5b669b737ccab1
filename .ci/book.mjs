// Opens every page of the built book in headless Chromium, both languages, on a desk and on a phone, light and dark, and prints the
// sheet to hand out:
//   node book.mjs BOOK [SCREENSHOTS]
// BOOK holds ko/ and en/. Needs playwright-core (found from the working directory) and Chromium (CHROMIUM, else /usr/bin/chromium).
// Prints one line for each fault; exit code 1 if there is one.
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';

const { chromium } = createRequire(join(process.cwd(), 'x.js'))('playwright-core');
const [book, screenshots] = process.argv.slice(2);
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.png': 'image/png', '.webp': 'image/webp', '.woff2': 'font/woff2' };
const WIDTHS = [1280, 375];
const SCHEMES = ['light', 'dark'];
const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);

const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    try {
        const body = readFileSync(join(book, path));
        response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
    } catch {
        response.writeHead(404).end();
    }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const root = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

const pages = (lang) => readdirSync(join(book, lang)).filter((name) => name.endsWith('.html') && !['404.html', 'toc.html', 'print.html'].includes(name));
const known = new Map(); // address → its ids, or nothing if it is not there

async function idsAt(page, address) {
    if (!known.has(address)) {
        const answer = await page.request.get(address);
        const ids = [...(await answer.text()).matchAll(/\bid="([^"]*)"/g)].map((found) => found[1]);
        known.set(address, answer.ok() ? new Set(ids) : undefined);
    }
    return known.get(address);
}

/** What a reader would see wrong on the page as it is laid out now. */
const layout = () => {
    const said = [];
    const wide = (element) => element.scrollWidth > element.clientWidth + 1;
    if (wide(document.documentElement)) {
        said.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    }
    for (const box of document.querySelectorAll('.content .table-wrapper, .content pre:has(> code.language-text)')) {
        const inside = box.matches('pre') ? box.querySelector('code') : box;
        if (wide(box) || wide(inside)) {
            said.push(`cut on the right (${inside.scrollWidth} px in ${inside.clientWidth}): ${box.textContent.trim().slice(0, 40)}`);
        }
    }
    for (const picture of document.images) {
        if (picture.complete && picture.naturalWidth === 0) {
            said.push(`missing picture ${picture.src}`);
        }
    }
    return said;
};

/** Links of the page's own text and of its menu bar, and the language that it says it is in. */
const contents = () => ({
    lang: document.documentElement.lang,
    links: [...document.querySelectorAll('main a[href], .menu-bar a[href]')].map((a) => a.href),
    other: document.querySelector('.language-switch')?.href,
});

async function check(lang, name, width, scheme) {
    const where = `${lang}/${name} ${width} px ${scheme}`;
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme: scheme });
    page.on('pageerror', (error) => fault(where, `script: ${error.message}`));
    await page.goto(`${root}/${lang}/${name}`, { waitUntil: 'load' });
    (await page.evaluate(layout)).forEach((what) => fault(where, what));
    if (name === 'workbench.html') {
        // The exported page stands in the book, and shows a view.
        const inside = page.frames().find((frame) => frame.url().includes('/workbench/page/index.html'));
        const lanes = inside?.waitForSelector('main svg', { timeout: 60_000 });
        await (lanes ?? Promise.reject()).catch(() => fault(where, 'the page of the workbench is not in it'));
    }
    if (screenshots) {
        await page.screenshot({ path: join(screenshots, `${lang}-${name}-${width}-${scheme}.png`), fullPage: true });
    }
    if (width === WIDTHS[0] && scheme === SCHEMES[0]) {
        const seen = await page.evaluate(contents);
        if (seen.lang !== lang) {
            fault(where, `lang="${seen.lang}"`);
        }
        const twin = `${root}/${lang === 'ko' ? 'en' : 'ko'}/${name}`;
        if (seen.other !== twin || !(await idsAt(page, twin))) {
            fault(where, `the language switch leads to ${seen.other}`);
        }
        for (const link of seen.links.filter((link) => link.startsWith(root))) {
            const [address, id] = link.split('#');
            const ids = await idsAt(page, address);
            if (!ids || (id && !ids.has(decodeURIComponent(id)) && !ids.has(id))) {
                fault(where, `dead link ${link.slice(root.length)}`);
            }
        }
        await page.emulateMedia({ media: 'print' });
        await page.setViewportSize({ width: 700, height: 1000 });
        (await page.evaluate(layout)).forEach((what) => fault(`${where} in print`, what));
    }
    await page.close();
}

/** What would be wrong with a hand-out on paper: text beyond the edge of its sheet, or text that is on no sheet. */
const handoutLayout = () => {
    const said = [];
    const sheets = [...document.querySelectorAll('.sheet')];
    for (const sheet of sheets) {
        const edge = sheet.getBoundingClientRect().right + 1;
        const beyond = [...sheet.querySelectorAll('*')].find((e) => e.getBoundingClientRect().right > edge || (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1));
        if (beyond) {
            said.push(`cut on the right: ${beyond.textContent.trim().slice(0, 40)}`);
        }
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const [text, parent] = [texts.currentNode.textContent.trim(), texts.currentNode.parentElement];
        if (text && parent.checkVisibility({ visibilityProperty: true }) && !parent.closest('.sheet')) {
            said.push(`printed, but on no sheet: ${text.slice(0, 40)}`);
        }
    }
    return { said, sheets: sheets.length };
};

const A4 = [595, 842]; // points

/** A page to hand out: each .sheet is one page of A4, as Chromium prints it. */
async function handout(lang, name) {
    const where = `${lang}/${name} as a PDF`;
    // As wide as A4 without its margins of 12 mm, in CSS pixels of 1/96 inch.
    const page = await browser.newPage({ viewport: { width: 703, height: 1000 } });
    await page.goto(`${root}/${lang}/${name}`, { waitUntil: 'load' });
    await page.emulateMedia({ media: 'print' });
    const { said, sheets } = await page.evaluate(handoutLayout);
    said.forEach((what) => fault(where, what));
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const printed = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    if (sheets === 0 || printed !== sheets) {
        fault(where, `${printed} pages for ${sheets} sheets`);
    }
    for (const [, box] of pdf.matchAll(/\/MediaBox\s*\[([^\]]*)\]/g)) {
        const [, , ...size] = box.trim().split(/\s+/).map(Number);
        if (size.some((points, side) => Math.abs(points - A4[side]) > 1)) {
            fault(where, `a page of ${size.join(' × ')} points is not A4`);
        }
    }
    await page.close();
}

/** A search must list the page that has the words, and must list nothing for words that no page has. */
async function search(lang, words, expected) {
    const page = await browser.newPage();
    await page.goto(`${root}/${lang}/summary.html?search=${encodeURIComponent(words)}`);
    const settled = page.waitForFunction(() => document.querySelector('#mdbook-searchresults-header')?.textContent.includes("'"));
    await settled.catch(() => fault(`${lang}: search ${words}`, 'no answer'));
    const found = await page.$$eval('#mdbook-searchresults a', (all) => all.map((a) => a.getAttribute('href')));
    if (expected ? !found.some((href) => href.includes(expected)) : found.length > 0) {
        fault(`${lang}: search ${words}`, `expected ${expected ?? 'nothing'}, found ${found.slice(0, 5).join(' ') || 'nothing'}`);
    }
    await page.close();
}

if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
}
const languages = ['ko', 'en'].flatMap((lang) => pages(lang).map((name) => [lang, name]));
const views = languages.flatMap((page) => WIDTHS.flatMap((width) => SCHEMES.map((scheme) => [...page, width, scheme])));
const left = [...views];
const worker = async () => {
    for (let view = left.shift(); view; view = left.shift()) {
        await check(...view);
    }
};
await Promise.all(Array.from({ length: 4 }, worker));
for (const lang of ['ko', 'en']) {
    await handout(lang, 'sheet.html');
}
await search('ko', '뮤텍스', 'mutex.html');
await search('ko', '이벤트 루프', 'asyncio.html');
await search('ko', '락', 'gil.html');
await search('ko', '얼룩말', undefined);
await search('en', 'event loop', 'asyncio.html');
await search('en', 'zebra', undefined);
await browser.close();
server.close();
faults.forEach((line) => console.log(line));
console.log(`${views.length} views of the book, ${faults.length} fault(s)`);
process.exit(faults.length > 0 || views.length === 0 ? 1 : 0);
