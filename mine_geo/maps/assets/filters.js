// Which records are shown: one answer for each, from which map, list, sums and plan are drawn. A
// record is shown while it stands at the step of the slider (`layer.stands`), all its switches are on, its values are among those ticked, and its
// numbers within the limits that were typed. What is chosen stands in the hash of the page.
(function (mineGeo) {
  'use strict';

  const { address, words } = mineGeo;
  const {
    element, isolated, thousands, typed,
  } = mineGeo.format;
  const HAZARDS = ['hazards', 'unplaced', 'others'];
  const WAIT_MS = 200;
  const FIRST_YEAR = 1900;
  const DIGITS = /^\d{1,15}$/;
  // Of a unit's own alone: what lies around it is of other districts.
  const OWN_ONLY = ['district'];
  const FACETS = ['district', 'operator', 'difficulty'];
  const RANGES = [
    { name: 'size', column: 'size_m2', read: (value) => value },
    { name: 'surveyed', column: 'surveyed_on', read: (days) => yearOf(days) },
  ];

  const byId = (id) => document.getElementById(id);

  function yearOf(days) {
    return new Date(Date.UTC(FIRST_YEAR, 0, 1 + days)).getUTCFullYear();
  }

  function columnOf(layer, name) {
    return layer.columns.find((column) => column.name === name);
  }

  // What is not recorded is a value of its own: the empty text.
  function recorded(column, row) {
    return (column && column.value(row)) || '';
  }

  function facetTests(page, layer) {
    return FACETS
      .filter((name) => page.ticked.has(name))
      .filter((name) => layer.name === 'hazards' || !OWN_ONLY.includes(name))
      .map((name) => {
        const [column, ticked] = [columnOf(layer, name), page.ticked.get(name)];
        return (row) => ticked.has(recorded(column, row));
      });
  }

  // What has no such number is not within any limits.
  function rangeTests(page, layer) {
    return RANGES.filter(({ name }) => page.limits.has(name)).map(({ name, column, read }) => {
      const [numbers, { from, to }] = [columnOf(layer, column), page.limits.get(name)];
      return (row) => {
        const value = numbers ? numbers.value(row) : null;
        return value !== null && read(value) >= from && read(value) <= to;
      };
    });
  }

  function judge(page, layer) {
    const on = layer.groupKeys.map((keys) => !keys.some((key) => page.off.has(key)));
    const tests = HAZARDS.includes(layer.name)
      ? [...facetTests(page, layer), ...rangeTests(page, layer)] : [];
    layer.groupOf.forEach((group, row) => {
      layer.shown[row] = layer.stands[row] && on[group] && tests.every((test) => test(row)) ? 1 : 0;
    });
  }

  // Judges all records anew and has everything drawn from the answer.
  function again(page) {
    page.records.forEach((layer) => judge(page, layer));
    page.watchers.forEach((watcher) => watcher());
  }

  // Nothing ticked is not the same as the one value that is not recorded: the empty text.
  function listed(values) {
    return values.length ? address.listed(values) : ',';
  }

  function unlisted(key) {
    const told = address.recall(key);
    if (told === null) {
      return null;
    }
    return told === ',' ? [] : address.unlisted(told);
  }

  function remember(page) {
    const off = [...page.off].sort();
    const usual = off.length === page.usual.length && page.usual.every((key) => page.off.has(key));
    const values = { off: usual ? '' : listed(off) };
    FACETS.forEach((name) => {
      values[name] = page.ticked.has(name) ? listed([...page.ticked.get(name)].sort()) : '';
    });
    RANGES.forEach(({ name }) => {
      const { from, to } = page.limits.get(name) || {};
      const side = (number) => (Number.isFinite(number) ? number : '');
      values[name] = page.limits.has(name) ? `${side(from)}..${side(to)}` : '';
    });
    address.remember(values);
  }

  function chosen(page) {
    remember(page);
    again(page);
  }

  // One limit as it was typed: null where nothing was, NaN where it is no whole number.
  function limit(text) {
    const plain = typed(text.replace(/[\s,]/g, ''));
    return plain === '' ? null : Number(DIGITS.test(plain) ? plain : NaN);
  }

  function setLimits(page, name, first, last) {
    page.limits.delete(name);
    if (first !== null || last !== null) {
      page.limits.set(name, { from: first ?? -Infinity, to: last ?? Infinity });
    }
  }

  // The limits that the fields say; a field that says none is marked and does not count.
  function readRange(page, name) {
    const numbers = ['from', 'to'].map((side) => {
      const field = byId(`mg-${name}-${side}`);
      const number = limit(field.value);
      field.setAttribute('aria-invalid', String(Number.isNaN(number)));
      return Number.isNaN(number) ? null : number;
    });
    setLimits(page, name, ...numbers);
  }

  function writeRange(page, name) {
    const { from, to } = page.limits.get(name) || {};
    [['from', from], ['to', to]].forEach(([side, number]) => {
      const field = byId(`mg-${name}-${side}`);
      field.value = Number.isFinite(number) ? String(number) : '';
      field.setAttribute('aria-invalid', 'false');
    });
  }

  // Controls -------------------------------------------------------------------------------------

  // `count`: the place that says how many of the unit's hazards have the value; null for none.
  function box(said, count, wire) {
    const item = element('li');
    const label = element('label');
    const tick = element('input');
    tick.type = 'checkbox';
    tick.checked = true;
    wire(tick);
    label.append(tick, isolated(said));
    if (count !== null) {
      label.append(count);
    }
    item.append(label);
    return item;
  }

  function group(title, items, buttons) {
    const frame = element('fieldset', 'mg-facet');
    const list = element('ul', 'mg-symbols');
    list.append(...items);
    frame.append(words.put(element('legend'), title), ...buttons, list);
    return frame;
  }

  // The different values of a column with their words, how many rows have each, and in order.
  function valuesOf(layer, name) {
    const column = columnOf(layer, name);
    const found = new Map();
    layer.shapes.forEach((shape, row) => {
      const value = recorded(column, row);
      if (!found.has(value)) {
        const said = value === '' ? words.say('filters.not_recorded') : column.said(row);
        found.set(value, { value, said, count: 0 });
      }
      found.get(value).count += layer.stands[row];
    });
    const { compare } = new Intl.Collator('en', { numeric: true });
    return [...found.values()].sort((one, other) => (
      (one.value === '') - (other.value === '') || compare(one.value, other.value)));
  }

  function readFacet(page, name, ticks) {
    const on = ticks.filter((tick) => tick.checked).map((tick) => tick.value);
    page.ticked.delete(name);
    if (on.length < ticks.length) {
      page.ticked.set(name, new Set(on));
    }
  }

  function allOrNone(page, name, title, ticks) {
    return [['all', true], ['none', false]].map(([key, on]) => {
      const said = words.say(`filters.${key}`);
      const button = words.put(element('button', 'mg-link'), said);
      button.type = 'button';
      words.label(button, 'aria-label', {
        en: `${title.en}: ${said.en}`, km: `${title.km}៖ ${said.km}`,
      });
      button.addEventListener('click', () => {
        ticks.forEach((tick) => { tick.checked = on; });
        readFacet(page, name, ticks);
        chosen(page);
      });
      return button;
    });
  }

  function facet(page, layer, name, unit) {
    const values = valuesOf(layer, name);
    if (values.length < 2) {
      return [];
    }
    const ticks = [];
    const title = words.say(`field.${name}`);
    const counted = (place, count) => {
      const number = thousands(count);
      place.textContent = number;
      return words.label(place, 'title', words.say('legend.hazards', { number, unit }));
    };
    const places = new Map(values.map(({ value, count }) => (
      [value, counted(element('span', 'mg-count'), count)])));
    page.counters.push(() => valuesOf(layer, name)
      .forEach(({ value, count }) => counted(places.get(value), count)));
    const items = values.map(({ value, said }) => box(said, places.get(value), (tick) => {
      tick.value = value;
      ticks.push(tick);
      tick.addEventListener('change', () => {
        readFacet(page, name, ticks);
        chosen(page);
      });
    }));
    page.facets.set(name, ticks);
    return [group(title, items, allOrNone(page, name, title, ticks))];
  }

  // Zone, kind, area type and status are switches of the page: here they stand once more.
  function switches(layer) {
    const keys = [...new Set(layer.groupKeys.flat())];
    const kinds = new Set(layer.groupKeys.map(([first]) => first.replace(/-(near|far)$/, '')));
    const said = (key) => {
      const [, kind, zone] = /^(.*)-(near|far)$/.exec(key) || [];
      if (zone) {
        const word = words.say(`zone.${zone}`);
        const known = words.has(`kind.${kind}`) ? words.say(`kind.${kind}`) : { en: kind, km: kind };
        return kinds.size > 1 ? words.say('filters.of_kind', { kind: known, zone: word }) : word;
      }
      const [what, name] = [key.slice(0, key.indexOf('-')), key.slice(key.indexOf('-') + 1)];
      const word = { area_type: `symbol.${name}`, status: `status.${name}`, kind: `kind.${name}` };
      return words.has(word[what]) ? words.say(word[what]) : { en: name, km: name };
    };
    const sorts = [
      ['zone', /-(near|far)$/], ['area_type', /^area_type-/], ['status', /^status-/], ['kind', /^kind-/],
    ];
    return sorts.flatMap(([name, like]) => {
      const ours = keys.filter((key) => like.test(key)).sort();
      const items = ours.map((key) => box(said(key), null, (tick) => { tick.dataset.layer = key; }));
      return ours.length > 1 ? [group(words.say(`field.${name}`), items, [])] : [];
    });
  }

  // The switches of what hazards bear, and not those of released land or of the ground.
  function hazardKeys(page) {
    return new Set(page.records.filter(({ name }) => name === 'hazards')
      .flatMap((layer) => layer.groupKeys.flat()));
  }

  function filtered(page) {
    const keys = hazardKeys(page);
    return page.ticked.size > 0 || page.limits.size > 0 || [...page.off].some((key) => keys.has(key));
  }

  function showAll(page) {
    page.toNow();
    page.ticked.clear();
    page.limits.clear();
    page.facets.forEach((ticks) => ticks.forEach((tick) => { tick.checked = true; }));
    RANGES.forEach(({ name }) => writeRange(page, name));
    hazardKeys(page).forEach((key) => {
      page.off.delete(key);
      tickSwitches(key, true);
    });
    chosen(page);
  }

  function tickSwitches(key, on) {
    document.querySelectorAll(`input[data-layer="${CSS.escape(key)}"]`).forEach((tick) => {
      if (tick.checked !== on) {
        tick.checked = on;
        tick.dispatchEvent(new Event('mine-geo-switch')); // for who follows it; it was not used
      }
    });
  }

  // Whatever hides a record is set aside, so that it is seen.
  function reveal(page, layer, rows) {
    if (rows.some((row) => !layer.stands[row] && row < layer.now)) {
      page.toNow();
    }
    rows.filter((row) => !layer.shown[row]).forEach((row) => {
      layer.groupKeys[layer.groupOf[row]].filter((key) => page.off.has(key)).forEach((key) => {
        page.turn(key, true);
      });
      FACETS.filter((name) => page.ticked.has(name)).forEach((name) => {
        const value = recorded(columnOf(layer, name), row);
        const ticks = page.facets.get(name);
        if (ticks.some((tick) => tick.value === value)) {
          ticks.filter((tick) => tick.value === value).forEach((tick) => { tick.checked = true; });
        } else {
          ticks.forEach((tick) => { tick.checked = true; });
        }
        readFacet(page, name, ticks);
      });
      again(page);
      if (!layer.shown[row]) {
        page.limits.clear();
        RANGES.forEach(({ name }) => writeRange(page, name));
        again(page);
      }
    });
    remember(page);
  }

  // What an address says; what this page does not know of it is left out.
  function recall(page) {
    const switched = new Set([...document.querySelectorAll('input[data-layer]')]
      .map((tick) => tick.dataset.layer));
    const off = unlisted('off') || page.usual;
    [...page.off].filter((key) => !off.includes(key)).forEach((key) => page.turn(key, true));
    off.filter((key) => switched.has(key) && !page.off.has(key))
      .forEach((key) => page.turn(key, false));
    FACETS.filter((name) => page.facets.has(name)).forEach((name) => {
      const [ticks, on] = [page.facets.get(name), unlisted(name)];
      ticks.forEach((tick) => { tick.checked = !on || on.includes(tick.value); });
      readFacet(page, name, ticks);
    });
    const frame = document.querySelector('.mg-filters'); // hidden, or not there: nothing to limit
    RANGES.filter(() => frame && !frame.hidden).forEach(({ name }) => {
      const sides = (address.recall(name) || '').split('..').map(limit);
      const [first, last] = sides.length === 2 && !sides.some(Number.isNaN) ? sides : [null, null];
      setLimits(page, name, first, last);
      writeRange(page, name);
    });
    again(page);
  }

  function wireRanges(page) {
    let waiting = null;
    const now = () => {
      clearTimeout(waiting);
      RANGES.forEach(({ name }) => readRange(page, name));
      chosen(page);
    };
    const form = byId('mg-limits');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      now();
    });
    form.addEventListener('change', now);
    form.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(now, WAIT_MS);
    });
  }

  // Before the switches of the page are wired: those here are wired with them.
  function begin(page, unit) {
    Object.assign(page, {
      ticked: new Map(), limits: new Map(), facets: new Map(), usual: [], counters: [],
    });
    const layer = page.records.find(({ name }) => name === 'hazards');
    const frame = document.querySelector('.mg-filters');
    if (!frame || !layer || !layer.shapes.length) {
      return;
    }
    byId('mg-facets').append(
      ...switches(layer), ...FACETS.flatMap((name) => facet(page, layer, name, unit)));
    RANGES.forEach(({ name, column }) => {
      byId(`mg-${name}`).hidden = !columnOf(layer, column);
    });
    wireRanges(page);
    document.querySelectorAll('.mg-show-all').forEach((button) => {
      button.addEventListener('click', () => showAll(page));
    });
    frame.hidden = false;
  }

  mineGeo.filters = {
    begin, recall, remember, again, filtered, reveal, tickSwitches,
  };
}(window.mineGeo));
