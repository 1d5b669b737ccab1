// Opens a report (`compare report DIR`), or a page of `choose --html FILE`, from disk in headless Chromium, both languages, on a desk and
// on a phone, light and dark:
//   node report.mjs DIR|FILE.html [SCREENSHOTS]
// Needs playwright-core (found from the working directory) and Chromium (CHROMIUM, else /usr/bin/chromium).
// Prints one line for each fault; exit code 1 if there is one. Each check is also tried on a page that is wrong on purpose.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { contrast, layout } from './page_checks.mjs';

const { chromium } = createRequire(join(process.cwd(), 'x.js'))('playwright-core');
let [folder, screenshots] = process.argv.slice(2);
const WIDTHS = [1280, 375];
const SCHEMES = ['light', 'dark'];
const LANGUAGES = ['ko', 'en'];

const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Words without their twin in the other language, or in the wrong language, or seen in the wrong one. */
const languages = () => {
    const said = [];
    const hangul = /[가-힣]/;
    const [ko, en] = ['ko', 'en'].map((lang) => [...document.querySelectorAll(`:is(span, div)[lang=${lang}]`)]);
    const alone = ko.filter((element) => element.nextElementSibling?.lang !== 'en').concat(en.filter((element) => element.previousElementSibling?.lang !== 'ko'));
    alone.slice(0, 3).forEach((element) => said.push(`in one language only: ${element.textContent.slice(0, 40)}`));
    const shown = document.documentElement.lang;
    const wrong = (shown === 'ko' ? en : ko).filter((element) => element.checkVisibility());
    wrong.slice(0, 3).forEach((element) => said.push(`seen on the page in ${shown}: ${element.textContent.slice(0, 40)}`));
    const foreign = en.filter((element) => !element.closest('svg') && hangul.test(element.textContent));
    foreign.slice(0, 3).forEach((element) => said.push(`Korean in English words: ${element.textContent.slice(0, 60)}`));
    return said;
};

/** What a screen reader needs. */
const names = () => {
    const said = [];
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    ids.filter((id, n) => ids.indexOf(id) !== n).slice(0, 3).forEach((id) => said.push(`two elements have the id ${id}`));
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'href']) {
        for (const element of document.querySelectorAll(`[${attribute}]`)) {
            const id = element.getAttribute(attribute).replace(/^#/, '');
            if (!ids.includes(id)) {
                said.push(`${attribute} names nothing: ${id}`);
            }
        }
    }
    for (const control of document.querySelectorAll('button, a, summary')) {
        const visible = [...control.querySelectorAll('*')].concat(control).filter((e) => !e.closest('[aria-hidden=true]') && (e === control || e.checkVisibility()));
        if (!visible.some((e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))) {
            said.push(`a control without a name: ${control.outerHTML.slice(0, 80)}`);
        }
    }
    document.querySelectorAll('svg:not([aria-hidden=true])').forEach((picture) => said.push(`a picture without words: ${picture.outerHTML.slice(0, 60)}`));
    document.querySelectorAll('figure:not(:has(table))').forEach((figure) => said.push(`a drawing without its table: ${figure.textContent.trim().slice(0, 40)}`));
    return said;
};

