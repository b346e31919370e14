// The language switch. What is chosen on one page holds on the next: by the browser's storage
// where there is one, and by the hash (#km) that links to other pages of a folder carry on.
(function (mineGeo) {
  'use strict';

  const { words } = mineGeo;
  const [FIRST] = words.LANGUAGES;
  const KEPT_AS = 'mine-geo-language';
  const LEADS_OUT = /^([a-z][a-z0-9+.-]*:|\/\/|#)/i;

  // A page opened from a disk may be refused any storage.
  function kept() {
    try {
      return window.localStorage.getItem(KEPT_AS);
    } catch {
      return null;
    }
  }

  function keep(language) {
    try {
      window.localStorage.setItem(KEPT_AS, language);
    } catch {
      // The hash still carries it.
    }
  }

  function known(language) {
    return words.LANGUAGES.includes(language);
  }

  function told() {
    return window.location.hash.slice(1).split('&').find(known);
  }

  // What else stands in a hash stays.
  function withLanguage(hash, language) {
    const others = hash.split('&').filter((part) => part && !known(part));
    return [language, ...others].join('&');
  }

  function carry(link) {
    const address = link.getAttribute('href');
    if (LEADS_OUT.test(address)) {
      return;
    }
    const [file, hash] = address.split('#');
    const language = words.language() === FIRST ? '' : words.language();
    const carried = withLanguage(hash || '', language).replace(/^&/, '');
    link.setAttribute('href', carried ? `${file}#${carried}` : file);
  }

  function show(language) {
    words.use(language);
    document.querySelectorAll('[data-language]').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.dataset.language === language));
    });
    document.querySelectorAll('a[href]').forEach(carry);
  }

  function choose(language) {
    keep(language);
    window.location.replace(`#${withLanguage(window.location.hash.slice(1), language)}`);
    show(language);
  }

  // Called once, before anything else is written onto the page.
  function begin() {
    if (told()) {
      keep(told());
    }
    const first = told() || kept();
    show(known(first) ? first : FIRST);
    document.addEventListener('click', (event) => {
      const button = event.target.closest('[data-language]');
      const link = event.target.closest('a[href]');
      if (button) {
        choose(button.dataset.language);
      } else if (link) {
        carry(link); // one that was added since
      }
    }, true);
    window.addEventListener('hashchange', () => {
      if (told() && told() !== words.language()) {
        show(told());
      }
    });
  }

  mineGeo.language = { begin };
}(window.mineGeo));
