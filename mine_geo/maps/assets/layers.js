// From packed data to Leaflet layers. Context and records each have one canvas of their own.
(function (mineGeo) {
  'use strict';

  const { decode, shape, symbols } = mineGeo;
  const CLICK_TOLERANCE_PX = 5;

  function canvases(map) {
    const pane = map.createPane('context');
    pane.style.zIndex = 350;
    pane.style.pointerEvents = 'none';
    return {
      context: L.canvas({ pane: 'context', padding: 0.3 }),
      records: new shape.Canvas({ padding: 0.3, tolerance: CLICK_TOLERANCE_PX }),
    };
  }

  // Areas and lines of one key form one group, so that one switch turns both.
  function contextGroups(data, renderer) {
    const groups = new Map();
    const add = (key, layer) => {
      if (!groups.has(key)) {
        groups.set(key, L.layerGroup());
      }
      groups.get(key).addLayer(layer);
    };
    const options = (symbol) => ({
      ...symbols.of(symbol), renderer, pane: 'context', interactive: false, smoothFactor: 1,
    });
    const lines = data.lines.map((line) => decode.lines(line.lines));
    const vertices = lines.flat(2);
    data.areas.forEach((area) => {
      add(area.key, L.polygon(decode.areas(area.polygons, vertices), options(area.symbol)));
    });
    data.lines.forEach((line, index) => {
      add(line.key, L.polyline(lines[index], options(line.symbol)));
    });
    return groups;
  }

  // One set of options for each symbol, shared by all its polygons. `groupKeys` says by which
  // switches the rows of a group are shown, `shown` which rows are, as filters.js judges them.
  function recordGroups(layer, renderer) {
    const looks = layer.symbols.map((name) => shape.look({
      ...symbols.painted(symbols.of(name)),
      renderer,
      smoothFactor: 0.8,
      bubblingMouseEvents: false,
    }));
    const group = L.featureGroup();
    const groupOf = decode.unpack(layer.group);
    const symbolOf = decode.unpack(layer.symbol);
    const outlines = decode.outlines(layer.polygons);
    const measured = shape.measure(outlines);
    const record = {
      name: layer.name, group, groupKeys: layer.groups, groupOf, symbolOf, symbolNames: layer.symbols,
      kinds: layer.groups.map(([first]) => first.replace(/-(near|far)$/, '')),
    };
    record.shapes = symbolOf.map((symbol, row) => {
      const polygon = new shape.Shape(outlines, measured, row, looks[symbol]);
      polygon.mineGeoLayer = record;
      group.addLayer(polygon);
      return polygon;
    });
    record.columns = layer.columns.map((column) => ({
      name: column.name, as: column.as, ...decode.column(column),
    }));
    record.shown = new Uint8Array(record.shapes.length).fill(1);
    // Which rows stand at the step of the slider; without one, those of now. What hazards were
    // before comes last.
    record.now = record.shapes.length - (layer.past || 0);
    record.stands = new Uint8Array(record.shapes.length).fill(1, 0, record.now);
    return record;
  }

  // The northernmost vertex: sure to lie on the outline, whatever its shape.
  function top(polygon) {
    let best = null;
    const look = (node) => {
      if (Array.isArray(node)) {
        node.forEach(look);
      } else if (!best || node.lat > best.lat) {
        best = node;
      }
    };
    look(polygon.getLatLngs());
    return best;
  }

  mineGeo.layers = { canvases, contextGroups, recordGroups, top };
}(window.mineGeo));
