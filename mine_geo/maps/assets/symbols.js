// Symbols by class. Hazards as IMAS Technical Note 07.11/01 (2016): the fill says the area type,
// the outline says the status. The legend is drawn from the same table.
(function (mineGeo) {
  'use strict';

  const FILLS = {
    CHA: { fillColor: '#ff0000', fillOpacity: 0.5 },
    SHA: { fillColor: '#f4a718', fillOpacity: 0.5 },
    unknown: { fillColor: '#ff0000', fillOpacity: 0.25 },
  };
  const OUTLINES = {
    open: { color: '#ff0000' },
    worked_on: { color: '#f4a718', dashArray: '5 4', weight: 2 },
    closed: { color: '#a6ce39', weight: 2 },
  };
  const FILL_NAMES = {
    CHA: 'Confirmed hazardous area (CHA)',
    SHA: 'Suspected hazardous area (SHA)',
    unknown: 'Area type not recorded',
  };
  const OUTLINE_NAMES = {
    open: 'Status: open',
    worked_on: 'Status: worked on',
    closed: 'Status: closed',
  };

  const OTHERS = {
    land: { fillColor: '#f6f4ee', fillOpacity: 1, stroke: false, fill: true },
    subject: { fillColor: '#ffffff', fillOpacity: 1, stroke: false, fill: true },
    zone: { fillColor: '#3f76d1', fillOpacity: 0.13, stroke: false, fill: true },
    limit: { color: '#27476e', weight: 1.4, dashArray: '6 4', opacity: 0.9 },
    border: { color: '#3d3d3d', weight: 2.4 },
    border_THA: { color: '#3f2d91', weight: 2.4 },
    border_LAO: { color: '#00707a', weight: 2.4 },
    border_VNM: { color: '#8c2a6b', weight: 2.4 },
    coast: { color: '#4d8fbd', weight: 1.6 },
    province: { color: '#6d6a62', weight: 1.2 },
    district: { color: '#b0aca0', weight: 0.7 },
    subject_line: { color: '#22211d', weight: 1.8 },
    place: { color: '#55524a', fillColor: '#55524a', fill: true, dot: true },
    cancelled: { color: '#3c7d22', fillColor: '#cfe8b4', fill: true, fillOpacity: 0.6, weight: 1 },
    reduced: { color: '#3c7d22', fillColor: '#8cc665', fill: true, fillOpacity: 0.6, weight: 1 },
    cleared: { color: '#3c7d22', fillColor: '#3f8f3a', fill: true, fillOpacity: 0.6, weight: 1 },
  };

  // "CHA open" is a hazard's fill and outline; one word is any other symbol.
  function of(name) {
    const [fill, outline] = name.split(' ');
    if (!outline) {
      return { fill: false, ...OTHERS[name] };
    }
    return { weight: 1.2, opacity: 1, fill: true, ...FILLS[fill], ...OUTLINES[outline] };
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

  function entry(style, text) {
    const item = mineGeo.format.element('li', 'mg-symbol');
    item.append(swatch(style), document.createTextNode(text));
    return item;
  }

  // Legend entries for the fills and outlines that the page really has.
  function hazardLegend(names) {
    const pairs = names.map((name) => name.split(' '));
    const fills = new Set(pairs.map(([fill]) => fill));
    const outlines = new Set(pairs.map(([, outline]) => outline));
    const shownFills = Object.keys(FILLS).filter((fill) => fills.has(fill));
    const shownOutlines = Object.keys(OUTLINES).filter((outline) => outlines.has(outline));
    return [
      ...shownFills.map((fill) => entry(
        { fill: true, stroke: false, ...FILLS[fill] }, FILL_NAMES[fill])),
      ...shownOutlines.map((outline) => entry(
        { box: true, weight: 1.5, ...OUTLINES[outline] }, OUTLINE_NAMES[outline])),
    ];
  }

  mineGeo.symbols = { of, swatch, hazardLegend };
}(window.mineGeo));
