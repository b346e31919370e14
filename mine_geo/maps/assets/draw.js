// A planned task that is drawn on the page, or opened from a file: how many m2 of which hazards lie
// inside, near and far, before and after. Nothing of it is kept but in the file that is saved.
(function (mineGeo) {
  'use strict';

  const { areas, files, words } = mineGeo;
  const { element, isolated, same, thousands } = mineGeo.format;
  const HAZARDS = ['hazards', 'unplaced', 'others'];
  const LOOK = {
    color: '#0b3d2e', weight: 3, opacity: 1, fillColor: '#39d98a', fillOpacity: 0.25, dashArray: '7 4',
  };
  const NOTHING = { en: '', km: '' };

  const byId = (id) => document.getElementById(id);
  const button = (name) => byId(`mg-draw-${name}`);

  function pairs(latlngs) {
    return areas.ringOf(latlngs.map(({ lat, lng }) => [lng, lat]));
  }

  function drawnPolygons(page) {
    return page.drawn.getLayers().map((layer) => layer.getLatLngs().map(pairs));
  }

  function outline(shape) {
    return shape.getLatLngs().map((part) => part.map(pairs));
  }

  // Left and right edge are told without the vertices; those of few hazards are asked for.
  function near(shape, [west, south, east, north]) {
    if (!(shape.mineGeoEdge(0) <= east / 360 + 0.5 && shape.mineGeoEdge(2) >= west / 360 + 0.5)) {
      return false;
    }
    const bounds = shape.getBounds();
    return bounds.getSouth() <= north && bounds.getNorth() >= south;
  }

  function boxOf(polygons) {
    const points = polygons.flat(2);
    return [0, 1].map((at) => Math.min(...points.map((one) => one[at])))
      .concat([0, 1].map((at) => Math.max(...points.map((one) => one[at]))));
  }

  // As `release_area` has it: a cut that rounds to nothing takes nothing, less than half a m2 is
  // nothing left, and what is released is the size before less the size after.
  function cut(layer, row, task) {
    const value = (name) => {
      const column = layer.columns.find((one) => one.name === name);
      return column ? column.value(row) : null;
    };
    const polygons = outline(layer.shapes[row]);
    const whole = areas.exactM2(polygons);
    const left = areas.exactM2(areas.less(polygons, task));
    const before = Math.round(whole);
    const after = Math.round(whole - left) > 0 ? Math.round(left) : before;
    return {
      layer, row, before, after, inside: before - after,
      id: value('hazard_id'), kind: layer.groupKeys[layer.groupOf[row]][0], polygons,
    };
  }

  // What the drawing takes of each hazard that the page holds, hidden or not, and of none.
  function measure(page) {
    const drawn = drawnPolygons(page);
    const fault = drawn.map(areas.faultOf).find(Boolean);
    if (fault || !drawn.length) {
      return { fault };
    }
    const task = areas.together(drawn);
    const box = boxOf(task);
    const found = page.records.filter(({ name }) => HAZARDS.includes(name)).flatMap((layer) => (
      layer.shapes.flatMap((shape, row) => (layer.stands[row] && near(shape, box) ? [cut(layer, row, task)] : []))))
      .filter(({ inside }) => inside > 0);
    const outside = found.reduce((rest, { polygons }) => areas.less(rest, polygons), task);
    return {
      task, found, size: Math.round(areas.exactM2(task)), outside: Math.round(areas.exactM2(outside)),
    };
  }

  // What is shown ---------------------------------------------------------------------------------

  function number(m2) {
    return element('td', 'mg-number', thousands(m2));
  }

  function keySaid(page, kind) {
    const [, name, zone] = /^(.*)-(near|far)$/.exec(kind);
    const word = words.say(`zone.${zone}`);
    return words.has(`kind.${name}`) ? words.say('filters.of_kind', { kind: words.say(`kind.${name}`), zone: word })
      : word;
  }

  function line(page, {
    layer, row, id, kind, before, inside, after,
  }) {
    const made = element('tr');
    const head = element('th');
    head.scope = 'row';
    const link = element('button', 'mg-link');
    link.type = 'button';
    link.append(isolated(same(id)));
    link.addEventListener('click', () => page.goTo(row, layer.name));
    head.append(link);
    const zone = words.put(element('td'), words.say(`zone.${kind.slice(kind.lastIndexOf('-') + 1)}`));
    made.append(head, zone, ...[before, inside, after].map(number));
    return made;
  }

  // Near and far of each kind; kinds are never added up.
  function sums(found) {
    const all = new Map();
    found.forEach(({ kind, before, inside, after }) => {
      const [first, second, third] = all.get(kind) || [0, 0, 0];
      all.set(kind, [first + before, second + inside, third + after]);
    });
    return [...all].sort(([one], [other]) => (one < other ? 1 : -1));
  }

  function show(page) {
    const { fault, task, found, size, outside } = page.measured;
    const table = byId('mg-draw-table');
    table.hidden = !task || !found.length;
    button('save').disabled = !task;
    button('clear').disabled = !page.drawn.getLayers().length;
    button('edit').disabled = !page.drawn.getLayers().length;
    const values = task ? {
      size: thousands(size), outside: thousands(outside), hazards: mineGeo.list.counted(found.length),
    } : {};
    words.put(byId('mg-draw-said'), task ? words.say('draw.said', values)
      : fault ? words.say(fault) : NOTHING);
    table.tBodies[0].replaceChildren(...(task ? found.map((one) => line(page, one)) : []));
    table.tFoot.replaceChildren(...(task ? sums(found).map(([kind, numbers]) => {
      const made = element('tr');
      const head = words.put(element('th'), keySaid(page, kind));
      head.scope = 'row';
      head.colSpan = 2;
      made.append(head, ...numbers.map(number));
      return made;
    }) : []));
  }

  // Where it cannot be worked out no figure of an earlier drawing stays.
  function again(page) {
    page.measured = { fault: 'draw.failed' };
    try {
      page.measured = measure(page);
    } finally {
      show(page);
    }
  }

  // What is saved ---------------------------------------------------------------------------------

  function saved({ task, found, size, outside }) {
    const restriction = document.querySelector('meta[name="description"][lang="en"]');
    return JSON.stringify({
      type: 'FeatureCollection',
      features: [{
        type: 'Feature',
        geometry: { type: 'MultiPolygon', coordinates: task },
        properties: {
          size_m2: size,
          outside_m2: outside,
          hazards: found.map(({ id, kind, before, inside, after }) => ({
            hazard_id: id,
            zone: kind.slice(kind.lastIndexOf('-') + 1),
            before_m2: before,
            inside_m2: inside,
            after_m2: after,
          })),
          restriction: restriction ? restriction.content : null,
        },
      }],
    }, null, 1);
  }

  function save(page) {
    const name = window.location.pathname.split('/').pop().replace(/\.html?$/, '');
    const link = element('a');
    link.href = URL.createObjectURL(new Blob([saved(page.measured)], { type: 'application/geo+json' }));
    link.download = `${decodeURIComponent(name) || 'map'}_drawn.geojson`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // What is done ----------------------------------------------------------------------------------

  function add(page, latlngs) {
    const layer = L.polygon(latlngs, {
      ...LOOK, pane: 'drawn', renderer: page.drawnOn, pmIgnore: false, interactive: false,
    });
    layer.on('pm:edit', () => again(page));
    page.drawn.addLayer(layer);
  }

  // While one draws, a click on a hazard is a point of the drawing.
  function drawing(page, on) {
    page.drawing = on;
    page.canvas.records._container.style.pointerEvents = on ? 'none' : '';
    ['finish', 'undo', 'cancel'].forEach((name) => { button(name).hidden = !on; });
    button('start').hidden = on;
    page.map.getContainer().classList.toggle('mg-drawing', on);
    if (on) {
      words.put(byId('mg-draw-said'), words.say('draw.how'));
    }
  }

  function edit(page, on) {
    page.drawn.eachLayer((layer) => {
      if (on) {
        layer.pm.enable({ allowSelfIntersection: true, snappable: false });
      } else {
        layer.pm.disable();
      }
    });
    button('edit').setAttribute('aria-pressed', String(on));
  }

  function start(page) {
    const line = { ...LOOK, renderer: page.drawnOn, pane: 'drawn' };
    edit(page, false);
    page.map.closePopup();
    page.map.pm.enableDraw('Polygon', {
      allowSelfIntersection: true, snappable: false, tooltips: false, continueDrawing: false,
      templineStyle: line, hintlineStyle: line, pathOptions: line,
    });
    drawing(page, true);
    const container = page.map.getContainer();
    container.focus({ preventScroll: true });
    container.scrollIntoView({ block: mineGeo.popup.narrow() ? 'start' : 'nearest' });
  }

  function stop(page) {
    page.map.pm.disableDraw();
    drawing(page, false);
    again(page);
    button('start').focus({ preventScroll: true });
  }

  async function open(page, file) {
    try {
      const found = files.read(await file.text());
      found.forEach((rings) => add(page, rings.map((ring) => ring.slice(0, -1).map(([lon, lat]) => [lat, lon]))));
      again(page);
      page.map.fitBounds(page.drawn.getBounds(), { maxZoom: 17, animate: false, padding: [30, 30] });
    } catch (error) {
      if (!(error instanceof files.Refused)) {
        throw error;
      }
      words.put(byId('mg-draw-said'), words.say(error.message));
    }
  }

  function wireFiles(page) {
    const field = button('open');
    field.addEventListener('change', () => {
      [...field.files].forEach((file) => open(page, file));
      field.value = '';
    });
    const container = page.map.getContainer();
    container.addEventListener('dragover', (event) => event.preventDefault());
    container.addEventListener('drop', (event) => {
      event.preventDefault();
      [...event.dataTransfer.files].forEach((file) => open(page, file));
    });
  }

  function wire(page) {
    const polygon = () => page.map.pm.Draw.Polygon;
    const acts = {
      start: () => start(page),
      finish: () => {
        if (polygon()._layer.getLatLngs().length > 2) {
          polygon()._finishShape();
        } else {
          words.put(byId('mg-draw-said'), words.say('draw.too_few'));
        }
      },
      undo: () => polygon()._removeLastVertex(),
      cancel: () => stop(page),
      edit: () => edit(page, button('edit').getAttribute('aria-pressed') !== 'true'),
      clear: () => {
        edit(page, false);
        page.drawn.clearLayers();
        again(page);
      },
      save: () => save(page),
    };
    Object.entries(acts).forEach(([name, act]) => button(name).addEventListener('click', act));
    page.map.on('pm:create', ({ layer }) => {
      layer.remove();
      add(page, layer.getLatLngs());
      stop(page);
    });
  }

  // A corner of a drawing is moved by mouse or finger; by keyboard one draws with the map's own keys.
  // To who hears the page it is no button, which would have no name.
  function plainCorner({ layer }) {
    const icon = layer instanceof L.Marker ? layer.getElement() : null;
    if (icon && ['marker-icon', 'cursor-marker'].some((name) => icon.classList.contains(name))) {
      ['role', 'tabindex'].forEach((name) => icon.removeAttribute(name));
    }
  }

  L.PM.setOptIn(true);
  mineGeo.features.push((page) => {
    page.map.createPane('drawn').style.zIndex = 430;
    Object.assign(page, { drawnOn: L.svg({ pane: 'drawn' }), drawn: L.featureGroup().addTo(page.map), measured: {} });
    page.map.getPane('drawn').style.pointerEvents = 'none';
    page.map.on('layeradd', plainCorner);
    wire(page);
    wireFiles(page);
    again(page);
    document.querySelector('.mg-draw').hidden = false;
    mineGeo.measured = () => page.measured;
  });
}(window.mineGeo));
