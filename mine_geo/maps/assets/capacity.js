// Running totals, and the years of each hazard under a yearly capacity. Whole m² throughout, exact
// up to 2^53. Work goes down the list without a gap: what is not finished goes on next year.
(function (mineGeo) {
  'use strict';

  const M2_A_UNIT = { m2: 1, ha: 10000 };
  const KHMER_ZERO = '០'.charCodeAt(0);
  const NUMBER = /^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?$/;

  // What was typed, in whole m²: null where nothing was, NaN where it is no capacity.
  function read(text, unit) {
    const plain = text.replace(/\s/g, '')
      .replace(/[០-៩]/g, (digit) => String(digit.charCodeAt(0) - KHMER_ZERO));
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

  // For each size in the order of the list: the running total, the year in which work begins, and
  // the year in which it ends. Where nothing is left there is no work and no year.
  function plan(sizes, capacity) {
    let total = 0;
    return sizes.map((size) => {
      const before = total;
      total += size || 0;
      const work = Boolean(capacity) && total > before;
      return {
        total,
        first: work ? fullYears(before, capacity) + 1 : null,
        last: work ? yearsFor(total, capacity) : null,
      };
    });
  }

  function worked(from, to, capacity, all) {
    return Math.min(to * capacity, all) - Math.min((from - 1) * capacity, all);
  }

  // The years of a plan, each with its hazards (those that begin in it) and the m² worked in it.
  // Years in which one hazard goes on and none begins stand together, without hazards.
  // `at`: the row before which they stand; `after` the last row where it is the number of rows.
  function years(planned, capacity) {
    const all = planned.length ? planned[planned.length - 1].total : 0;
    const found = [];
    let going = null;
    const goOn = (until, at) => {
      const from = found.length ? found[found.length - 1].to + 1 : 1;
      if (from <= until) {
        found.push({
          from, to: until, at, going, hazards: 0, m2: worked(from, until, capacity, all),
        });
      }
    };
    planned.forEach(({ first }, row) => {
      if (first === null) {
        return;
      }
      const latest = found[found.length - 1];
      if (latest && latest.from === first && latest.hazards) {
        latest.hazards += 1;
      } else {
        goOn(first - 1, row);
        found.push({
          from: first, to: first, at: row, hazards: 1, m2: worked(first, first, capacity, all),
        });
      }
      going = row;
    });
    goOn(all ? yearsFor(all, capacity) : 0, planned.length);
    return found;
  }

  mineGeo.capacity = { read, written, plan, years };
}(window.mineGeo));
