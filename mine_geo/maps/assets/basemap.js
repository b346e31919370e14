// The basemap, where one was chosen: tiles from the internet, or an image that lies beside the
// page. It lies beneath all else and has a switch of its own; without it the page works as before.
(function (mineGeo) {
  'use strict';

  const { element } = mineGeo.format;
  const { symbols, words } = mineGeo;
  const FILLS = ['sea', 'land', 'subject'];

  function layer(map, basemap) {
    const pane = map.createPane('basemap');
    pane.style.zIndex = 250;
    pane.style.pointerEvents = 'none';
    if (basemap.image) {
      return L.imageOverlay(basemap.image, basemap.bounds, { pane: 'basemap', alt: '' });
    }
    return L.tileLayer(basemap.tiles, {
      pane: 'basemap',
      maxNativeZoom: basemap.max_zoom,
      referrerPolicy: 'strict-origin-when-cross-origin',
    });
  }

  // A line that is dark as the image beneath it, or as bright, has a white one around it.
  function casings(page) {
    const { halo, haloWeight } = symbols.table.casing;
    return [...page.context.values()].flatMap((group) => group.getLayers()
      .filter((shape) => shape instanceof L.Polyline && !shape.options.fill)
      .map((shape) => [group, L.polyline(shape.getLatLngs(), {
        ...shape.options, color: halo, weight: shape.options.weight + 2 * haloWeight, opacity: 1, dashArray: null,
      })]));
  }

  function caseLines(page, on) {
    page.casings = page.casings || casings(page);
    page.casings.forEach(([group, line]) => {
      if (on) {
        group.addLayer(line);
        line.bringToBack();
      } else {
        group.removeLayer(line);
      }
    });
  }

  // Land is seen through while a basemap is seen; its outline stays.
  function seeThrough(page, on) {
    page.map.getContainer().classList.toggle('mg-on-basemap', on);
    page.canvas.records.mineGeoHalo = on;
    page.canvas.records._redraw();
    caseLines(page, on);
    FILLS.filter((key) => page.context.has(key)).forEach((key) => {
      page.context.get(key).eachLayer((shape) => {
        if (shape.options.fill) {
          shape.setStyle({ fillOpacity: on ? 0 : symbols.of(key).fillOpacity });
        }
      });
    });
  }

  function addSwitch(note) {
    const item = element('li');
    const label = element('label');
    const box = element('input');
    box.type = 'checkbox';
    box.id = 'mg-basemap';
    box.checked = true;
    label.append(box, words.put(element('span'), words.say('basemap.basemap')));
    item.append(label, note);
    document.getElementById('mg-hazard-legend').after(element('ul', 'mg-symbols'));
    document.getElementById('mg-hazard-legend').nextElementSibling.append(item);
    return box;
  }

  function sayMissing(note, basemap) {
    const file = basemap.image ? decodeURIComponent(basemap.image) : '';
    const key = basemap.image ? 'basemap.missing' : 'basemap.offline';
    words.put(note, words.say(key, { file }));
    note.hidden = false;
  }

  mineGeo.features.push((page, data) => {
    if (!data.basemap) {
      return;
    }
    const note = element('small', 'mg-basemap-note');
    note.hidden = true;
    note.setAttribute('role', 'status');
    const box = addSwitch(note);
    const basemap = layer(page.map, data.basemap);
    const came = () => {
      note.hidden = true;
      seeThrough(page, box.checked);
    };
    // A layer of tiles says "load" when it has waited for all of them, even in vain.
    basemap.on(data.basemap.image ? 'load' : 'tileload', came);
    basemap.on('error tileerror', () => sayMissing(note, data.basemap));
    box.addEventListener('change', () => {
      if (box.checked) {
        basemap.addTo(page.map);
      } else {
        basemap.remove();
        note.hidden = true;
        seeThrough(page, false);
      }
    });
    basemap.addTo(page.map);
  });
}(window.mineGeo));
