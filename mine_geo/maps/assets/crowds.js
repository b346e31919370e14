// Far out many hazards fall on few pixels. Where marks would lie on each other one mark stands for
// all of its square: striped by class, as large as they are many, with the number of the page's own
// hazards. A click says each class with its count and m2. Released land is a bar below.
(function (mineGeo) {
  'use strict';

  const { element, isolated, thousands } = mineGeo.format;
  const { popup, symbols, words } = mineGeo;
  const CELL_PX = 36;
  const FROM = 9; // fewer marks have room in a square of that width
  const NEVER_ZOOM = 15; // from here on each record is drawn as it is
  const COLUMNS = 2 ** 24; // more than there are cells across the world
  const LEAST_PX = 14;
  const MOST_PX = 30;
  const STRIPE_PX = 2;
  const BAR_PX = 5;
  const ZOOM_TO = 14;
  const SORTS = {
    hazards: 'hazards', unplaced: 'hazards', others: 'hazards',
    releases: 'releases', others_released: 'releases',
  };
  const M2 = { hazards: 'size_m2', releases: 'released_m2' };
  const LETTERS = '600 10px "Noto Sans", "Segoe UI", Arial, sans-serif';

  function edges(shape) {
    return [0, 1, 2, 3].map((side) => shape.mineGeoEdge(side));
  }

  // The shapes that are drawn as they are, in their order, and the crowds of the others. Squares
  // are fixed to the world, so that no crowd changes while the map is moved.
  function gather(shapes, scale, px) {
    if (scale >= 256 * 2 ** NEVER_ZOOM) {
      return { _alone: shapes, _crowds: [] };
    }
    const found = { hazards: new Map(), releases: new Map() };
    const cells = shapes.map((shape) => {
      const { boxes } = shape.mineGeoMeasured;
      const at = 4 * shape.mineGeoRow;
      const sort = SORTS[shape.mineGeoLayer.name];
      const [width, height] = [boxes[at + 2] - boxes[at], boxes[at + 3] - boxes[at + 1]];
      if (!sort || !(width * scale < px && height * scale < px)) {
        return null;
      }
      const column = Math.floor((boxes[at] + width / 2) * scale / CELL_PX);
      const row = Math.floor((boxes[at + 1] + height / 2) * scale / CELL_PX);
      const key = row * COLUMNS + column;
      let cell = found[sort].get(key);
      if (!cell) {
        cell = { row, column, shapes: [] };
        found[sort].set(key, cell);
      }
      cell.shapes.push(shape);
      return cell;
    });
    const crowds = new Map();
    Object.entries(found).forEach(([sort, byKey]) => byKey.forEach((cell, key) => {
      if (cell.shapes.length >= FROM) {
        const { row, column } = cell;
        crowds.set(key, { row, column, ...crowds.get(key), [sort]: cell.shapes });
      }
    }));
    return {
      _alone: shapes.filter((_, at) => !cells[at] || cells[at].shapes.length < FROM),
      _crowds: [...crowds.values()],
    };
  }

  // Its colours and how many have each, the most first.
  function coloured(shapes) {
    const counts = new Map();
    shapes.forEach((shape) => {
      const colour = shape._dotColor();
      counts.set(colour, (counts.get(colour) || 0) + 1);
    });
    return [...counts].sort((one, other) => other[1] - one[1]);
  }

  // The number of the page's own hazards; kinds are never added up.
  function number(shapes) {
    const kinds = new Set();
    let own = 0;
    shapes.forEach(({ mineGeoLayer: layer, mineGeoRow: row }) => {
      if (layer.name === 'hazards') {
        own += 1;
        kinds.add(layer.kinds[layer.groupOf[row]]);
      }
    });
    return kinds.size === 1 ? thousands(own) : '';
  }

  function sideOf(shapes) {
    return Math.min(MOST_PX, Math.max(LEAST_PX, 2.2 * Math.sqrt(shapes.length)));
  }

  // Where its mark lies in the world, in pixels of this zoom: about the middle of its records,
  // within its square.
  function look(crowd, scale) {
    const { hazards = [], releases = [] } = crowd;
    const all = hazards.length ? hazards : releases;
    const side = sideOf(all);
    const height = side + (hazards.length && releases.length ? BAR_PX + 1 : 0);
    const mean = (from, to) => all.reduce((sum, shape) => sum
      + (shape.mineGeoEdge(from) + shape.mineGeoEdge(to)) / 2, 0) / all.length * scale;
    const within = (value, cell, size) => Math.min(
      (cell + 1) * CELL_PX - size / 2 - 1, Math.max(cell * CELL_PX + size / 2 + 1, value));
    return {
      side, height,
      x: within(mean(0, 2), crowd.column, side),
      y: within(mean(1, 3), crowd.row, height),
      stripes: coloured(all),
      bar: hazards.length ? coloured(releases) : [],
      number: number(hazards),
    };
  }

  function drawStripes(pen, colours, [x, y, width, height]) {
    const all = colours.reduce((sum, [, count]) => sum + count, 0);
    let left = x;
    colours.forEach(([colour, count], at) => {
      const rest = x + width - left - STRIPE_PX * (colours.length - at - 1);
      const wide = at === colours.length - 1 ? x + width - left
        : Math.min(rest, Math.max(STRIPE_PX, width * count / all));
      pen.fillStyle = colour;
      pen.fillRect(left, y, wide, height);
      left += wide;
    });
  }

  function drawMark(pen, mark, halo) {
    const { side, height, left, top } = mark;
    const { halo: white, color: casing } = symbols.table.casing;
    [[white, halo ? 2.5 : 2], [casing, 1]].forEach(([colour, more]) => {
      pen.fillStyle = colour;
      pen.fillRect(left - more, top - more, side + 2 * more, height + 2 * more);
    });
    drawStripes(pen, mark.stripes, [left, top, side, side]);
    if (mark.bar.length) {
      drawStripes(pen, mark.bar, [left, top + side + 1, side, BAR_PX]);
    }
  }

  function drawNumber(pen, { number: text, left, top, side }) {
    pen.strokeStyle = '#ffffff';
    pen.fillStyle = symbols.table.inks.ink;
    pen.strokeText(text, left + side / 2, top + side / 2);
    pen.fillText(text, left + side / 2, top + side / 2);
  }

  // Draws the crowds of a view and returns what a click can hit: bounds in pixels of the layer.
  function draw(pen, crowds, { scale, origin, frame }, halo) {
    const marks = [];
    crowds.forEach((crowd) => {
      const [x, y] = [crowd.column * CELL_PX - origin.x, crowd.row * CELL_PX - origin.y];
      if (x > frame.max.x || y > frame.max.y || x + CELL_PX < frame.min.x || y + CELL_PX < frame.min.y) {
        return;
      }
      crowd.look = crowd.look || look(crowd, scale);
      const { side, height } = crowd.look;
      const [left, top] = [crowd.look.x - origin.x - side / 2, crowd.look.y - origin.y - height / 2];
      marks.push({ ...crowd.look, crowd, left, top });
    });
    marks.forEach((mark) => drawMark(pen, mark, halo));
    pen.font = LETTERS;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.lineWidth = 3;
    pen.lineJoin = 'round';
    pen.setLineDash([]);
    marks.forEach((mark) => drawNumber(pen, mark));
    return marks.map(({ crowd, left, top, side, height }) => ({
      crowd,
      bounds: L.bounds([[left - 2, top - 2], [left + side + 2, top + height + 2]]),
      options: { bubblingMouseEvents: false },
      listens: (type) => type === 'click',
      fire: (type, { latlng }) => (type === 'click' ? open(crowd, latlng) : null),
    }));
  }

  // What is in a crowd by class -------------------------------------------------------------------

  function joined(texts) {
    return { en: texts.map(({ en }) => en).join(', '), km: texts.map(({ km }) => km).join(', ') };
  }

  function known(key, otherwise) {
    return words.has(key) ? words.say(key) : { en: otherwise, km: otherwise };
  }

  // The class of a row in words: of a hazard kind and zone, area type, status and whose it is; of
  // released land the outcome.
  function classOf(layer, group) {
    const keys = layer.groupKeys[group];
    if (SORTS[layer.name] === 'releases') {
      return known(`outcome.${keys[0].replace('released-', '')}`, keys[0]);
    }
    const [, kind, zone] = /^(.*)-(near|far)$/.exec(keys[0]) || [];
    const told = keys.slice(1).filter((key) => /^(area_type|status)-/.test(key))
      .map((key) => known(`symbol.${key.replace(/^(area_type|status)-/, '')}`, key));
    const whose = layer.name === 'hazards' ? [] : [words.say(`crowd.${layer.name}`)];
    return joined([known(`kind.${kind}`, kind), words.say(`zone.${zone}`), ...told, ...whose]);
  }

  // Each class of a crowd: how many, their m2, and how many of them say none.
  function tally({ hazards = [], releases = [] }) {
    const found = new Map();
    [...hazards, ...releases].forEach(({ mineGeoLayer: layer, mineGeoRow: row }) => {
      const group = layer.groupOf[row];
      const said = classOf(layer, group);
      const key = `${layer.name} ${said.en}`;
      if (!found.has(key)) {
        const symbol = layer.symbolNames[layer.symbolOf[row]];
        found.set(key, {
          layer: layer.name, said, symbol, count: 0, m2: 0, unsaid: 0,
        });
      }
      const one = found.get(key);
      const column = layer.columns.find(({ name }) => name === M2[SORTS[layer.name]]);
      const m2 = column ? column.value(row) : null;
      one.count += 1;
      one.m2 += m2 === null ? 0 : m2;
      one.unsaid += m2 === null ? 1 : 0;
    });
    return [...found.values()];
  }

  function line({ said, symbol, count, m2, unsaid }) {
    const row = element('tr');
    const name = element('th');
    name.scope = 'row';
    name.append(symbols.swatch(symbols.of(symbol)), ' ', isolated(said));
    const size = element('td', 'mg-number', unsaid === count ? '–' : thousands(m2));
    if (unsaid && unsaid < count) {
      size.append(' ', words.put(element('small'), words.say('crowd.unsaid', { count: thousands(unsaid) })));
    }
    row.append(name, element('td', 'mg-number', thousands(count)), size);
    return row;
  }

  function head() {
    const row = element('tr');
    row.append(...['crowd.class', 'totals.hazards', 'totals.m2'].map((key, at) => {
      const made = words.put(element('th', at ? 'mg-number' : ''), words.say(key));
      made.scope = 'col';
      return made;
    }));
    const made = element('thead');
    made.append(row);
    return made;
  }

  function latOf(y) {
    return Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI;
  }

  function boundsOf({ hazards = [], releases = [] }) {
    const all = [...hazards, ...releases].map(edges);
    const [left, top] = [0, 1].map((side) => Math.min(...all.map((one) => one[side])));
    const [right, bottom] = [2, 3].map((side) => Math.max(...all.map((one) => one[side])));
    return [[latOf(bottom), 360 * (left - 0.5)], [latOf(top), 360 * (right - 0.5)]];
  }

  let open = () => null;

  mineGeo.features.push((page) => {
    open = (crowd, latlng) => {
      const box = popup.headed(words.say('crowd.title'));
      const table = element('table', 'mg-history mg-crowd');
      const body = element('tbody');
      body.append(...tally(crowd).map(line));
      table.append(head(), body);
      const button = words.put(element('button', 'mg-link'), words.say('crowd.zoom'));
      button.type = 'button';
      button.addEventListener('click', () => {
        page.map.closePopup();
        page.map.fitBounds(boundsOf(crowd), { padding: [20, 20], maxZoom: ZOOM_TO, animate: false });
      });
      box.append(table, button);
      popup.open(page, box, latlng, page.byKeyboard);
    };
  });

  mineGeo.crowds = { gather, draw, tally };
}(window.mineGeo));
