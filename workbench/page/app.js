// The shell: menu, language, theme, address. A view gets an empty element, its state and `ctx`.

import { call, exported } from "./api.js";
import { addressOf, readAddress } from "./address.js";
import { el } from "./dom.js";
import { lanes } from "./lanes.js";
import { learnStates } from "./states.js";
import { lang, say, speak, text } from "./text.js";
import * as kitchen from "./views/kitchen.js";
import * as drag from "./views/drag.js";
import * as scheduler from "./views/scheduler.js";
import * as counter from "./views/counter.js";
import * as loop from "./views/loop.js";
import * as traces from "./views/traces.js";

const VIEWS = [kitchen, drag, scheduler, counter, loop, traces];

const WORDS = {
    title: text('GIL을 직접 움직여 보기', 'Move the GIL yourself'),
    skip: text('본문으로', 'skip to the content'),
    views: text('화면', 'views'),
    language: text('언어', 'language'),
    theme: text('테마', 'theme'),
    system: text('시스템 설정', 'system'),
    light: text('밝게', 'light'),
    dark: text('어둡게', 'dark'),
    full: text('전체 화면', 'full screen'),
    keys: text('단축키', 'keys'),
    close: text('닫기', 'close'),
    link: text('주소 복사', 'copy the address'),
    copied: text('주소를 복사했습니다. 이 상태가 그대로 열립니다.', 'The address is copied; it opens this very state.'),
    notCopied: text('클립보드를 쓸 수 없습니다. 주소창에서 복사하십시오.', 'The clipboard is not available: copy it from the address bar.'),
    broken: text('주소에 적힌 상태를 읽을 수 없어 처음 상태로 열었습니다.', 'The state in the address cannot be read: this is the beginning.'),
    tab: text('다음 항목으로', 'to the next item'),
    noServer: text('이 페이지를 불러올 수 없습니다.', 'This page cannot be loaded.'),
    again: text('다시 시도', 'try again'),
};

/** The choices of this browser; a page from disk may not be allowed any storage. */
const stored = {
    get(name) {
        try {
            return localStorage.getItem(name);
        } catch {
            return null;
        }
    },
    set(name, value) {
        try {
            value ? localStorage.setItem(name, value) : localStorage.removeItem(name);
        } catch {
            // The choice stays in the address.
        }
    },
};

let meta = null;
let address = readAddress();
let leave = null;
/** The address as this page last wrote or read it. */
let seen = location.hash;

const live = el('p', { class: 'unseen', 'aria-live': 'polite' });
const status = el('p', { class: 'status', role: 'status' });
const banner = el('p', { class: 'notice bad', role: 'alert', hidden: true });
const main = document.getElementById('app');
const header = el('header');
const keysDialog = el('dialog', { class: 'keys' });

const view = () => VIEWS.find((one) => one.id === address.view) ?? VIEWS[0];
const theme = () => address.theme ?? stored.get('theme');

/** A line for everybody, which goes away. */
function tell(words) {
    status.textContent = say(words);
    clearTimeout(status.timer);
    status.timer = setTimeout(() => { status.textContent = ''; }, 6000);
}

/** A line for screen readers only: what others see in the picture. */
function whisper(words) {
    live.textContent = say(words);
}

/** Calls the server; if it has ended, the page says so until it answers again. */
async function ask(endpoint, request, options) {
    try {
        const answer = await call(endpoint, request, options);
        banner.hidden = true;
        return answer;
    } catch (error) {
        if (error.code === 'gone') {
            banner.textContent = say(error.text);
            banner.hidden = false;
        }
        throw error;
    }
}

function context() {
    const id = view().id;
    return {
        lang: lang(),
        t: say,
        call: ask,
        exported,
        meta,
        setState: (state, { push = false } = {}) => {
            // A view that has been left must not write into the address of the next.
            if (view().id === id) {
                address = { ...address, view: id, state };
                write(push);
            }
        },
        go: (other, state) => { location.hash = addressOf({ ...address, view: other, state }); },
        say: tell,
        whisper,
        full,
        lanes: (trace, options = {}) => lanes(trace, { say: whisper, ...options }),
    };
}

function write(push = false) {
    history[push ? 'pushState' : 'replaceState'](null, '', addressOf({ ...address, view: view().id }));
    seen = location.hash;
}

function full(element) {
    if (document.fullscreenElement) {
        document.exitFullscreen();
    } else {
        element.requestFullscreen?.().catch(() => {});
    }
}

