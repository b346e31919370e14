// The priority of hazards: by the year in which their turn comes under a yearly capacity, else by
// fifths of the list. The list, the colours of the map and their key follow; what is chosen stands
// in the hash of the page, so that a bookmark keeps it.
(function (mineGeo) {
  'use strict';

  const { element, isolated, same, thousands } = mineGeo.format;
  const {
    address, capacity, decode, list, symbols, words,
  } = mineGeo;
  const CLASSES = 5;
  const NONE = 'none';
  const WAIT_MS = 200;

  const byId = (id) => document.getElementById(id);

  function fifths(page, sizes) {
    const ranked = [...sizes.keys()]
      .filter((place) => sizes.get(place) && page.list.ranks[place] !== null);
    const classOf = new Map();
    ranked.forEach((place, index) => {
      classOf.set(place, 1 + Math.floor((index * CLASSES) / ranked.length));
    });
    return classOf;
  }

  function byYear(planned) {
    const classOf = new Map();
    planned.forEach(({ first }, place) => {
      if (first !== null) {
        classOf.set(place, Math.min(first, CLASSES));
      }
    });
    return classOf;
  }

  function yearSaid(number) {
    return words.say(number < CLASSES ? 'class.year' : 'class.later', { year: number });
  }

  function ranksSaid(page, places) {
    const [first, last] = [places[0], places[places.length - 1]]
      .map((place) => thousands(page.list.ranks[place]));
    return same(first === last ? first : `${first}–${last}`);
  }

  function keyEntry(name, said, count) {
    const item = element('li');
    const label = element('span');
    label.append(isolated(said), ' ', element('small', '', thousands(count)));
    item.append(symbols.swatch(symbols.edged(symbols.of(`priority_${name}`))), label);
    return item;
  }

  function drawKey(page, classOf, byYears) {
    const members = new Map();
    page.list.planned.forEach((planned, place) => {
      const name = classOf.get(place) || NONE;
      members.set(name, members.get(name) || []);
      members.get(name).push(place);
    });
    const items = [1, 2, 3, 4, 5, NONE].filter((name) => members.has(name)).map((name) => {
      const places = members.get(name);
      const said = () => (byYears ? yearSaid(name) : ranksSaid(page, places));
      return keyEntry(name, name === NONE ? words.say('class.none') : said(), places.length);
    });
    byId('mg-classes').replaceChildren(...items);
  }

  // The look of a class, with the hatch of a kind; made once, as a pattern is costly.
  function lookOf(page, name, { hatch }) {
    const key = `${name} ${hatch}`;
    if (!page.looks.has(key)) {
      const style = symbols.of(`priority_${name}`);
      const { fillColor, fillOpacity } = symbols.painted({ ...style, hatch });
      page.looks.set(key, { fillColor, fillOpacity, dotColor: style.fillColor });
    }
    return page.looks.get(key);
  }

  // Without styles of its own a shape has those of its symbol.
  function plain(shape) {
    ['fillColor', 'fillOpacity', 'dotColor'].forEach((name) => {
      delete shape.options[name];
    });
    shape.setStyle({});
  }

  // The fill says the class, the outline the status; the rows of the list bear the same colours.
  function colour(page, classOf) {
    page.list.planned.forEach((planned, place) => {
      const row = page.list.order[place];
      const look = lookOf(page, classOf.get(place) || NONE, page.symbols[row]);
      const shape = page.hazards.shapes[row];
      if (page.byPriority) {
        shape.setStyle(look);
      } else {
        plain(shape);
      }
    });
    document.querySelector('.mg-page').classList.toggle('mg-by-priority', page.byPriority);
    byId('mg-classes').hidden = !page.byPriority;
  }

  function summary(m2, planned, years) {
    const all = Math.max(0, ...[...planned.values()].slice(-1).map(({ total }) => total));
    if (!all) {
      return words.say('plan.nothing');
    }
    if (!years.length) { // all of it is pinned
      return words.say('plan.ask');
    }
    const last = years[years.length - 1].to;
    const values = {
      capacity: thousands(m2),
      years: thousands(last),
      hazards: list.counted(years[0].hazards),
      m2: thousands(years[0].m2),
    };
    return words.say(last === 1 ? 'plan.one_year' : 'plan.years', values);
  }

  function tell(m2, planned, years) {
    const invalid = Number.isNaN(m2);
    byId('mg-capacity').setAttribute('aria-invalid', String(invalid));
    let said = words.say('plan.ask');
    if (invalid) {
      said = words.say('plan.bad');
    } else if (m2) {
      said = summary(m2, planned, years);
    }
    words.put(byId('mg-plan'), said);
  }

  // The list and the plan are of the hazards that are shown, in the order of their ranks.
  function update(page) {
    const unit = byId('mg-unit').value;
    const m2 = capacity.read(byId('mg-capacity').value, unit);
    const size = page.list.columns.get('size_m2');
    const places = [...page.list.order.keys()]
      .filter((place) => page.hazards.shown[page.list.order[place]]);
    const sizes = new Map(places.map((place) => [place, size.value(page.list.order[place])]));
    const usable = m2 || null;
    const pins = new Map(places.flatMap((place, at) => (
      page.list.pins.has(place) ? [[at, page.list.pins.get(place).year]] : [])));
    const made = capacity.plan([...sizes.values()], usable, pins);
    const years = usable ? capacity.years(made) : [];
    const planned = new Map(places.map((place, at) => [place, made[at]]));
    const classOf = usable ? byYear(planned) : fifths(page, sizes);
    page.byPriority = byId('mg-colours-priority').checked;
    page.list.section.classList.toggle('mg-no-years', !usable);
    page.list.chipOf = (place) => (page.byPriority
      ? lookOf(page, classOf.get(place) || NONE, page.symbols[page.list.order[place]]).dotColor : '');
    page.list.arrange(planned, years);
    colour(page, classOf);
    drawKey(page, classOf, Boolean(usable));
    tell(m2, planned, years);
    address.remember({
      capacity: m2 ? String(m2) : '',
      unit: m2 && unit !== 'm2' ? unit : '',
      colours: page.byPriority ? '' : 'type',
    });
  }

  function begin(page, told) {
    byId('mg-unit').value = address.recall('unit') === 'ha' ? 'ha' : 'm2';
    const kept = capacity.read(address.recall('capacity') || String(told.capacity_m2 || ''), 'm2');
    byId('mg-capacity').value = kept ? capacity.written(kept, byId('mg-unit').value) : '';
    byId('mg-colours-type').checked = address.recall('colours') === 'type';
    byId('mg-plan-form').hidden = false;
  }

  function wire(page) {
    let waiting = null;
    const now = () => {
      clearTimeout(waiting);
      update(page);
    };
    byId('mg-plan-form').addEventListener('submit', (event) => {
      event.preventDefault();
      now();
    });
    byId('mg-plan-form').addEventListener('change', now);
    byId('mg-capacity').addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(now, WAIT_MS);
    });
  }

  mineGeo.features.push((page, data) => {
    if (!page.list) {
      return;
    }
    page.hazards = page.records.find((layer) => layer.name === 'hazards');
    const layer = data.layers.find((one) => one.name === 'hazards');
    page.symbols = decode.unpack(layer.symbol).map((index) => symbols.of(layer.symbols[index]));
    page.looks = new Map();
    begin(page, data.list);
    wire(page);
    page.plan = () => update(page);
    page.recalls.push(() => begin(page, data.list));
    page.watchers.push(page.plan);
    update(page);
  });
}(window.mineGeo));
