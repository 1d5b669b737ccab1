'use strict';

// The same page in the other language, in the menu bar of every page. Pages carry a plain link as well, for readers without scripts.
(() => {
    const here = document.documentElement.lang;
    const [other, name] = here === 'ko' ? ['en', 'English'] : ['ko', '한국어'];
    const file = location.pathname.split('/').pop() || 'index.html';
    const link = document.createElement('a');
    link.href = `${path_to_root}../${other}/${file}`;
    link.lang = other;
    link.hreflang = other;
    link.className = 'language-switch';
    link.textContent = name;
    document.querySelector('.right-buttons')?.prepend(link);
})();
