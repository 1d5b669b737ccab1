// Elements that are drawn anew keep the focus.

/** Draws, and focuses what has the same `data-key` as what had the focus before; if that is gone or disabled, the next that can have it. */
export function keepingFocus(container, draw) {
    const before = container.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    draw();
    if (before === undefined) {
        return;
    }
    const all = [...container.querySelectorAll('[data-key]')];
    const same = all.find((one) => one.dataset.key === before && !one.disabled);
    (same ?? all.find((one) => !one.disabled))?.focus({ preventScroll: true });
}
