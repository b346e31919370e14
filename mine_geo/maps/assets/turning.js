// Of a hazard that is open: its centroid and turning points in degrees and in metres of UTM 48N,
// and what can be done with it: zoom to it, copy a link to it, print it.
(function (mineGeo) {
  'use strict';

  const { coordinates, words } = mineGeo;
  const { element } = mineGeo.format;
  const DECIMALS = 6; // of degrees, as far as a page has them

  // Twice the signed area of a ring about its first vertex, and the moments.
  function moments(ring) {
    const [lat0, lon0] = [ring[0].lat, ring[0].lng];
    let [twice, x, y] = [0, 0, 0];
    ring.forEach((one, at) => {
      const other = ring[(at + 1) % ring.length];
      const [x1, y1] = [one.lng - lon0, one.lat - lat0];
      const [x2, y2] = [other.lng - lon0, other.lat - lat0];
      const cross = x1 * y2 - x2 * y1;
      twice += cross;
      x += (x1 + x2) * cross;
      y += (y1 + y2) * cross;
    });
    const sign = Math.sign(twice);
    return {
      twice: Math.abs(twice),
      x: sign * (x / 3 + lon0 * twice),
      y: sign * (y / 3 + lat0 * twice),
    };
  }

  // Of the polygon as drawn, edges straight in longitude and latitude, its holes left out.
  function centroid(shape) {
    let [twice, x, y] = [0, 0, 0];
    shape.getLatLngs().forEach((rings) => rings.filter((ring) => ring.length)
      .map(moments).forEach((ring, place) => {
        const way = place ? -1 : 1;
        twice += way * ring.twice;
        x += way * ring.x;
        y += way * ring.y;
      }));
    return twice > 0 ? L.latLng(y / twice, x / twice) : null;
  }

  // "1", "2"; of several parts "2.1"; of a hole "2.1 (hole)".
  function rings(shape) {
    const parts = shape.getLatLngs().filter((part) => part.length);
    return parts.flatMap((part, at) => part.map((ring, place) => {
      const key = place ? 'turning.hole' : 'turning.part';
      const many = parts.length > 1 || part.length > 1;
      return { ring, head: many ? words.say(key, { part: at + 1, hole: place }) : null };
    }));
  }

  function cells(latlng) {
    const numbers = [latlng.lat.toFixed(DECIMALS), latlng.lng.toFixed(DECIMALS)];
    if (coordinates.inReach(latlng)) {
      const { easting, northing } = coordinates.utm(latlng.lat, latlng.lng, coordinates.HOME);
      numbers.push(easting.toFixed(1), northing.toFixed(1));
    } else {
      numbers.push('–', '–');
    }
    return numbers.map((number) => element('td', 'mg-number', number));
  }

  function line(said, latlng) {
    const made = element('tr');
    const name = words.put(element('th'), said);
    name.scope = 'row';
    made.append(name, ...cells(latlng));
    return made;
  }

  function table(shape) {
    const made = element('table', 'mg-turning');
    const head = element('tr');
    ['point', 'lat', 'lon', 'easting', 'northing'].forEach((key) => {
      const cell = words.put(element('th'), words.say(`turning.${key}`));
      cell.scope = 'col';
      head.append(cell);
    });
    const top = element('thead');
    top.append(head);
    const body = element('tbody');
    const middle = centroid(shape);
    if (middle) {
      body.append(line(words.say('turning.centroid'), middle));
    }
    rings(shape).forEach(({ ring, head: named }) => {
      if (named) {
        const row = element('tr');
        const cell = words.put(element('th'), named);
        cell.colSpan = 5;
        cell.scope = 'rowgroup';
        row.append(cell);
        body.append(row);
      }
      ring.forEach((latlng, at) => {
        const number = String(at + 1);
        body.append(line({ en: number, km: number }, latlng));
      });
    });
    made.append(top, body);
    return made;
  }

  // Made when it is first opened: a hazard may have thousands.
  function points(shape) {
    const box = element('details', 'mg-points');
    const count = rings(shape).reduce((sum, { ring }) => sum + ring.length, 0);
    const title = words.say('turning.title', { count: mineGeo.format.thousands(count) });
    box.append(words.put(element('summary'), title));
    const fill = () => {
      if (box.children.length === 1) {
        const scroll = element('div', 'mg-columns-off');
        scroll.append(table(shape));
        box.append(scroll);
      }
    };
    box.addEventListener('toggle', fill);
    Object.assign(box, { mineGeoFill: fill });
    return box;
  }

  function button(key, act) {
    const made = words.put(element('button'), words.say(key));
    made.type = 'button';
    made.addEventListener('click', act);
    return made;
  }

  // Where the browser gives no clipboard to a page from a disk, the old way still works.
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = element('textarea');
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand('copy');
      field.remove();
      return done;
    }
  }

  // The record alone below the map, with its turning points.
  function print(box) {
    const copied = element('section', 'mg-printed');
    box.querySelector('.mg-points').mineGeoFill();
    copied.append(box.cloneNode(true));
    copied.querySelectorAll('.mg-actions, [id]').forEach((one) => {
      if (one.matches('.mg-actions')) {
        one.remove();
      } else {
        one.removeAttribute('id');
      }
    });
    copied.querySelector('.mg-points').open = true;
    const page = document.querySelector('.mg-page');
    page.append(copied);
    page.classList.add('mg-one-record');
    window.addEventListener('afterprint', () => {
      copied.remove();
      page.classList.remove('mg-one-record');
    }, { once: true });
    window.print();
  }

  function actions(page, shape, box) {
    const row = element('p', 'mg-actions');
    const status = element('span', 'mg-note');
    status.setAttribute('role', 'status');
    row.append(
      button('turning.zoom', () => page.map.fitBounds(shape.getBounds(), {
        maxZoom: 18, animate: false, padding: [30, 30],
      })),
      button('turning.link', async () => {
        const done = await copy(window.location.href);
        words.put(status, done ? words.say('turning.copied') : {
          en: window.location.href, km: window.location.href,
        });
      }),
      button('turning.print', () => print(box)),
      status,
    );
    return row;
  }

  // What the record of a hazard has besides its values.
  function add(page, shape, box) {
    box.append(points(shape), actions(page, shape, box));
  }

  mineGeo.turning = { add, centroid };
}(window.mineGeo));
