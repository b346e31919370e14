// The ledger step by step: a slider that puts the page back to the end of a year, or to what was
// known when a report was recorded; what remained near and far and what had been released by then,
// and a chart of all steps. Map, list, sums and plan follow, as each reads `layer.stands`. The
// figures are the library's; the script adds none up but near and far. The chart is plain SVG: a dozen bars need no
// library, and SVG takes the page's fonts, colours and words, scales and prints.
(function (mineGeo) {
  'use strict';

  const { element, isolated, thousands } = mineGeo.format;
  const { address, symbols, words } = mineGeo;
  const OUTCOMES = ['cancelled', 'reduced', 'cleared'];
  const AROUND = ['unplaced', 'others', 'others_released'];
  const CHART = { width: 300, height: 120, left: 4, right: 4, top: 6, bottom: 18 };
  const PARTS = [['near', 'zone_near'], ['far', 'zone_far'], ['released', 'reduced']];

  function said(time, at) {
    const [en, km] = time.said[at];
    return { en, km };
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
    const { color: casing } = symbols.table.casing;
    const labelled = Math.ceil(time.days.length / 10);
    time.days.forEach((day, at) => {
      const bar = svg('g', { class: 'mg-time-bar' });
      let base = height - bottom;
      PARTS.forEach(([name, symbol]) => {
        const tall = room * valueAt(time, name, at) / most;
        base -= tall;
        bar.append(svg('rect', {
          x: left + at * step + 0.15 * step, y: base, width: 0.7 * step, height: tall,
          fill: symbols.table.others[symbol].fillColor, stroke: casing, 'stroke-width': 0.6,
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
        isolated(said(time, at)), zone(near), zone(far),
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
      item.append(symbols.swatch(symbols.edged({ ...style, fillOpacity: 1 })), isolated(text));
      list.append(item);
    };
    const zone = (name) => {
      const [hazards, m2] = time[name][at];
      const word = words.say(`time.${name}`);
      const told = words.say('unit.m2', { number: thousands(m2) });
      return words.say('time.zone', { zone: word, m2: told, hazards: thousands(hazards) });
    };
    entry('zone_near', zone('near'));
    entry('zone_far', zone('far'));
    entry('reduced', words.say('time.since', { m2: thousands(releasedAt(time, at)) }));
    return list;
  }

  // The changes of rows from step to step, told from the last step backwards.
  function stepsOf(packed) {
    return packed.map((text) => mineGeo.decode.unpack(text));
  }

  // Which rows of a layer stand at a step.
  function stand(layer, changes, at) {
    layer.stands.fill(1, 0, layer.now).fill(0, layer.now);
    const back = changes.length - at;
    changes.slice(0, back).forEach((rows) => rows.forEach((row) => { layer.stands[row] ^= 1; }));
  }

  // Of what lies around nothing is told of an earlier step: it is not shown, and the ground says so.
  function show(page, time, at) {
    const last = at === time.days.length - 1;
    page.past = last ? '' : time.days[at];
    page.pastSaid = words.say(`time.end_${time.by}`, { day: said(time, at) });
    page.records.forEach((layer) => {
      if (layer.name === 'hazards') {
        stand(layer, time.stood, at);
      } else if (layer.name === 'releases') {
        stand(layer, time.land, at);
      } else if (AROUND.includes(layer.name)) {
        layer.stands.fill(last ? 1 : 0);
      }
    });
    page.veilOthers(!last || page.off.has('others'));
    page.counters.forEach((count) => count());
    mineGeo.filters.again(page);
  }

  // What was open is of another step. The address keeps its hazard where it is the address that says
  // the step: `view.js` opens it again.
  function close(page, recalled) {
    page.shows = null;
    page.map.closePopup();
    page.choose(null);
    page.opened = null;
    if (!recalled) {
      address.close();
    }
  }

  // Years, and the moments of recording where the page knows of them.
  function choice(names, chosen, use) {
    const frame = element('fieldset', 'mg-time-by');
    frame.append(words.put(element('legend'), words.say('time.by')), ...names.map((name) => {
      const label = element('label');
      const button = element('input');
      Object.assign(button, { type: 'radio', name: 'mg-time-by', value: name, checked: name === chosen });
      button.addEventListener('change', () => use(name));
      label.append(button, words.put(element('span'), words.say(`time.by_${name}`)));
      return label;
    }));
    return frame;
  }

  mineGeo.features.push((page, data) => {
    if (!data.time) {
      return;
    }
    const names = ['years', 'reports'].filter((name) => data.time[name]);
    const steps = new Map(names.map((name) => [name, {
      ...data.time[name], by: name, stood: stepsOf(data.time[name].stood), land: stepsOf(data.time[name].land),
    }]));
    let time = steps.get('years');
    const frame = element('details', 'mg-time');
    frame.open = true;
    const slider = element('input');
    const label = element('label', 'mg-time-label');
    const [name, day] = [element('span'), element('strong')];
    const [told, picture] = [element('div'), element('div')];
    const note = element('p', 'mg-note');
    const all = element('div', 'mg-time-scroll');
    told.setAttribute('role', 'status');
    slider.type = 'range';
    slider.id = 'mg-time';
    slider.step = 1;
    label.htmlFor = slider.id;
    label.append(name, day);
    let shown = null;
    const update = (recalled) => {
      const [at, last] = [Number(slider.value), time.days.length - 1];
      const word = said(time, at);
      words.put(day, words.say(`time.end_${time.by}`, { day: word }));
      words.label(slider, 'aria-valuetext', word);
      told.replaceChildren(figures(time, at));
      words.put(note, words.say(`time.note_${time.by}`, { day: word, last: said(time, last) }));
      note.hidden = at === last;
      frame.querySelectorAll('.mg-time-bar').forEach((bar, place) => {
        bar.classList.toggle('mg-time-now', place === at);
      });
      if (shown !== `${time.by} ${at}`) {
        if (shown !== null) {
          close(page, recalled);
        }
        shown = `${time.by} ${at}`;
        show(page, time, at);
      }
      const key = time.by === 'years' ? '' : 'reports,';
      address.remember({ step: at === last && !key ? '' : `${key}${time.days[at]}` });
    };
    const choose = (at, recalled) => {
      slider.value = at;
      update(recalled);
    };
    const use = (by, at, recalled) => {
      time = steps.get(by);
      const last = time.days.length - 1;
      [slider.min, slider.max] = [0, last];
      words.put(name, words.say(`time.slider_${by}`));
      picture.replaceChildren(chart(time, (place) => choose(place)));
      all.replaceChildren(table(time));
      choose(at === undefined || at < 0 ? last : at, recalled);
    };
    const recall = () => {
      const [by, then] = (address.recall('step') || '').includes(',')
        ? address.recall('step').split(',') : ['years', address.recall('step')];
      const chosen = steps.has(by) ? by : 'years';
      frame.querySelectorAll('.mg-time-by input').forEach((one) => { one.checked = one.value === chosen; });
      use(chosen, steps.get(chosen).days.lastIndexOf(then), true);
    };
    page.toNow = () => choose(time.days.length - 1);
    all.tabIndex = 0;
    all.setAttribute('role', 'region');
    words.label(all, 'aria-label', words.say('time.figures'));
    frame.append(
      words.put(element('summary'), words.say('time.title')),
      ...(names.length > 1 ? [choice(names, 'years', (by) => use(by))] : []),
      label, slider, told, note, picture, all,
    );
    document.querySelector('.mg-side').prepend(frame);
    slider.addEventListener('input', () => update());
    page.recalls.push(recall);
    recall();
  });
}(window.mineGeo));
