// Writes values for reading, and makes elements whose text is always text.
(function (mineGeo) {
  'use strict';

  const { words } = mineGeo;
  const FIRST_DAY = Date.UTC(1900, 0, 1);
  const DAY_MS = 86400000;
  const KHMER_ZERO = '០'.charCodeAt(0);

  function thousands(number, decimals) {
    const [whole, part] = number.toFixed(decimals || 0).split('.');
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
    return part ? `${grouped}.${part}` : grouped;
  }

  // What is written has these digits in both languages; what is typed may have Khmer ones.
  function typed(text) {
    return text.replace(/[០-៩]/g, (digit) => String(digit.charCodeAt(0) - KHMER_ZERO));
  }

  function same(text) {
    return { en: text, km: text };
  }

  function day(number) {
    const date = new Date(FIRST_DAY + number * DAY_MS);
    const month = words.say(`month.${date.getUTCMonth() + 1}`);
    const around = (name) => `${date.getUTCDate()} ${name} ${date.getUTCFullYear()}`;
    return { en: around(month.en), km: around(month.km) };
  }

  const WRITERS = {
    m2: (value) => words.say('unit.m2', { number: thousands(value) }),
    metres: (value) => words.say('unit.metres', { number: thousands(value / 10, 1) }),
    day,
  };

  // A column's value in a row, written in both languages; null where there is none.
  function write(column, row) {
    const value = column.value(row);
    if (value === null) {
      return null;
    }
    return column.said ? column.said(row) : WRITERS[column.as](value);
  }

  // The same without its unit, for a column of a table whose head says the unit.
  function bare(column, row) {
    const value = column.value(row);
    if (value === null || column.said || column.as === 'day') {
      return write(column, row);
    }
    return same(column.as === 'metres' ? thousands(value / 10, 1) : thousands(value));
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
  function isolated(said) {
    return words.put(element('bdi'), said);
  }

  mineGeo.format = {
    thousands, typed, same, write, bare, element, isolated,
  };
}(window.mineGeo));
