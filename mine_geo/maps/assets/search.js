// Search by hazard id: any part of it, in any case; by district, commune, village and operator, in
// either language; and by place, in degrees or metres. Hazards that are not on the page are found
// by what was released of them near by. The list of matches is an ARIA combobox; focus stays in the
// input.
(function (mineGeo) {
  'use strict';

  const { element, isolated, same } = mineGeo.format;
  const { coordinates, places, popup, words } = mineGeo;
  const MOST = 20;
  const NOTHING = { en: '', km: '' };
  const NAMES = ['province', 'district', 'commune', 'village', 'operator'];
  const HAZARDS = ['hazards', 'unplaced', 'others'];

  // One form of what looks alike, as keyboards differ: composed letters, blanks, capitals.
  function folded(text) {
    return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
  }

  // What can be found: the hazards on the page, then those that only released land speaks of.
  function known(page) {
    const found = new Map();
    const layerOf = (name) => page.records.find((layer) => layer.name === name);
    ['hazards', 'unplaced', 'others', 'releases'].map(layerOf).forEach((layer) => {
      const ids = layer && layer.columns.find((column) => column.name === 'hazard_id');
      if (!ids) {
        return;
      }
      const beside = layer.columns.find((column) => column.name === 'district');
      layer.shapes.slice(0, layer.now).forEach((shape, row) => {
        const id = ids.value(row);
        if (id !== null && !found.has(id)) {
          const hazard = layer.name !== 'releases';
          const note = hazard ? beside && beside.value(row) !== null && beside.said(row)
            : words.say('search.released');
          found.set(id, {
            said: same(id),
            keys: [folded(id)],
            note,
            go: () => page.openHazard(id),
          });
        }
      });
    });
    return [...found.values()];
  }

  // The names that hazards bear, with the rows of each: the unit's own, else those around it.
  function named(page) {
    const found = new Map();
    page.records.filter(({ name }) => HAZARDS.includes(name)).forEach((layer) => {
      NAMES.forEach((name) => {
        const column = layer.columns.find((one) => one.name === name);
        layer.shapes.slice(0, layer.now).forEach((shape, row) => {
          const value = column ? column.value(row) : null;
          const key = `${name} ${value}`;
          if (value === null || (found.has(key) && found.get(key).layer !== layer.name)) {
            return;
          }
          if (!found.has(key)) {
            found.set(key, { layer: layer.name, name, said: column.said(row), rows: [] });
          }
          found.get(key).rows.push(row);
        });
      });
    });
    return [...found.values()].map(({ layer, name, said, rows }) => ({
      said,
      keys: [...new Set([folded(said.en), folded(said.km)])],
      note: words.say('search.named', {
        what: words.say(`field.${name}`), hazards: mineGeo.list.counted(rows.length),
      }),
      go: () => page.goToRows(rows, layer),
    }));
  }

  // A place that was typed is a match of its own.
  function placed(page, typed) {
    const found = places.read(typed);
    if (!found) {
      return [];
    }
    const latlng = L.latLng(found.lat, found.lon);
    const said = coordinates.degrees(latlng);
    return [{
      said, keys: [], note: found.note, go: () => page.goToPlace(latlng, popup.place(latlng)),
    }];
  }

  // The id as it was typed comes first, then ids that differ from it by capitals, then those that
  // begin with it, the rest in the page's order.
  function matches(entries, typed) {
    const wanted = folded(typed);
    if (!wanted) {
      return [];
    }
    const begins = ({ keys }) => keys.some((key) => key.startsWith(wanted));
    const begin = entries.filter(begins);
    const hold = entries.filter((entry) => !begins(entry)
      && entry.keys.some((key) => key.includes(wanted)));
    const whole = begin.filter(({ keys }) => keys.includes(wanted));
    const exact = ({ said }) => [said.en, said.km].includes(typed.trim());
    whole.sort((one, other) => exact(other) - exact(one));
    return [...whole, ...begin.filter(({ keys }) => !keys.includes(wanted)), ...hold];
  }

  function option(entry, index) {
    const item = element('li');
    item.id = `mg-search-${index}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', 'false');
    item.appendChild(isolated(entry.said));
    if (entry.note) {
      item.appendChild(words.put(element('small'), entry.note));
    }
    return item;
  }

  function sayHowMany(place, typed, count) {
    const values = { count: mineGeo.format.thousands(count), shown: MOST };
    const many = count > MOST ? 'search.first' : 'search.some';
    const key = { 0: 'search.none', 1: 'search.one' }[count] || many;
    words.put(place, typed.trim() ? words.say(key, values) : NOTHING);
  }

  class Combobox {
    constructor(form, find) {
      this.input = form.querySelector('input');
      this.list = form.querySelector('ul');
      this.status = form.querySelector('[role="status"]');
      this.find = find;
      this.found = [];
      this.active = -1;
      this.input.addEventListener('input', () => this.look());
      this.input.addEventListener('keydown', (event) => this.press(event));
      this.input.addEventListener('blur', () => this.close());
      // The input keeps the focus while an option is clicked.
      this.list.addEventListener('mousedown', (event) => event.preventDefault());
      this.list.addEventListener('click', (event) => {
        const item = event.target.closest('li');
        if (item) {
          this.choose([...this.list.children].indexOf(item));
        }
      });
      form.addEventListener('submit', (event) => event.preventDefault());
    }

    look() {
      const all = this.find(this.input.value);
      this.found = all.slice(0, MOST);
      this.list.replaceChildren(...this.found.map(option));
      sayHowMany(this.status, this.input.value, all.length);
      this.turn(this.found.length > 0);
    }

    turn(open) {
      this.list.hidden = !open;
      this.input.setAttribute('aria-expanded', String(open));
      this.mark(-1);
    }

    close() {
      this.turn(false);
    }

    mark(index) {
      this.active = index;
      [...this.list.children].forEach((item, at) => {
        item.setAttribute('aria-selected', String(at === index));
      });
      if (index < 0) {
        this.input.removeAttribute('aria-activedescendant');
      } else {
        const item = this.list.children[index];
        this.input.setAttribute('aria-activedescendant', item.id);
        item.scrollIntoView({ block: 'nearest' });
      }
    }

    choose(index) {
      const entry = this.found[index];
      this.input.value = entry.said[words.language()];
      this.close();
      entry.go();
    }

    step(by) {
      if (this.list.hidden) {
        this.look();
      }
      const count = this.found.length;
      if (count) {
        const from = this.active < 0 && by < 0 ? 0 : this.active;
        this.mark((from + by + count) % count);
      }
    }

    enter() {
      const chosen = this.active;
      this.look();
      if (this.found.length) {
        this.choose(Math.max(chosen, 0));
      }
    }

    escape() {
      if (this.list.hidden) {
        this.input.value = '';
        this.look();
      } else {
        this.close();
      }
    }

    press(event) {
      const does = {
        ArrowDown: () => this.step(1),
        ArrowUp: () => this.step(-1),
        Enter: () => this.enter(),
        Escape: () => this.escape(),
      }[event.key];
      if (does && !event.isComposing) {
        event.preventDefault();
        does();
      }
    }
  }

  mineGeo.features.push((page, data) => {
    const form = document.querySelector('.mg-search');
    const entries = form ? [...known(page), ...named(page)] : [];
    if (entries.length) {
      form.hidden = false;
      page.map.invalidateSize({ animate: false });
      page.map.fitBounds(data.bounds, { padding: [14, 14], animate: false });
      new Combobox(form, (typed) => [...matches(entries, typed), ...placed(page, typed)]);
    }
  });

}(window.mineGeo));
