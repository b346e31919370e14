// Puts the page together: map, layers, switches, legend, list. `start` is its one entrance.
(function (mineGeo) {
  'use strict';

  const {
    address, filters, labels, layers, popup, words,
  } = mineGeo;
  const ZOOM_TO_HAZARD = 15;
  const ZOOM_TO_PLACE = 13;
  const AROUND_POPUP_PX = 64;
  const HAZARDS = ['hazards', 'unplaced', 'others'];
  const OWN = ['hazards', 'releases', 'districts'];
  const FLOORS = [['districts'], ['releases', 'others_released'], ['hazards', 'unplaced', 'others']];

  // Leaflet moves the map in steps by keyboard, and slides it unless told each time.
  const Still = L.Map.extend({
    panBy(offset, options) {
      return L.Map.prototype.panBy.call(this, offset, { ...options, animate: false });
    },
  });

  // On a narrow screen a popup is as wide as the map; the buttons then stand below it.
  function addZoom(map) {
    const narrow = window.matchMedia('(max-width: 760px)');
    const corner = () => (narrow.matches ? 'bottomright' : 'topright');
    const control = L.control.zoom({ position: corner() }).addTo(map);
    nameZoom(control);
    narrow.addEventListener('change', () => {
      control.setPosition(corner());
    });
  }

  function createMap(id) {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const map = new (still ? Still : L.Map)(id, {
      attributionControl: false, zoomControl: false, pmIgnore: false, zoomSnap: 0.25, zoomDelta: 0.75,
      minZoom: 5, maxZoom: 19, preferCanvas: true,
      zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
    });
    addZoom(map);
    L.control.scale({ imperial: false, maxWidth: 140, position: 'bottomleft' }).addTo(map);
    return map;
  }

  // Leaflet's own button has no words of its own language.
  function nameZoom(control) {
    [['in', 'zoom_in'], ['out', 'zoom_out']].forEach(([way, key]) => {
      const button = control.getContainer().querySelector(`.leaflet-control-zoom-${way}`);
      words.label(button, 'aria-label', words.say(`page.${key}`));
      words.label(button, 'title', words.say(`page.${key}`));
    });
  }

  // Layers are added back in the order of the page, so that none comes to lie on top.
  function keepOrder({ map, context, casings }) {
    context.forEach((group) => {
      if (map.hasLayer(group)) {
        group.eachLayer((layer) => layer.bringToFront());
      }
    });
    (casings || []).filter(([, line]) => map.hasLayer(line)).forEach(([, line]) => line.bringToBack());
  }

  function wireSwitches(page) {
    document.querySelectorAll('input[data-layer]').forEach((box) => {
      box.addEventListener('change', () => {
        page.turn(box.dataset.layer, box.checked);
        filters.remember(page);
      });
      if (!box.checked) {
        page.turn(box.dataset.layer, false);
      }
    });
  }

  function turnContext(page, key, on) {
    const group = page.context.get(key);
    if (group) {
      if (on) {
        group.addTo(page.map);
      } else {
        group.remove();
      }
      keepOrder(page);
    }
    if (page.names.has(key)) {
      page.names.turn(key, on);
    }
  }

  // What is not shown stays in its place among the shapes, and takes no click.
  function drawShown(page) {
    page.records.forEach((layer) => {
      layer.shapes.forEach((shape, row) => {
        Object.assign(shape, { mineGeoHidden: !layer.shown[row] });
      });
    });
    page.canvas.records.mineGeoChanged();
  }

  function turn(page, key, on) {
    if (on) {
      page.off.delete(key);
    } else {
      page.off.add(key);
    }
    filters.tickSwitches(key, on);
    turnContext(page, key, on);
    // Where others are not drawn the ground says so.
    if (key === 'others') {
      page.veilOthers(!on || page.past);
    }
    filters.again(page);
  }

  // How many records are really on the map: of the page's own by each key, of others by layer.
  function counts(page) {
    const found = {};
    page.records.filter((layer) => !OWN.includes(layer.name)).forEach((layer) => {
      found[layer.name] = layer.shown.reduce((sum, one) => sum + one, 0);
    });
    page.records.filter((layer) => OWN.includes(layer.name)).forEach((layer) => {
      layer.groupKeys.flat().forEach((key) => { found[key] = 0; });
      layer.shown.forEach((shown, row) => {
        if (shown) {
          layer.groupKeys[layer.groupOf[row]].forEach((key) => { found[key] += 1; });
        }
      });
    });
    return found;
  }

  function hazardOf(layer, row) {
    const ids = layer.columns.find((column) => column.name === 'hazard_id');
    return ids && HAZARDS.includes(layer.name) ? ids.value(row) : null;
  }

  // The address says which hazard is open. One popup closes as the next opens: that is one step.
  function tell(page, id) {
    if (id === null) {
      address.close();
    } else {
      address.open(id);
    }
    page.opened = id;
  }

  // `shape`: what the popup speaks of.
  function show(page, box, latlng, focus, shape) {
    const next = { ...page.shows };
    page.shows = next;
    popup.open(page, box, latlng, focus).on('remove', () => {
      if (page.shows === next) {
        tell(page, null);
        page.choose(null);
      }
    });
    page.choose(shape || null);
  }

  function openRecord(page, layer, row, latlng, focus) {
    tell(page, hazardOf(layer, row));
    show(page, popup.record(page, layer, row), latlng, focus, layer.shapes[row]);
    if (layer.name === 'hazards' && page.list) {
      page.list.mark(row);
    }
  }

  // Zooms to rows of a layer, setting aside what hides them, and returns where a popup may point.
  function zoomTo(page, layer, rows, above = 20) {
    filters.reveal(page, layer, rows);
    const shapes = rows.map((row) => layer.shapes[row]).filter((shape) => layers.top(shape));
    if (!shapes.length) {
      return page.map.getCenter();
    }
    const bounds = shapes.map((shape) => shape.getBounds())
      .reduce((all, one) => all.extend(one), L.latLngBounds([]));
    page.map.fitBounds(bounds, {
      maxZoom: ZOOM_TO_HAZARD,
      animate: false,
      paddingTopLeft: [20, above],
      paddingBottomRight: [20, 20],
    });
    return layers.top(shapes[0]);
  }

  // On a narrow screen the map comes to the top, above the sheet.
  function bringMap(page) {
    page.map.getContainer().scrollIntoView({ block: popup.narrow() ? 'start' : 'nearest' });
  }

  // For the popup.
  function roomAbove(page) {
    return popup.room(page.map) + AROUND_POPUP_PX;
  }

  // The focus moves into the popup; on a narrow screen the map may have to come into view.
  function goTo(page, row, name) {
    const layer = page.records.find((one) => one.name === (name || 'hazards'));
    tell(page, hazardOf(layer, row));
    const place = zoomTo(page, layer, [row], roomAbove(page));
    openRecord(page, layer, row, place, true);
    bringMap(page);
  }

  // To the rows that are shown, or to all of them where none is.
  function goToRows(page, rows, name) {
    const layer = page.records.find((one) => one.name === name);
    const shown = rows.filter((row) => layer.shown[row]);
    zoomTo(page, layer, shown.length ? shown : rows);
    bringMap(page);
  }

  // To a place that is no record: `box` says what it is.
  function goToPlace(page, latlng, box) {
    tell(page, null);
    page.map.setView(latlng, Math.max(page.map.getZoom(), ZOOM_TO_PLACE), { animate: false });
    show(page, box, latlng, true);
    bringMap(page);
  }

  // The same for a hazard that is on the page only by what was released of it.
  function goToReleased(page, id) {
    const layer = page.records.find((one) => one.name === 'releases');
    tell(page, id);
    const place = zoomTo(page, layer, mineGeo.history.rows(page, id), roomAbove(page));
    show(page, popup.released(page, id), place, true);
    bringMap(page);
  }

  function addRecords(page, data, renderer) {
    page.records = data.layers.map((layer) => layers.recordGroups(layer, renderer));
    page.records.forEach((layer) => {
      layer.group.addTo(page.map);
      layer.group.on('click', (event) => {
        const shape = event.propagatedFrom || event.layer;
        openRecord(page, layer, shape.mineGeoRow, event.latlng, page.byKeyboard);
      });
    });
    // Released land lies below hazards, and in either the large below the small: nothing hides
    // what is smaller than itself, whatever its class.
    page.canvas.records.mineGeoOrder(FLOORS.flatMap((names) => mineGeo.shape.bySize(page.records
      .filter((layer) => names.includes(layer.name)).flatMap((layer) => layer.shapes))));
  }

  function addContext(page, data, renderer) {
    page.context = layers.contextGroups(data, renderer);
    page.context.forEach((group) => group.addTo(page.map));
    turnContext(page, 'veil-others', false);
  }

  function findRow(page, id, name) {
    const hazards = page.records.find((layer) => layer.name === (name || 'hazards'));
    if (!hazards) {
      return -1;
    }
    const ids = hazards.columns.find((column) => column.name === 'hazard_id');
    const rows = [...hazards.shapes.keys()].filter((row) => ids.value(row) === id);
    return rows.find((row) => hazards.stands[row]) ?? -1;
  }

  // The unit's own first, then what may be its own, then others'. What does not stand at the step
  // of the slider is looked for as it is now.
  function openHazard(page, id) {
    const look = () => HAZARDS.find((name) => findRow(page, id, name) >= 0);
    let found = look();
    if (!found && !mineGeo.history.rows(page, id).length) {
      page.toNow();
      found = look();
    }
    if (found) {
      goTo(page, findRow(page, id, found), found);
    } else if (mineGeo.history.rows(page, id).length) {
      goToReleased(page, id);
    }
    return Boolean(found);
  }

  function start(id) {
    mineGeo.language.begin();
    const data = JSON.parse(document.getElementById('mine-geo-data').textContent);
    const map = createMap(id);
    map.fitBounds(data.bounds, { padding: [14, 14], animate: false });
    const canvas = layers.canvases(map);
    // `watchers` are called whenever other records are shown than before, `recalls` when the
    // address has changed by itself: each takes up what it says.
    const page = {
      map, canvas, off: new Set(), list: null, opened: null, watchers: [], recalls: [], toNow: () => {},
    };
    page.turn = (key, on) => turn(page, key, on);
    page.veilOthers = (on) => turnContext(page, 'veil-others', on);
    page.goTo = (row, name) => goTo(page, row, name);
    page.goToRows = (rows, name) => goToRows(page, rows, name);
    page.goToPlace = (latlng, box) => goToPlace(page, latlng, box);
    page.openHazard = (hazardId) => openHazard(page, hazardId);
    page.goToReleased = (hazardId) => goToReleased(page, hazardId);
    page.find = (hazardId) => findRow(page, hazardId);
    page.names = labels.add(map, data.labels, (px) => canvas.records.mineGeoTaken(px));
    addContext(page, data, canvas.context);
    addRecords(page, data, canvas.records);
    page.names.follow();
    page.names.again();
    mineGeo.legend.draw(page.records, data);
    page.watchers.push(() => drawShown(page));
    filters.begin(page, data.unit);
    wireSwitches(page);
    page.usual = [...page.off].sort();
    filters.recall(page);
    mineGeo.features.forEach((feature) => feature(page, data));
    mineGeo.map = map;
    mineGeo.counts = () => counts(page);
    mineGeo.openHazard = (hazardId) => openHazard(page, hazardId);
    mineGeo.ready = true;
    return map;
  }

  // Markers that others add find Leaflet's pictures inside the page.
  function useIcons(icons) {
    L.Icon.Default.imagePath = '';
    L.Icon.Default.mergeOptions(icons);
  }

  mineGeo.start = start;
  mineGeo.useIcons = useIcons;
}(window.mineGeo));
