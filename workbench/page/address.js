// The address holds the whole state, so that a teacher can hand it out: `#/VIEW?s=STATE&lang=ko&theme=dark`. STATE is base64url of
// the JSON that the view keeps.

/** { view, state, broken, lang, theme } from the address. */
export function readAddress(hash = location.hash) {
    const [path, query] = hash.replace(/^#\/?/, '').split('?');
    const params = new URLSearchParams(query ?? '');
    const choice = (name, known) => known.includes(params.get(name)) ? params.get(name) : null;
    const [state, broken] = decode(params.get('s'));
    return { view: path, state, broken, lang: choice('lang', ['ko', 'en']), theme: choice('theme', ['light', 'dark']) };
}

export function addressOf({ view, state, lang, theme }) {
    const params = new URLSearchParams();
    if (state && Object.keys(state).length > 0) {
        params.set('s', encode(state));
    }
    Object.entries({ lang, theme }).forEach(([name, value]) => value && params.set(name, value));
    const query = params.toString();
    return `#/${view}${query ? `?${query}` : ''}`;
}

function encode(state) {
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** [state, whether something stood there that is none]. */
function decode(words) {
    if (!words) {
        return [{}, false];
    }
    try {
        const bytes = Uint8Array.from(atob(words.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
        const state = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
        const plain = typeof state === 'object' && state !== null && !Array.isArray(state);
        return plain ? [state, false] : [{}, true];
    } catch {
        return [{}, true];
    }
}