async function open(path, options, fault) {
    const page = await browser.newPage(options);
    page.on('pageerror', (error) => fault(`script: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && fault(`console: ${message.text()}`));
    page.on('request', (request) => request.isNavigationRequest() || request.url().startsWith('data:') || fault(`it loads ${request.url()}`));
    await page.goto(pathToFileURL(path).href, { waitUntil: 'load' });
    return page;
}

const speak = (page, lang) => page.click(`[data-lang=${lang}]`);
const openAll = (page) => page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));

/** The page as it looks: layout, contrast, languages, names. */
async function look(path, lang, width, scheme, fault) {
    const page = await open(path, { viewport: { width, height: 800 }, colorScheme: scheme }, fault);
    let loads = 0;
    page.on('framenavigated', () => { loads += 1; });
    await speak(page, lang);
    const seen = await page.evaluate(() => [document.documentElement.lang, document.title, document.querySelector('[aria-pressed=true]')?.dataset.lang]);
    if (seen[0] !== lang || seen[2] !== lang || /[가-힣]/.test(seen[1]) !== (lang === 'ko') || loads) {
        fault(`the language switch: ${seen.join(', ')}, ${loads} loads`);
    }
    if (screenshots) {
        await page.screenshot({ path: join(screenshots, `top-${lang}-${width}-${scheme}.png`) });
    }
    await openAll(page);
    for (const check of [layout, contrast, languages, names]) {
        (await page.evaluate(check)).forEach(fault);
    }
    if (screenshots) {
        await page.screenshot({ path: join(screenshots, `all-${lang}-${width}-${scheme}.png`), fullPage: true });
    }
    await page.close();
}

const CONTROLS = 'a[href], button, summary, [tabindex="0"]';

/** Every control is reached by Tab, in the order of the page, and the focus is seen. */
async function keyboard(path, fault) {
    const page = await open(path, { viewport: { width: 1280, height: 800 } }, fault);
    const all = await page.evaluate((controls) => {
        const visible = [...document.querySelectorAll(controls)].filter((element) => element.checkVisibility());
        visible.forEach((element, n) => { element.dataset.order = n; });
        return visible.length;
    }, CONTROLS);
    let last = -1;
    for (let n = 0; n < all; n += 1) {
        await page.keyboard.press('Tab');
        const [at, outline, what] = await page.evaluate(() => {
            const element = document.activeElement;
            return [Number(element.dataset.order ?? -1), getComputedStyle(element).outlineStyle, element.outerHTML.slice(0, 80)];
        });
        if (at !== last + 1) {
            fault(`Tab leads from control ${last} to ${at}: ${what}`);
            break;
        }
        if (outline === 'none') {
            fault(`the focus is not seen: ${what}`);
        }
        last = at;
    }
    const pointless = await page.$$eval('button, a, summary', (all) => all.filter((element) => element.tabIndex < 0).length);
    if (pointless) {
        fault(`${pointless} controls cannot be reached by Tab`);
    }
    await page.focus('[data-lang=en]');
    await page.keyboard.press('Enter');
    if (await page.evaluate(() => document.documentElement.lang) !== 'en') {
        fault('Enter does not switch the language');
    }
    await page.close();
}

/** The lanes: one moment in all of them, by mouse and by keys; zoom and back. */
async function lanes(path, fault) {
    const page = await open(path, { viewport: { width: 1280, height: 800 } }, fault);
    const group = page.locator('[data-traces]').first();
    if (await group.count() === 0) {
        fault('there are no lanes');
        return page.close();
    }
    const box = group.locator('.lanes').first();
    const state = () => group.evaluate((g) => ({
        hidden: [...g.querySelectorAll('.moment')].filter((line) => line.hidden).length,
        places: new Set([...g.querySelectorAll('.moment')].map((line) => line.style.left)).size,
        read: [...g.querySelectorAll('.read')].map((read) => read.textContent).join(''),
        views: [...new Set([...g.querySelectorAll('.lane svg')].map((svg) => svg.getAttribute('viewBox')))].join(';'),
    }));
    const before = await state();
    await box.scrollIntoViewIfNeeded();
    const place = await box.locator('.over').boundingBox();
    await page.mouse.move(place.x + place.width / 3, place.y + 8);
    const pointed = await state();
    if (pointed.hidden || pointed.places !== 1 || !/^[\d.]+ (ns|µs|ms|s): .+/.test(pointed.read)) {
        fault(`pointing at a lane does not mark one moment in all lanes: ${JSON.stringify(pointed)}`);
    }
    await page.mouse.down();
    await page.mouse.move(place.x + place.width / 2, place.y + 8, { steps: 4 });
    await page.mouse.up();
    const dragged = await state();
    if (dragged.views === before.views || dragged.views.includes(';')) {
        fault(`dragging does not zoom all lanes together: ${dragged.views}`);
    }
    await group.locator('[data-act=all]').click();
    if ((await state()).views !== before.views) {
        fault('"show all" does not show all');
    }
    await box.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('+');
    const keyed = await state();
    if (!keyed.read || keyed.views === before.views) {
        fault('the keys neither move the moment nor zoom');
    }
    await page.keyboard.press('0');
    await page.keyboard.press('Escape');
    const after = await state();
    if (after.views !== before.views || after.read) {
        fault('0 and Escape do not bring the page back');
    }
    await page.close();
}

/** On paper: nothing is cut on the right of A4, and there are pages. */
async function paper(path, fault) {
    const page = await open(path, { viewport: { width: 718, height: 1000 } }, fault);
    await page.emulateMedia({ media: 'print' });
    (await page.evaluate(layout)).forEach((what) => fault(`in print: ${what}`));
    const pdf = await page.pdf({ format: 'A4', margin: { top: '10mm', bottom: '10mm', left: '10mm', right: '10mm' }, path: screenshots && join(screenshots, 'report.pdf') });
    if (pdf.subarray(0, 5).toString() !== '%PDF-') {
        fault('it cannot be printed');
    }
    await page.close();
}

async function faultsOf(path, checks) {
    const found = new Set();
    for (const check of checks) {
        await check(path, (what) => found.add(what));
    }
    return [...found];
}

const view = (lang, width, scheme) => (path, fault) => look(path, lang, width, scheme, (what) => fault(`${lang} ${width} px ${scheme}: ${what}`));
const views = LANGUAGES.flatMap((lang) => WIDTHS.flatMap((width) => SCHEMES.map((scheme) => view(lang, width, scheme))));
const isPage = folder.endsWith('.html');
const path = isPage ? resolve(folder) : resolve(folder, 'report.html');
if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
}
const faults = await faultsOf(path, [...views, keyboard, lanes, paper]);
if (!isPage) {
    for (const name of ['measures.csv', 'verdicts.csv']) {
        if (readFileSync(join(folder, name), 'utf8').split('\n').length < 3) {
            faults.push(`${name} is empty`);
        }
    }
    JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
}

// Pages that are wrong on purpose: a check that does not notice checks nothing.
const small = view('en', 375, 'light');
const WRONG = [
    ['a wide element', (html) => html.replace('<main id="main">', '$&<p style="width:600px">wide</p>'), small, /px wide/],
    ['pale words', (html) => html.replace('--dim: #565b66', '--dim: #aaa'), small, /contrast/],
    ['pale words in the dark', (html) => html.replace('--dim: #a3a9b8', '--dim: #555'), view('en', 375, 'dark'), /contrast/],
    ['a script that fails', (html) => html.replace("'use strict';", '$& nothing.there;'), small, /script/],
    ['a word in one language', (html) => html.replace('<main id="main">', '$&<p><span lang="ko">하나</span></p>'), small, /one language/],
    ['both languages at once', (html) => html.replace(/html\[lang=ko\] :is.*\n/, ''), small, /seen on the page/],
    ['a picture from elsewhere', (html) => html.replace(/<meta http-equiv[^>]*>/, '').replace('<main id="main">', '$&<img src="https://example.org/x.png" alt="">'), small, /loads/],
    ['a control without a name', (html) => html.replace('<main id="main">', '$&<button></button>'), small, /without a name/],
    ['an id twice', (html) => html.replace('<main id="main">', '$&<p id="main"></p>'), small, /two elements/],
    ['a control out of reach', (html) => html.replace('<button type="button" lang="en"', '$& tabindex="-1"'), keyboard, /Tab/],
    ['a focus that is not seen', (html) => html.replace(/:focus-visible \{[^}]*\}/, ':focus { outline: none }'), keyboard, /focus is not seen/],
    ['a moment in one lane only', (html) => html.replace('line.hidden = moment === null', 'line.hidden = trace !== traces[0] || moment === null').replace("trace.read.textContent = `${time", "trace.read.textContent = `x${time"), lanes, /one moment/],
    ['a zoom of one lane only', (html) => html.replace("trace.lanes.forEach((lane) => lane.querySelector('svg')", "trace.lanes.slice(0, 1).forEach((lane) => lane.querySelector('svg')"), lanes, /dragging/],
    ['a table wider than paper', (html) => html.replace('.scroll { overflow: visible; }', '').replace('<main id="main">', '$&<p style="width:900px">wide</p>'), paper, /in print/],
];
screenshots = undefined; // of the report itself only
const home = mkdtempSync(join(tmpdir(), 'report-'));
const html = readFileSync(path, 'utf8');
for (const [name, spoil, check, expected] of WRONG) {
    const file = join(home, 'report.html');
    const spoilt = spoil(html);
    writeFileSync(file, spoilt);
    const found = spoilt === html ? [] : await faultsOf(file, [check]);
    if (!found.some((what) => expected.test(what))) {
        faults.push(`not noticed: ${name} (${found.slice(0, 2).join('; ') || (spoilt === html ? 'nothing was spoilt' : 'no fault')})`);
    }
}
rmSync(home, { recursive: true });
await browser.close();
faults.forEach((line) => console.log(line));
console.log(`${views.length} views of the report, ${WRONG.length} wrong pages, ${faults.length} fault(s)`);
process.exit(faults.length > 0 ? 1 : 0);
