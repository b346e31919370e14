// Writes values for reading, and makes elements whose text is always text.
(function (mineGeo) {
  'use strict';

  const FIRST_DAY = Date.UTC(1900, 0, 1);
  const DAY_MS = 86400000;
  const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August',
    'September', 'October', 'November', 'December'];

  function thousands(number, decimals) {
    const [whole, part] = number.toFixed(decimals || 0).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return part ? `${grouped}.${part}` : grouped;
  }

  function day(number) {
    const date = new Date(FIRST_DAY + number * DAY_MS);
    return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }

  const WRITERS = {
    text: (value) => value,
    m2: (value) => `${thousands(value)} m²`,
    metres: (value) => `${thousands(value / 10, 1)} m`,
    day,
  };

  function write(value, as) {
    return value === null ? '' : WRITERS[as](value);
  }

  // `text` becomes a text node; nothing here ever parses markup.
  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) {
      made.className = className;
    }
    if (text !== undefined && text !== null) {
      made.textContent = text;
    }
    return made;
  }

  // A bdi keeps right-to-left marks of a value from turning its surroundings.
  function isolated(text) {
    return element('bdi', '', text);
  }

  mineGeo.format = { thousands, write, element, isolated };
}(window.mineGeo));
