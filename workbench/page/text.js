// Every text of the page stands here in two languages, side by side: `text('한국어', 'English')`.

let current = 'ko';

/** The language of the page: 'ko' or 'en'. */
export function lang() {
    return current;
}

export function speak(code) {
    current = code === 'en' ? 'en' : 'ko';
}

/** A text in both languages, as the server sends its own. */
export function text(ko, en) {
    return { ko, en };
}

/** A text in the language of the page; a plain string is the same in both. */
export function say(words) {
    return typeof words === 'string' ? words : (words?.[current] ?? '');
}
