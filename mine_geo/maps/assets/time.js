// The ledger year by year: a slider that puts the map back to the end of a year, what remained near
// and far and what had been released by then, and a chart of all years. The figures are the
// library's; the script adds none up but near and far. The chart is plain SVG: a dozen bars need no
// library, and SVG takes the page's fonts, colours and words, scales and prints.
(function (mineGeo) {
  'use strict';

  const { element, isolated, thousands } = mineGeo.format;
  const { symbols, words } = mineGeo;
  const OUTCOMES = ['cancelled', 'reduced', 'cleared'];
  const HAZARDS = ['hazards', 'unplaced', 'others'];
  const RELEASES = ['releases', 'others_released'];
  const FIRST_DAY = Date.UTC(1900, 0, 1);
  const DAY_MS = 86400000;
  const CHART = { width: 300, height: 120, left: 4, right: 4, top: 6, bottom: 18 };
  const PARTS = [['near', 'zone_near'], ['far', 'zone_far'], ['released', 'reduced']];

  function dayNumber(day) {
    return (Date.parse(`${day}T00:00:00Z`) - FIRST_DAY) / DAY_MS;
  }

  function said(day) {
    const date = new Date(`${day}T00:00:00Z`);
    const month = words.say(`month.${date.getUTCMonth() + 1}`);
    const around = (name) => `${date.getUTCDate()} ${name} ${date.getUTCFullYear()}`;
    return { en: around(month.en), km: around(month.km) };
  }

  function releasedAt(time, at) {
    return OUTCOMES.reduce((sum, outcome) => sum + time.released[outcome][at], 0);
  }

  function valueAt(time, name, at) {
    return name === 'released' ? releasedAt(time, at) : time[name][at][1];
  }

  function svg(name, attributes) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  function year(day) {
    return day.slice(0, 4);
  }

  // One bar a day: near, far, released, on each other.
  function chart(time, choose) {
    const { width, height, left, right, top, bottom } = CHART;
    const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'mg-time-chart', role: 'img' });
    words.label(picture, 'aria-label', words.say('time.chart'));
    const sums = time.days.map((day, at) => PARTS
      .reduce((sum, [name]) => sum + valueAt(time, name, at), 0));
    const most = Math.max(1, ...sums);
    const step = (width - left - right) / time.days.length;
    const room = height - top - bottom;
    const labelled = Math.ceil(time.days.length / 10);
    time.days.forEach((day, at) => {
      const bar = svg('g', { class: 'mg-time-bar' });
      let base = height - bottom;
      PARTS.forEach(([name, symbol]) => {
        const tall = room * valueAt(time, name, at) / most;
        base -= tall;
        bar.append(svg('rect', {
          x: left + at * step + 0.15 * step, y: base, width: 0.7 * step, height: tall,
          fill: symbols.table.others[symbol].fillColor,
        }));
      });
      bar.append(svg('rect', {
        class: 'mg-time-hit', x: left + at * step, y: 0, width: step, height, fill: 'transparent',
      }));
      if (at % labelled === 0 || at === time.days.length - 1) {
        const text = svg('text', { x: left + (at + 0.5) * step, y: height - 5, 'text-anchor': 'middle' });
        text.textContent = year(day);
        bar.append(text);
      }
      bar.addEventListener('click', () => choose(at));
      picture.append(bar);
    });
    return picture;
  }

  function row(cells, head) {
    const made = element('tr');
    made.append(...cells.map((cell, at) => {
      const box = element(head || at === 0 ? 'th' : 'td', at ? 'mg-number' : '');
      if (head || at === 0) {
        box.scope = head ? 'col' : 'row';
      }
      box.append(cell);
      return box;
    }));
    return made;
  }

  function table(time) {
    const made = element('table', 'mg-time-table');
    const names = ['day', 'near', 'far', 'remaining', 'released'];
    const head = element('thead');
    head.append(row(names.map((name) => isolated(words.say(`time.${name}`))), true));
    const body = element('tbody');
    body.append(...time.days.map((day, at) => {
      const [near, far] = [time.near[at], time.far[at]];
      const zone = ([hazards, m2]) => `${thousands(m2)} (${thousands(hazards)})`;
      return row([
        isolated(said(day)), zone(near), zone(far),
        zone([near[0] + far[0], near[1] + far[1]]), thousands(releasedAt(time, at)),
      ]);
    }));
    made.append(words.put(element('caption'), words.say('time.figures')), head, body);
    return made;
  }

  // The figures of one day, in words.
  function figures(time, at) {
    const list = element('ul', 'mg-symbols');
    const entry = (symbol, text) => {
      const item = element('li');
      const style = symbols.of(symbol);
      const bare = symbol === 'not_yet' ? style : { ...style, stroke: false, fillOpacity: 1 };
      item.append(symbols.swatch(bare), isolated(text));
      list.append(item);
    };
    const zone = (name) => {
      const [hazards, m2] = time[name][at];
      const word = words.say(`time.${name}`);
      const told = words.say('unit.m2', { number: thousands(m2) });
      const both = (language) => `${word[language]}: ${told[language]} (${thousands(hazards)})`;
      return { en: both('en'), km: both('km') };
    };
    entry('zone_near', zone('near'));
    entry('zone_far', zone('far'));
    entry('reduced', words.say('time.since', { m2: thousands(releasedAt(time, at)) }));
    if (at < time.days.length - 1) {
      entry('not_yet', words.say('time.not_yet'));
    }
    return list;
  }

  function plain(shape) {
    Object.keys(shape.options).forEach((name) => delete shape.options[name]);
  }

  // What was surveyed after that day is not there yet; what was released after it stands still.
  function show(page, time, at) {
    const day = dayNumber(time.days[at]);
    const last = at === time.days.length - 1;
    const later = (layer, name) => {
      const column = layer.columns.find((one) => one.name === name);
      return (number) => {
        const value = column ? column.value(number) : null;
        return !last && value !== null && value > day;
      };
    };
    page.records.filter(({ name }) => HAZARDS.includes(name)).forEach((layer) => {
      const hidden = later(layer, 'surveyed_on');
      layer.shapes.forEach((shape, number) => { shape.mineGeoLater = hidden(number); });
    });
    page.records.filter(({ name }) => RELEASES.includes(name)).forEach((layer) => {
      const stands = later(layer, 'happened_on');
      layer.shapes.forEach((shape, number) => {
        plain(shape);
        if (stands(number)) {
          Object.assign(shape.options, symbols.of('not_yet'));
        }
      });
    });
    page.canvas.records.mineGeoChanged();
  }

  mineGeo.features.push((page, { time }) => {
    if (!time) {
      return;
    }
    const frame = element('details', 'mg-time');
    frame.open = true;
    const slider = element('input');
    const label = element('label', 'mg-time-label');
    const day = element('strong');
    const told = element('div');
    const note = element('p', 'mg-note');
    const count = time.days.length;
    told.setAttribute('role', 'status');
    slider.type = 'range';
    slider.id = 'mg-time';
    [slider.min, slider.max, slider.step, slider.value] = [0, count - 1, 1, count - 1];
    label.htmlFor = slider.id;
    label.append(words.put(element('span'), words.say('time.slider')), day);
    const update = () => {
      const at = Number(slider.value);
      const word = said(time.days[at]);
      words.put(day, words.say('time.end', { day: word }));
      words.label(slider, 'aria-valuetext', word);
      told.replaceChildren(figures(time, at));
      words.put(note, words.say('time.note', { day: word, last: said(time.days[count - 1]) }));
      note.hidden = at === count - 1;
      frame.querySelectorAll('.mg-time-bar').forEach((bar, place) => {
        bar.classList.toggle('mg-time-now', place === at);
      });
      show(page, time, at);
    };
    const choose = (at) => {
      slider.value = at;
      update();
    };
    const all = element('div', 'mg-time-scroll');
    all.tabIndex = 0;
    all.setAttribute('role', 'region');
    words.label(all, 'aria-label', words.say('time.figures'));
    all.append(table(time));
    frame.append(
      words.put(element('summary'), words.say('time.title')),
      label, slider, told, note, chart(time, choose), all,
    );
    document.querySelector('.mg-side').prepend(frame);
    slider.addEventListener('input', update);
    update();
  });
}(window.mineGeo));
