// Running totals, and the years of each hazard under a yearly capacity. Whole m² throughout, exact
// up to 2^53. Work goes down the list without a gap: what is not finished goes on next year.
// Hazards that somebody fixed to a year (pins) keep it, whatever the list, and use its capacity.
(function (mineGeo) {
  'use strict';

  const M2_A_UNIT = { m2: 1, ha: 10000 };
  const MOST_YEARS = 10000;
  const NUMBER = /^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/;

  // What was typed, in whole m²: null where nothing was, NaN where it is no capacity.
  function read(text, unit) {
    const plain = mineGeo.format.typed(text.replace(/\s/g, ''));
    if (plain === '') {
      return null;
    }
    const number = NUMBER.test(plain) ? Number(plain.replace(/,/g, '')) : NaN;
    const m2 = Math.round(number * M2_A_UNIT[unit]);
    return m2 >= 1 && m2 <= Number.MAX_SAFE_INTEGER ? m2 : NaN;
  }

  // A capacity as text in a unit, with all its decimals; `read` takes it back.
  function written(m2, unit) {
    const [whole, part] = String(m2 / M2_A_UNIT[unit]).split('.');
    return [mineGeo.format.thousands(Number(whole)), part].filter(Boolean).join('.');
  }

  // Whole years that hold so much; a remainder, not a rounded quotient, is exact.
  function fullYears(m2, capacity) {
    return (m2 - (m2 % capacity)) / capacity;
  }

  function yearsFor(m2, capacity) {
    return fullYears(m2, capacity) + (m2 % capacity > 0 ? 1 : 0);
  }

  // What pins leave for all others, summed up to each year in which they use any; a pin of more
  // than its year runs into the next ones.
  function leftByPins(sizes, pins, capacity) {
    const wanted = new Map();
    pins.forEach((year, place) => wanted.set(year, (wanted.get(year) || 0) + (sizes[place] || 0)));
    const last = Math.max(0, ...wanted.keys());
    const filled = [];
    let [carried, whole] = [0, 0];
    while (filled.length < MOST_YEARS && (filled.length < last || carried > 0)) {
      carried += wanted.get(filled.length + 1) || 0;
      whole += Math.max(0, capacity - carried);
      carried = Math.max(0, carried - capacity);
      filled.push(whole);
    }
    return filled;
  }

  // The years of what is not pinned: in which so much is begun, or ended, and how much until then.
  function calendar(filled, capacity) {
    const whole = filled.length ? filled[filled.length - 1] : 0;
    const within = (test, after) => {
      const at = filled.findIndex(test);
      return at >= 0 ? at + 1 : filled.length + after();
    };
    return {
      begins: (m2) => within((sum) => sum > m2, () => fullYears(m2 - whole, capacity) + 1),
      ends: (m2) => within((sum) => sum >= m2, () => yearsFor(m2 - whole, capacity)),
      until(year) {
        const later = whole + Math.max(0, year - filled.length) * capacity;
        return year < 1 ? 0 : filled[year - 1] ?? later;
      },
    };
  }

  // For each size in the order of the list: the running total, the year in which work begins, and
  // the year in which it ends. Where nothing is left there is no work and no year. `pins`: the
  // years of those that are fixed to one, by their place in the list.
  function plan(sizes, capacity, pins = new Map()) {
    const when = capacity ? calendar(leftByPins(sizes, pins, capacity), capacity) : null;
    let [total, free] = [0, 0];
    const planned = sizes.map((size, place) => {
      total += size || 0;
      if (!when || !size) {
        return { total, first: null, last: null };
      }
      if (pins.has(place)) {
        const year = pins.get(place);
        return { total, first: year, last: year, pinned: true };
      }
      const before = free;
      free += size;
      return { total, first: when.begins(before), last: when.ends(free) };
    });
    return Object.assign(planned, { when, free });
  }

  // The years of a plan, each with its hazards (those that begin in it) and the m² worked in it,
  // without what is pinned.
  // Years in which one hazard goes on and none begins stand together, without hazards.
  // `at`: the row before which they stand; `after` the last row where it is the number of rows.
  function years(planned) {
    const { when, free: all } = planned;
    const worked = (from, to) => Math.min(when.until(to), all) - Math.min(when.until(from - 1), all);
    const found = [];
    let going = null;
    const goOn = (until, at) => {
      const from = found.length ? found[found.length - 1].to + 1 : 1;
      const m2 = from <= until ? worked(from, until) : 0;
      if (m2 > 0) { // pins may leave a year to nobody else
        found.push({
          from, to: until, at, going, hazards: 0, m2,
        });
      }
    };
    planned.forEach(({ first, pinned }, row) => {
      if (first === null || pinned) {
        return;
      }
      const latest = found[found.length - 1];
      if (latest && latest.from === first && latest.hazards) {
        latest.hazards += 1;
      } else {
        goOn(first - 1, row);
        found.push({
          from: first, to: first, at: row, going: null, hazards: 1, m2: worked(first, first),
        });
      }
      going = row;
    });
    goOn(all ? when.ends(all) : 0, planned.length);
    return found;
  }

  mineGeo.capacity = { read, written, plan, years };
}(window.mineGeo));
