// Symbols by class. Hazards as IMAS Technical Note 07.11/01 (2016): the fill says the area type,
// the outline says the status. The legend is drawn from the same table.
(function (mineGeo) {
  'use strict';

  const { words } = mineGeo;
  const table = {};

  // The table of symbols.json, which printed sheets and exports read too.
  function fill(symbols) {
    Object.assign(table, symbols);
  }

  // "CHA open" is a hazard's fill and outline; "border_THA undemarcated" is dashed; one word is
  // any other symbol.
  function of(name) {
    const [first, second] = name.split(' ');
    if (!second) {
      return { fill: false, ...table.others[name] };
    }
    if (second === 'undemarcated') {
      return { fill: false, ...table.others[first], dashArray: '7 5' };
    }
    return {
      weight: 1.2, opacity: 1, fill: true, ...table.fills[first], ...table.outlines[second],
    };
  }

  function svg(name, attributes) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    return made;
  }

  function outlineOf(style, look) {
    if (style.dot) {
      return svg('circle', { cx: 13, cy: 7, r: 2, ...look });
    }
    return style.fill || style.box
      ? svg('rect', { x: 2, y: 2, width: 22, height: 10, ...look })
      : svg('line', { x1: 1, y1: 7, x2: 25, y2: 7, ...look });
  }

  function swatch(style) {
    const picture = svg('svg', { width: 26, height: 14, viewBox: '0 0 26 14', 'aria-hidden': 'true' });
    const look = {
      fill: style.fill ? style.fillColor : 'none',
      'fill-opacity': style.fillOpacity === undefined ? 1 : style.fillOpacity,
      stroke: style.stroke === false ? 'none' : style.color,
      'stroke-width': style.weight || 1,
      'stroke-dasharray': style.dashArray || 'none',
    };
    picture.appendChild(outlineOf(style, look));
    return picture;
  }

  // One switch of the legend: the rows that it stands for are those with its key.
  function entry(key, style, said) {
    const item = mineGeo.format.element('li');
    const label = mineGeo.format.element('label');
    const box = mineGeo.format.element('input');
    box.type = 'checkbox';
    box.checked = true;
    box.dataset.layer = key;
    label.append(box, swatch(style), words.put(mineGeo.format.element('bdi'), said));
    item.appendChild(label);
    return item;
  }

  // Legend entries for the fills and outlines that the page really has.
  function hazardLegend(names) {
    const pairs = names.map((name) => name.split(' '));
    const fills = new Set(pairs.map(([first]) => first));
    const outlines = new Set(pairs.map(([, second]) => second));
    const shown = (all, found) => Object.keys(all).filter((name) => found.has(name));
    return [
      ...shown(table.fills, fills).map((name) => entry(
        `area_type-${name}`, { fill: true, stroke: false, ...table.fills[name] },
        words.say(`symbol.${name}`))),
      ...shown(table.outlines, outlines).map((name) => entry(
        `status-${name}`, { box: true, weight: 1.5, ...table.outlines[name] },
        words.say(`symbol.${name}`))),
    ];
  }

  mineGeo.symbols = { fill, of, swatch, hazardLegend };
}(window.mineGeo));
