// A page of the workbench in headless Chromium, and how to wait for it: for what must come, never for a time.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.cwd(), 'x.js'))('playwright-core');

/** How long something may take until it counts as missing, in ms. */
const PATIENCE = 30_000;
/** The least and the most of it on a page that is wrong on purpose, where a wait is in vain. */
const [LEAST, MOST] = [1_500, 6_000];

const encode = (state) => Buffer.from(JSON.stringify(state)).toString('base64url');
export const hash = (view, state, lang, theme) =>
    `#/${view}?${state ? `s=${typeof state === 'string' ? state : encode(state)}&` : ''}lang=${lang}&theme=${theme}`;

/** In the page: counts the requests that have no answer yet. */
const countRequests = () => {
    globalThis.open_ = 0;
    const ask = globalThis.fetch;
    globalThis.fetch = async (...question) => {
        globalThis.open_ += 1;
        try {
            const { status, headers, body } = await ask(...question).then(async (answer) => ({ status: answer.status, headers: answer.headers, body: await answer.text() }));
            return new Response(body, { status, headers });
        } finally {
            globalThis.open_ -= 1;
        }
    };
};

/** In the page: nothing is asked, and some frames have been drawn since. */
const quiet = () => new Promise((done) => {
    let frames = 0;
    const look = () => {
        frames = globalThis.open_ > 0 ? 0 : frames + 1;
        frames > 3 ? done() : requestAnimationFrame(look);
    };
    look();
});

export async function start(address) {
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    const contexts = new Map();
    /** The longest wait so far that was not in vain: a busy machine takes longer. */
    let longest = 0;
    async function contextOf(options) {
        const key = JSON.stringify(options);
        if (!contexts.has(key)) {
            const context = await browser.newContext({ colorScheme: 'light', ...options });
            await context.addInitScript(countRequests);
            contexts.set(key, context);
        }
        return contexts.get(key);
    }

    /**
     * A view on a page of its own. What the page itself does wrong is told to `fault` as well. `spoil`: [file, from, to] is changed on the
     * way to the browser; `bypassCSP` lets axe-core in.
     */
    async function open(view, { state, lang = 'en', theme = 'light', width = 1280, touch = false, spoil, bypassCSP = false }, fault) {
        const context = await contextOf({ hasTouch: touch, bypassCSP });
        const page = await context.newPage();
        await page.setViewportSize({ width, height: 900 });
        const aside = (what) => {
            try {
                fault(what);
            } catch {
                // Whoever waits for this fault has it.
            }
        };
        page.on('pageerror', (error) => aside(`script: ${error.message}`));
        page.on('console', (message) => message.type() === 'error' && aside(`console: ${message.text()}`));
        page.on('request', (request) => {
            if (!request.url().startsWith(address.replace(/[^/]*$/, '')) && !/^(data|blob):/.test(request.url())) {
                aside(`it loads ${request.url()}`);
            }
        });
        if (spoil) {
            const [file, from, to] = spoil;
            await page.route(`**/${file}`, async (route) => {
                const answer = await route.fetch();
                const body = await answer.text();
                if (!body.includes(from)) {
                    aside('nothing was spoilt');
                }
                await route.fulfill({ response: answer, body: body.replace(from, () => to) });
            });
        }
        /** Whether something becomes true in time. */
        async function until(condition, patience = spoil ? Math.min(Math.max(2 * longest, LEAST), MOST) : PATIENCE) {
            for (const began = Date.now(); ;) {
                if (await condition()) {
                    longest = spoil ? longest : Math.max(longest, Date.now() - began);
                    return true;
                }
                if (Date.now() - began > patience) {
                    return false;
                }
                await page.waitForTimeout(40);
            }
        }
        const settled = () => page.evaluate(quiet);
        const its = {
            page,
            until,
            settled,
            /** A fault, if something does not become true. `words` may ask the page what is there instead. */
            async expect(condition, words) {
                if (!(await until(condition))) {
                    fault(typeof words === 'function' ? await words() : words);
                }
            },
            /** The state in the address now. */
            state() {
                const s = new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('s');
                return s ? JSON.parse(Buffer.from(s, 'base64url').toString()) : {};
            },
            /** The page writes its address when the hand rests: a fault, if it does not become what it should be. */
            expectState: (good, words) => its.expect(() => good(its.state()), () => `${words}: ${JSON.stringify(its.state())}`),
            /** Another view or state in the same page, as a link opens it. */
            async go(to, toState, toLang = lang, toTheme = theme) {
                await page.evaluate((where) => { location.hash = where; }, hash(to, toState, toLang, toTheme));
                await its.until(() => page.evaluate(([v, l, t]) => document.querySelector(`.view.${v} > *`) && document.documentElement.lang === l && document.documentElement.dataset.theme === t, [to, toLang, toTheme]), PATIENCE);
                await settled();
            },
            async reload() {
                await page.reload();
                await page.locator('.view > *').first().waitFor();
                await settled();
            },
        };
        page.setDefaultTimeout(PATIENCE);
        page.setDefaultNavigationTimeout(4 * PATIENCE);
        await page.goto(address + hash(view, state, lang, theme), { waitUntil: 'load' });
        await page.locator(`.view.${view} > *`).first().waitFor();
        await settled();
        return its;
    }
    const closeAll = () => Promise.all([...contexts.values()].flatMap((context) => context.pages()).map(async (page) => {
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        await page.close();
    }));
    return { open, closeAll, end: () => browser.close() };
}
