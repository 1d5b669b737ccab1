// What a reader would see wrong on a page, as functions that run in the page: `report.mjs` and `workbench.mjs` use them.

/** What a reader would see wrong on the page as it is laid out now. */
export const layout = () => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) {
        return [];
    }
    const wide = [...document.body.querySelectorAll('*')].find((element) => {
        const inside = element.closest('.scroll, svg, .unseen, .axis, .over');
        return element.getClientRects().length && element.getBoundingClientRect().right > root.clientWidth + 1 && (!inside || inside === element);
    });
    return [`the page is ${root.scrollWidth} px wide in ${root.clientWidth}: <${wide?.tagName.toLowerCase()} class="${wide?.className}"> ${wide?.textContent.trim().slice(0, 40)}`];
};

/** Texts that have too little contrast with what is behind them (WCAG 2.2, 1.4.3 AA); fewer than `fewest` texts are a fault: it looked at nothing. */
export const contrast = (fewest = 50) => {
    const parse = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((c, n) => c * a + below[n] * (1 - a));
    const light = (rgb) => {
        const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        const paper = element.closest('svg')?.querySelector('.paper');
        if (paper) {
            return parse(getComputedStyle(paper).fill).slice(0, 3);
        }
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
            const colour = parse(getComputedStyle(at).backgroundColor);
            layers.unshift(colour);
            if (colour[3] === 1) {
                break;
            }
        }
        return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
    };
    const said = new Map();
    let looked = 0;
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !element.checkVisibility() || element.closest('script, style, .unseen, title')) {
            continue;
        }
        looked += 1;
        const style = getComputedStyle(element);
        const size = parseFloat(style.fontSize);
        const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
        const below = behind(element);
        const colour = over(parse(element.closest('svg') ? style.fill : style.color), below);
        const [a, b] = [light(colour), light(below)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < least) {
            said.set(`${element.tagName} ${element.className}`, `contrast ${ratio.toFixed(2)} of ${least}: <${element.tagName.toLowerCase()}> ${element.textContent.trim().slice(0, 30)}`);
        }
    }
    return looked < fewest ? [`only ${looked} texts were found`] : [...said.values()];
};