function open() {
    leave?.();
    leave = null;
    speak(address.lang ?? stored.get('lang') ?? (navigator.language.startsWith('en') ? 'en' : 'ko'));
    const root = document.documentElement;
    root.lang = lang();
    theme() ? root.setAttribute('data-theme', theme()) : root.removeAttribute('data-theme');
    const shown = view();
    document.title = `${say(shown.title)} · ${say(WORDS.title)}`;
    drawHeader(shown);
    const place = el('div', { class: `view ${shown.id}` });
    main.replaceChildren(el('h1', { tabindex: '-1' }, say(shown.title)), banner, place);
    banner.hidden = true;
    status.textContent = '';
    leave = shown.render(place, address.state, context()) ?? null;
    if (address.broken) {
        banner.textContent = say(WORDS.broken);
        banner.hidden = false;
        address.broken = false;
    }
}

/** The same state, in another language or look. */
function choose(name, value) {
    stored.set(name, value);
    address = { ...address, [name]: value };
    write();
    const was = document.activeElement?.id;
    open();
    document.getElementById(was)?.focus();
}

function drawHeader(shown) {
    const language = (code, name) => el('button', { type: 'button', id: `lang-${code}`, lang: code, 'aria-pressed': String(lang() === code), onclick: () => choose('lang', code) }, name);
    const look = el('select', { id: 'theme', 'aria-label': say(WORDS.theme), onchange: () => choose('theme', look.value || null) },
        [['', WORDS.system], ['light', WORDS.light], ['dark', WORDS.dark]].map(([value, words]) => el('option', { value, selected: value === (theme() ?? '') }, say(words))));
    header.replaceChildren(
        el('a', { class: 'skip', href: '#app', onclick: (event) => { event.preventDefault(); main.querySelector('h1').focus(); } }, say(WORDS.skip)),
        el('p', { class: 'brand' }, say(WORDS.title)),
        el('nav', { 'aria-label': say(WORDS.views) }, el('ul', {}, VIEWS.map((one) => el('li', {},
            el('a', { href: addressOf({ view: one.id, lang: address.lang, theme: address.theme }), 'aria-current': one === shown ? 'page' : null }, say(one.title)))))),
        el('div', { class: 'row' },
            el('div', { class: 'switch', role: 'group', 'aria-label': say(WORDS.language) }, language('ko', '한국어'), language('en', 'English')),
            look,
            el('button', { type: 'button', onclick: copyAddress }, say(WORDS.link)),
            el('button', { type: 'button', onclick: () => showKeys(shown) }, say(WORDS.keys)),
            document.fullscreenEnabled && el('button', { type: 'button', onclick: () => full(main) }, say(WORDS.full))));
}

function copyAddress() {
    const done = () => tell(WORDS.copied);
    const not = () => tell(WORDS.notCopied);
    navigator.clipboard ? navigator.clipboard.writeText(location.href).then(done, not) : not();
}

function showKeys(shown) {
    const rows = [['Tab', WORDS.tab], ...(shown.keys ?? [])];
    keysDialog.replaceChildren(
        el('h2', { id: 'keys-title' }, `${say(WORDS.keys)}: ${say(shown.title)}`),
        el('dl', {}, rows.map(([key, words]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, say(words))])),
        el('button', { type: 'button', onclick: () => keysDialog.close() }, say(WORDS.close)));
    keysDialog.setAttribute('aria-labelledby', 'keys-title');
    keysDialog.showModal();
}

/** Back and forward, and an address that was typed: the browser tells of one change twice. */
function addressChanged() {
    if (location.hash === seen) {
        return;
    }
    seen = location.hash;
    const before = view().id;
    address = readAddress();
    open();
    if (view().id !== before) {
        // Whoever followed a link hears where it led.
        main.querySelector('h1').focus();
    }
}

async function start() {
    try {
        meta = await call('meta', {});
    } catch (error) {
        speak(address.lang ?? stored.get('lang') ?? 'ko');
        main.replaceChildren(el('p', { class: 'notice bad', role: 'alert' }, say(error.text ?? WORDS.noServer)),
            el('button', { type: 'button', onclick: () => location.reload() }, say(WORDS.again)));
        return;
    }
    learnStates(meta.states);
    document.body.prepend(header);
    document.body.append(live, status, keysDialog);
    open();
    addEventListener('hashchange', addressChanged);
    addEventListener('popstate', addressChanged);
}

start();
