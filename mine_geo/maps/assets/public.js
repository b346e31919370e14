// A page for everybody: districts shaded by remaining land, and no hazard.
(function (mineGeo) {
  'use strict';

  const { symbols } = mineGeo;
  const UNDER = ['land', 'subject'];

  // The shape that takes the clicks lies on top and is not seen; its twin is drawn among the
  // context, so that borders, outlines and names stay above it.
  function twin(page, shape, symbol) {
    return L.polygon(shape.getLatLngs(), {
      ...symbols.of(symbol), renderer: page.canvas.context, pane: 'context', interactive: false,
    });
  }

  function underlay(page, added) {
    const all = [...page.context];
    const under = all.filter(([key]) => UNDER.includes(key));
    const over = all.filter(([key]) => !UNDER.includes(key));
    page.context = new Map([...under, ...added, ...over]);
  }

  function shade(page, data, districts) {
    underlay(page, data.shades.map(({ key, symbols: names }) => [
      key, L.layerGroup(districts.shapes.map((shape, row) => twin(page, shape, names[row]))),
    ]));
    data.shades.forEach(({ key }) => page.turn(key, !page.off.has(key)));
  }

  mineGeo.features.push((page, data) => {
    const districts = page.records.find((layer) => layer.name === 'districts');
    if (districts) {
      shade(page, data, districts);
    }
  });
}(window.mineGeo));
