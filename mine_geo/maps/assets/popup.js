// The popup of one record: a table of names and values, and what was released of a hazard. It is
// built when it is opened. Who opened it by keyboard, search or list finds the focus in it, and
// gets it back when the popup closes.
(function (mineGeo) {
  'use strict';

  const { element, isolated, same, write } = mineGeo.format;
  const {
    coordinates, history, turning, words,
  } = mineGeo;

  const WIDEST_PX = 430;
  const BESIDE_ZOOM_PX = 54;
  const HEADING = 'mg-record-name';
  const NOT_OURS = {
    others: 'around.other', unplaced: 'around.no_unit', others_released: 'around.other',
  };

  function line(label, value) {
    const row = element('tr');
    const name = words.put(element('th'), label);
    name.scope = 'row';
    const cell = element('td');
    cell.appendChild(isolated(value));
    row.append(name, cell);
    return row;
  }

  function headed(said) {
    const box = element('div', 'mg-record');
    const heading = element('h2');
    heading.id = HEADING;
    heading.appendChild(isolated(said));
    box.appendChild(heading);
    return box;
  }

  // The first column that has a value is the heading.
  function content(columns, row) {
    let box = null;
    const table = element('table', 'mg-fields');
    columns.forEach((column) => {
      const said = write(column, row);
      if (said === null) {
        return;
      }
      if (box) {
        table.appendChild(line(words.say(`field.${column.name}`), said));
      } else {
        box = headed(said);
      }
    });
    box = box || headed(words.say('field.hazard'));
    const frame = element('div', 'mg-columns');
    frame.appendChild(table);
    box.appendChild(frame);
    return box;
  }

  function hazardOf(layer, row) {
    const ids = layer.columns.find((column) => column.name === 'hazard_id');
    return ids ? ids.value(row) : null;
  }

  function wayToHazard(page, id) {
    const row = page.find(id);
    if (row < 0) {
      return [];
    }
    const button = words.put(element('button', 'mg-link'), words.say('history.show'));
    button.type = 'button';
    button.addEventListener('click', () => page.goTo(row));
    return [button];
  }

  function record(page, layer, row) {
    const box = content(layer.columns, row);
    const id = hazardOf(layer, row);
    if (NOT_OURS[layer.name]) {
      box.firstChild.after(words.put(element('p', 'mg-note'), words.say(NOT_OURS[layer.name])));
    }
    if (layer.name === 'others' || layer.name === 'unplaced') {
      turning.add(page, layer.shapes[row], box);
      return box;
    }
    if (layer.name === 'hazards') {
      box.append(...[history.table(page, id)].filter(Boolean));
      turning.add(page, layer.shapes[row], box);
    } else if (id !== null) {
      box.append(...wayToHazard(page, id));
    }
    return box;
  }

  // A hazard that is here only by what was released of it: its history alone. Whether any of it
  // remains, in another province perhaps, the page does not know.
  function released(page, id) {
    const box = headed(same(id));
    box.append(words.put(element('p'), words.say('history.not_here')), history.table(page, id));
    return box;
  }

  // A place that is no record.
  function place(latlng) {
    const box = headed(coordinates.degrees(latlng));
    if (coordinates.inReach(latlng)) {
      box.append(words.put(element('p'), coordinates.metres(latlng)));
    }
    return box;
  }

  // On a phone: from the lower edge of the screen, in a pane that no movement of the map moves.
  const Sheet = L.Popup.extend({
    options: { pane: 'sheet', className: 'mg-sheet', autoPan: false },
    _updateLayout() {},
    _updatePosition() {},
    _animateZoom() {},
  });

  function narrow() {
    return window.matchMedia('(max-width: 760px)').matches;
  }

  function sheet(map) {
    if (!map.getPane('sheet')) {
      map.createPane('sheet', map.getContainer());
    }
    return new Sheet();
  }

  // The height that a popup may take, so that what it speaks of is still in view.
  function height(map) {
    return Math.max(150, Math.min(400, 0.6 * map.getSize().y));
  }

  // What it takes of the map.
  function room(map) {
    return narrow() ? 0 : height(map);
  }

  function beside(map) {
    return L.popup({
      maxWidth: Math.min(WIDEST_PX, map.getSize().x - 54),
      maxHeight: height(map),
      autoPanPaddingTopLeft: [4, 12],
      autoPanPaddingBottomRight: [BESIDE_ZOOM_PX, 12], // free for the buttons that zoom
    });
  }

  function describe(popup) {
    const frame = popup.getElement();
    frame.setAttribute('role', 'dialog');
    frame.setAttribute('aria-labelledby', HEADING);
    const inside = frame.querySelector('.leaflet-popup-content');
    inside.tabIndex = 0;
    inside.setAttribute('role', 'group');
    inside.setAttribute('aria-labelledby', HEADING);
    const close = frame.querySelector('.leaflet-popup-close-button');
    words.label(close, 'aria-label', words.say('page.close'));
    words.label(close, 'title', words.say('page.close'));
    return inside;
  }

  // What gets the focus when the popup closes: what had it before, on the page and not in a popup.
  function opener(page) {
    const now = document.activeElement;
    const old = page.popup && page.popup.getElement();
    return old && old.contains(now) ? page.popup.mineGeoOpener : now;
  }

  function giveBack(page, popup) {
    const now = document.activeElement;
    const frame = popup.getElement();
    if (now !== document.body && !(frame && frame.contains(now))) {
      return;
    }
    const back = popup.mineGeoOpener;
    const there = back && back !== document.body && back.isConnected;
    (there ? back : page.map.getContainer()).focus({ preventScroll: true });
  }

  function open(page, box, latlng, focus) {
    const { map } = page;
    const before = opener(page);
    const popup = (narrow() ? sheet(map) : beside(map))
      .setLatLng(latlng).setContent(box).openOn(map);
    popup.mineGeoOpener = before;
    page.popup = popup;
    const inside = describe(popup);
    popup.getElement().addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        event.stopPropagation();
        popup.close();
      }
    });
    popup.on('remove', () => giveBack(page, popup));
    if (focus) {
      inside.focus({ preventScroll: true });
    }
    return popup;
  }

  mineGeo.popup = {
    open, record, released, headed, place, room, narrow,
  };
}(window.mineGeo));
