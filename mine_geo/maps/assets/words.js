// The words of the page, in English and Khmer, and the language that it shows.
// This script is the first: it makes the one global of the page.
window.mineGeo = { features: [] };

(function (mineGeo) {
  'use strict';

  const LANGUAGES = ['en', 'km'];
  const ATTRIBUTES = ['aria-label', 'aria-valuetext', 'title', 'placeholder'];
  const KHMER = /[\u1780-\u17ff]/;
  const LATIN = /[A-Za-z]/;
  const table = {};
  let language = 'en';

  function fill(words) {
    Object.assign(table, words);
  }

  function inserted(text, values, index) {
    return text.replace(/\{(\w+)\}/g, (whole, name) => {
      const value = values[name];
      return value && value.en !== undefined ? value[LANGUAGES[index]] : String(value);
    });
  }

  // Values are put in as they are: a text, a number, or a text in both languages.
  function say(key, values) {
    const [en, km] = table[key].map((text, index) => inserted(text, values || {}, index));
    return { en, km };
  }

  function languageOf(text) {
    if (KHMER.test(text)) {
      return 'km';
    }
    return LATIN.test(text) ? 'en' : language;
  }

  // A name or a code in the other language than the page's says so, for those who hear it.
  function write(element, text) {
    if (element.textContent !== text) {
      element.textContent = text;
    }
    const own = languageOf(text);
    if (own !== language) {
      element.lang = own;
    } else if (element.lang) {
      element.removeAttribute('lang');
    }
  }

  function put(element, said) {
    element.dataset.en = said.en;
    element.dataset.km = said.km;
    write(element, said[language]);
    return element;
  }

  function label(element, attribute, said) {
    element.setAttribute(`data-en-${attribute}`, said.en);
    element.setAttribute(`data-km-${attribute}`, said.km);
    element.setAttribute(attribute, said[language]);
    return element;
  }

  // Every text that stands in both languages is swapped, wherever it is.
  function use(chosen) {
    language = chosen;
    document.documentElement.lang = chosen;
    document.querySelectorAll('[data-km]').forEach((element) => {
      write(element, element.dataset[chosen]);
    });
    ATTRIBUTES.forEach((attribute) => {
      document.querySelectorAll(`[data-km-${attribute}]`).forEach((element) => {
        element.setAttribute(attribute, element.getAttribute(`data-${chosen}-${attribute}`));
      });
    });
    document.dispatchEvent(new CustomEvent('mine-geo-language', { detail: chosen }));
  }

  mineGeo.words = {
    LANGUAGES, fill, say, put, label, use, languageOf, language: () => language, has: (key) => key in table,
  };
}(window.mineGeo));
