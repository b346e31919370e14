// Names on the map: provinces and districts in English and Khmer, neighbours, places. The page's
// language comes first; from afar it stands alone.
// A name that would lie on an earlier one is hidden; bigger units come first, places in the order
// of their table. Names give way to what is drawn of hazards: they move beside it, and where there is
// no room they are hidden. Only names in view stand in the page, so that there may be many thousands.
(function (mineGeo) {
  'use strict';

  const { element } = mineGeo.format;
  const LEVELS = {
    country: { least: 0, most: 9 },
    province: { least: 0, most: 11 },
    district: { least: 8.75, most: 30 },
    place: { least: 9.5, most: 30 },
    village: { least: 11, most: 30 },
  };
  const BOTH_LEAST = 7.5;
  const GIVE_WAY = ['province', 'district', 'place', 'village'];
  const GAP_PX = 2;
  const BESIDE = 0.1;
  const CELL_PX = { x: 40, y: 12 };
  const GRID_PX = 6;
  const MOST_COVERED = 0.15; // of a name by hazards
  // By how many of its own widths and heights a name may move.
  const MOVES = [[0, 0], [0, -1], [0, 1], [0, -2], [0, 2], [-0.7, 0], [0.7, 0]];

  function node([text, khmer, level]) {
    const box = element('span', `mg-label mg-label-${level}`);
    const names = khmer ? [[text, 'en'], [khmer, 'km']] : [[text, mineGeo.words.languageOf(text)]];
    names.forEach(([name, language]) => {
      const line = element('span', `mg-label-${khmer ? language : 'only'}`, name);
      line.lang = language;
      box.appendChild(line);
    });
    return box;
  }

  function marker(latlng, box) {
    const icon = L.divIcon({ html: box, className: 'mg-label-anchor', iconSize: [0, 0] });
    return L.marker(latlng, {
      icon, interactive: false, keyboard: false, pane: 'names',
    });
  }

  // Made when it is first in view.
  function show(entry, map) {
    if (!entry.marker) {
      entry.box = node(entry.label);
      entry.marker = marker(entry.latlng, entry.box);
    }
    if (!map.hasLayer(entry.marker)) {
      entry.marker.addTo(map);
    }
  }

  function hide(entry) {
    if (entry.marker) {
      entry.marker.remove();
    }
  }

  function overlaps(one, other) {
    return one.left < other.right + GAP_PX && one.right > other.left - GAP_PX
      && one.top < other.bottom + GAP_PX && one.bottom > other.top - GAP_PX;
  }

  // The part of a box on which something is drawn; `taken` holds squares of the map.
  function covered(box, frame, taken) {
    const [left, right] = [box.left, box.right].map((x) => Math.floor((x - frame.left) / GRID_PX));
    const [top, bottom] = [box.top, box.bottom].map((y) => Math.floor((y - frame.top) / GRID_PX));
    let found = 0;
    for (let x = left; x <= right; x += 1) {
      for (let y = top; y <= bottom; y += 1) {
        found += taken.has(`${x} ${y}`) ? 1 : 0;
      }
    }
    return found / ((right - left + 1) * (bottom - top + 1));
  }

  function moved(box, [across, down]) {
    const [x, y] = [across * (box.right - box.left), down * (box.bottom - box.top)];
    return {
      left: box.left + x, right: box.right + x, top: box.top + y, bottom: box.bottom + y, x, y,
    };
  }

  // Where a name covers the least of what is drawn; a place stays beside its dot.
  function placed(entry, box, frame, taken) {
    const moves = ['province', 'district'].includes(entry.level) ? MOVES : MOVES.slice(0, 1);
    let best = null;
    moves.forEach((move) => {
      const one = moved(box, move);
      one.covered = taken.size ? covered(one, frame, taken) : 0;
      best = best && best.covered <= one.covered ? best : one;
    });
    return best;
  }

  function inScale(level, zoom) {
    return zoom >= LEVELS[level].least && zoom <= LEVELS[level].most;
  }

  function cut(box, frame) {
    return box.left < frame.left || box.right > frame.right
      || box.top < frame.top || box.bottom > frame.bottom;
  }

  // What may be shown: of places that would all but cover each other the first.
  function inView(entries, map) {
    const zoom = map.getZoom();
    const bounds = map.getBounds().pad(BESIDE);
    const cells = new Set();
    return new Set(entries.filter((entry) => {
      if (!entry.on || !inScale(entry.level, zoom) || !bounds.contains(entry.latlng)) {
        return false;
      }
      const { x, y } = map.latLngToContainerPoint(entry.latlng);
      const cell = `${Math.floor(x / CELL_PX.x)} ${Math.floor(y / CELL_PX.y)}`;
      const first = !['place', 'village'].includes(entry.level) || !cells.has(cell);
      cells.add(cell);
      return first;
    }));
  }

  // Reads all boxes first and hides afterwards, so that the page is laid out once.
  function arrange(entries, map, drawn) {
    const zoom = map.getZoom();
    const frame = map.getContainer().getBoundingClientRect();
    const shown = inView(entries, map);
    entries.filter((entry) => !shown.has(entry)).forEach(hide);
    const candidates = [...shown];
    const taken = drawn(GRID_PX);
    candidates.forEach((entry) => {
      show(entry, map);
      entry.box.style.margin = '';
      entry.box.classList.toggle('mg-one-name', zoom < BOTH_LEAST);
    });
    const boxes = candidates.map((entry) => entry.box.getBoundingClientRect());
    const names = [];
    candidates.forEach((entry, index) => {
      const box = placed(entry, boxes[index], frame, taken);
      const whole = entry.level !== 'country' || !cut(box, frame);
      const crowded = GIVE_WAY.includes(entry.level) && box.covered > MOST_COVERED;
      const free = whole && !crowded && !names.some((other) => overlaps(box, other));
      entry.box.style.visibility = free ? '' : 'hidden';
      entry.box.style.margin = box.x || box.y ? `${box.y}px 0 0 ${box.x}px` : '';
      if (free) {
        names.push(box);
      }
    });
  }

  // `drawn`: the squares of the map, so many pixels wide, on which hazards are drawn.
  function add(map, labels, drawn) {
    const pane = map.createPane('names');
    pane.style.zIndex = 450;
    pane.style.pointerEvents = 'none';
    const order = Object.keys(LEVELS);
    const sorted = [...labels].sort((a, b) => order.indexOf(a[2]) - order.indexOf(b[2]));
    const entries = sorted.map((label) => ({
      label, level: label[2], latlng: L.latLng(label[3], label[4]), on: true,
    }));
    const again = () => arrange(entries, map, drawn);
    document.addEventListener('mine-geo-language', again);
    return {
      again,
      // Once all else is on the map: what is drawn is drawn anew before its names are arranged.
      follow: () => map.on('moveend resize', again),
      turn(level, on) {
        entries.filter((entry) => entry.level === level).forEach((entry) => { entry.on = on; });
        again();
      },
      has: (level) => entries.some((entry) => entry.level === level),
    };
  }

  mineGeo.labels = { add };
}(window.mineGeo));
