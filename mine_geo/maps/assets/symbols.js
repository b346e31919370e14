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

  // Beside the light ground and the dark, a dark casing sets a bright outline off.
  function hazard(first, second, kind) {
    const { color: casing, weight: casingWeight } = table.casing;
    return {
      weight: 1.2,
      opacity: 1,
      fill: true,
      casing,
      casingWeight,
      ...table.fills[first],
      ...table.outlines[second],
      ...table.kinds[kind],
    };
  }

  function plain([first, second, kind]) {
    if (!second) {
      return { fill: false, ...table.others[first] };
    }
    return second === 'undemarcated'
      ? { fill: false, ...table.others[first], dashArray: '7 5' }
      : hazard(first, second, kind);
  }

  function lighter(colour) {
    const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return `#${parts.map((part) => Math.round(part + (255 - part) * table.pale.share)
      .toString(16).padStart(2, '0')).join('')}`;
  }

  // The same symbol for what is not the page's own: its casing, which is not, stays dark enough.
  function paler(style) {
    const found = { ...style };
    ['color', 'fillColor', 'dotColor'].filter((name) => style[name]).forEach((name) => {
      found[name] = lighter(style[name]);
    });
    return { ...found, casing: table.pale.casing, casingWeight: table.casing.weight };
  }

  // "CHA open" is a hazard's fill and outline, "CHA open cluster_munition" with the hatch of its
  // kind; "border_THA undemarcated" is dashed; one word is any other symbol. "... pale": paler.
  function of(name) {
    const parts = name.split(' ');
    const pale = parts[parts.length - 1] === 'pale';
    const found = plain(pale ? parts.slice(0, -1) : parts);
    return pale ? paler(found) : found;
  }

  // The ends of the lines of a hatch in a square of HATCH_PX, which is set side by side.
  const HATCH_PX = 7;
  const HATCHES = {
    horizontal: [[0, 3.5, 7, 3.5]],
    vertical: [[3.5, 0, 3.5, 7]],
    diagonal: [[-1, 1, 1, -1], [0, 7, 7, 0], [6, 8, 8, 6]],
  };

  // A hatched fill is a pattern of the canvas, whose lines nothing shines through; from afar a hazard
  // is a dot in its plain colour.
  function painted(style) {
    if (!style.hatch) {
      return style;
    }
    const tile = document.createElement('canvas');
    tile.width = HATCH_PX;
    tile.height = HATCH_PX;
    const pen = tile.getContext('2d');
    pen.fillStyle = style.fillColor;
    pen.globalAlpha = style.fillOpacity;
    pen.fillRect(0, 0, HATCH_PX, HATCH_PX);
    pen.globalAlpha = 1;
    pen.strokeStyle = style.hatchColor || table.inks.hatch;
    pen.beginPath();
    HATCHES[style.hatch].forEach(([x1, y1, x2, y2]) => {
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
    });
    pen.stroke();
    return {
      ...style, fillColor: pen.createPattern(tile, 'repeat'), fillOpacity: 1, dotColor: style.fillColor,
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

  // The same lines as on the map, three squares wide.
  function hatchOf(style) {
    const squares = style.hatch ? [2.5, 9.5, 16.5] : [];
    return squares.flatMap((left) => HATCHES[style.hatch].map(([x1, y1, x2, y2]) => svg('line', {
      x1: left + x1, y1: 3.5 + y1, x2: left + x2, y2: 3.5 + y2, stroke: style.hatchColor || table.inks.hatch,
      'stroke-width': 1,
    })));
  }

  function swatch(style) {
    const picture = svg('svg', { width: 26, height: 14, viewBox: '0 0 26 14', 'aria-hidden': 'true' });
    const cased = style.casing && style.stroke !== false;
    const look = {
      fill: style.fill ? style.fillColor : 'none',
      'fill-opacity': style.fillOpacity === undefined ? 1 : style.fillOpacity,
      stroke: style.stroke === false ? 'none' : style.color,
      'stroke-width': style.weight || 1,
      'stroke-dasharray': style.dashArray || 'none',
    };
    if (cased) {
      picture.append(outlineOf(style, {
        fill: 'none', stroke: style.casing, 'stroke-width': (style.weight || 1) + 2 * style.casingWeight,
      }));
    }
    picture.append(outlineOf(style, look), ...hatchOf(style));
    return picture;
  }

  // A fill that stands for itself, with an edge that sets it off whatever it lies on.
  function edged(style) {
    const { color, weight } = table.casing;
    return { ...style, stroke: true, color, weight };
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

  // Legend entries for the fills, outlines and kinds that the page really has. A fill is shown
  // with the casing that every hazard has.
  function hazardLegend(names) {
    const { color: casing, weight: casingWeight } = table.casing;
    const box = { ...table.others.subject, stroke: true, color: table.inks.box };
    const pairs = names.map((name) => name.split(' '));
    const fills = new Set(pairs.map(([first]) => first));
    const outlines = new Set(pairs.map(([, second]) => second));
    const kinds = new Set(pairs.map(([, , third]) => third));
    const shown = (all, found) => Object.keys(all).filter((name) => found.has(name));
    return [
      ...shown(table.fills, fills).map((name) => entry(
        `area_type-${name}`,
        { fill: true, color: casing, weight: casingWeight, ...table.fills[name] },
        words.say(`symbol.${name}`))),
      ...shown(table.outlines, outlines).map((name) => entry(
        `status-${name}`,
        {
          box: true, weight: 1.5, casing, casingWeight, ...table.outlines[name],
        },
        words.say(`symbol.${name}`))),
      ...shown(table.kinds, kinds).map((name) => entry(
        `kind-${name}`, { ...box, ...table.kinds[name] }, words.say(`kind.${name}`))),
    ];
  }

  mineGeo.symbols = {
    fill, of, table, painted, swatch, edged, hazardLegend,
  };
}(window.mineGeo));
