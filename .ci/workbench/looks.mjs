// How each view looks: its layout, its contrast, its names, its language, and what axe-core says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { contrast, layout } from '../page_checks.mjs';

const AXE = join(process.cwd(), 'node_modules/axe-core/axe.min.js');
export const hasAxe = existsSync(AXE);
/** A view has at least so many texts. */
const FEWEST = 15;

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

const axe = async () => {
    const { violations } = await globalThis.axe.run({ preload: false });
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => `axe: ${id}: ${nodes[0].html.slice(0, 90)}`);
};

const unfold = () => document.querySelectorAll('details').forEach((details) => { details.open = true; });

/**
 * The views in both languages and both themes, on a desk and on a phone. What differs is looked at where it differs: names and words by
 * language, contrast by theme, layout by width and language; axe-core in English in both themes.
 */
export const looks = (views, open, { languages = ['ko', 'en'], screenshots } = {}) => async (fault, spoil) => {
    const bypassCSP = hasAxe;
    let where = '';
    const tell = (what) => fault(`${where}${what}`);
    const its = await open(views[0], { lang: languages[0], spoil, bypassCSP }, tell);
    const { page } = its;
    if (bypassCSP) {
        await page.evaluate(readFileSync(AXE, 'utf8'));
    }
    for (const lang of languages) {
        for (const view of views) {
            for (const theme of ['light', 'dark']) {
                where = `${view}, ${lang}, ${theme}: `;
                await page.setViewportSize({ width: 1280, height: 900 });
                await its.go(view, null, lang, theme);
                await page.evaluate(unfold);
                const ask = async (check, ...given) => (await page.evaluate(check, ...given)).forEach(tell);
                const shoot = async (width) => screenshots && page.screenshot({ path: join(screenshots, `${view}-${lang}-${width}-${theme}.png`), fullPage: true });
                await ask(contrast, FEWEST);
                if (theme === 'light') {
                    await ask(layout);
                    await ask(names);
                    await ask(language, lang);
                }
                if (bypassCSP && lang === 'en') {
                    await ask(axe);
                }
                await shoot(1280);
                if (theme === 'light' || screenshots) {
                    await page.setViewportSize({ width: 375, height: 900 });
                    await its.settled();
                    where = `${view}, ${lang}, 375 px: `;
                    await ask(layout);
                    await shoot(375);
                }
            }
        }
    }
};
