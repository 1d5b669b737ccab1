// Elements, made in code: the Content-Security-Policy forbids style attributes and handlers in markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, props, children) {
    for (const [name, value] of Object.entries(props ?? {})) {
        if (value === false || value === null || value === undefined) {
            continue;
        }
        if (name.startsWith('on')) {
            element.addEventListener(name.slice(2), value);
        } else if (name === 'style') {
            Object.entries(value).forEach(([key, v]) => element.style.setProperty(key, v));
        } else if (name === 'value') {
            element.value = value;
        } else {
            element.setAttribute(name, value === true ? '' : value);
        }
    }
    element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
}

/** An HTML element. `onX` props become listeners, `style` goes through CSSOM; false, null and undefined are left out. */
export function el(tag, props, ...children) {
    return fill(document.createElement(tag), props, children);
}

/** An element of SVG, made the same way. */
export function svg(tag, props, ...children) {
    return fill(document.createElementNS(SVG, tag), props, children);
}

/** A table from texts already in the page's language; the first cell of a row is its head. */
export function table(caption, head, rows, props = {}) {
    return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption },
        el('table', props,
            el('caption', {}, caption),
            el('thead', {}, el('tr', {}, head.map((cell) => el('th', { scope: 'col' }, cell)))),
            el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, n) => n === 0 ? el('th', { scope: 'row' }, cell) : el('td', {}, cell)))))));
}
