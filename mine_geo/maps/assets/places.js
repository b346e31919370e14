// A place as it was typed: degrees, degrees-minutes-seconds, UTM or MGRS (north of the equator).
// What could be read in two ways is no place; a UTM pair without a zone is read in zone 48N, and
// the match says so.
(function (mineGeo) {
  'use strict';

  const { coordinates, format, words } = mineGeo;
  const PAIR = /^(-?\d{1,3}(?:\.\d+)?) ?°? ?([NSEW])?[,; ] ?(-?\d{1,3}(?:\.\d+)?) ?°? ?([NSEW])?$/;
  const MINUTES = '(\\d{1,3})[° ] ?(\\d{1,2}(?:\\.\\d+)?)[\' ]? ?(?:(\\d{1,2}(?:\\.\\d+)?)[" ]? ?)?';
  const SEXAGESIMAL = new RegExp(`^${MINUTES}([NS])[,; ]? ?${MINUTES}([EW])$`);
  const METRES = '(\\d{6,7}(?:\\.\\d+)?) ?M?';
  const UTM = new RegExp(`^(?:UTM )?(?:(\\d{1,2}) ?([NPQ])?,? )?${METRES} ?([EN])?[,; ] ?${METRES} ?([EN])?$`);
  const MGRS = /^(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])(\d{0,10})$/;
  const BANDS = 'CDEFGHJKLMNPQRSTUVWX';
  const COLUMNS = ['STUVWXYZ', 'ABCDEFGH', 'JKLMNPQR']; // by the rest of the zone by 3
  const ROWS = 'ABCDEFGHJKLMNPQRSTUV';
  const SQUARE_M = 100000;
  const ROUND_M = 2000000; // after which the letters of the rows come again

  function plain(text) {
    return format.typed(text.normalize('NFKC').toUpperCase())
      .replace(/[º˚]/g, '°').replace(/[′’‘´]/g, "'").replace(/″|”|“|''/g, '"')
      .replace(/\s+/g, ' ').trim();
  }

  function onEarth(lat, lon) {
    return Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
  }

  function signed(number, side) {
    return side === 'S' || side === 'W' ? -number : number;
  }

  function place(lat, lon, note) {
    return onEarth(lat, lon) ? { lat, lon, note } : null;
  }

  // Latitude comes first unless letters, or a number that can be no latitude, say otherwise.
  function readPair(text) {
    const found = PAIR.exec(text);
    if (!found) {
      return null;
    }
    const [, first, firstSide, second, secondSide] = found;
    const sides = [firstSide, secondSide].map((side) => (side ? 'NS'.includes(side) : null));
    const numbers = [signed(Number(first), firstSide), signed(Number(second), secondSide)];
    if (sides[0] !== null && sides[0] === sides[1]) {
      return null;
    }
    const turned = sides[0] === false || sides[1] === true
      || (sides[0] === null && sides[1] === null && Math.abs(numbers[0]) > 90);
    const [lat, lon] = turned ? [numbers[1], numbers[0]] : numbers;
    return place(lat, lon, words.say('search.degrees'));
  }

  function readSexagesimal(text) {
    const found = SEXAGESIMAL.exec(text);
    if (!found) {
      return null;
    }
    const whole = (at) => {
      const [degrees, minutes, seconds] = [0, 1, 2].map((more) => Number(found[at + more] || 0));
      const good = minutes < 60 && seconds < 60 && !(found[at + 2] && found[at + 1].includes('.'));
      return good ? signed(degrees + minutes / 60 + seconds / 3600, found[at + 3]) : NaN;
    };
    return place(whole(1), whole(5), words.say('search.degrees'));
  }

  function fromMetres(zone, easting, northing, note) {
    if (zone < 1 || zone > 60 || easting < 100000 || easting > 900000 || northing > 9400000) {
      return null;
    }
    const { lat, lon } = coordinates.fromUtm({ zone, easting, northing });
    return place(lat, lon, note);
  }

  function readUtm(text) {
    const found = UTM.exec(text);
    if (!found) {
      return null;
    }
    const [, told, , first, firstSide, second, secondSide] = found;
    const zone = told ? Number(told) : coordinates.HOME;
    if (firstSide && firstSide === secondSide) {
      return null;
    }
    const turned = firstSide === 'N' || secondSide === 'E'
      || (!firstSide && !secondSide && Number(first) > 900000);
    const [easting, northing] = turned ? [second, first] : [first, second];
    return fromMetres(zone, Number(easting), Number(northing), words.say('search.utm', { zone }));
  }

  // The middle of the square.
  function readMgrs(text) {
    const found = MGRS.exec(text.replace(/ /g, ''));
    if (!found || found[5].length % 2) {
      return null;
    }
    const [, told, band, column, row, digits] = found;
    const zone = Number(told);
    const bandLat = -80 + 8 * BANDS.indexOf(band);
    const at = COLUMNS[zone % 3].indexOf(column);
    if (zone < 1 || zone > 60 || bandLat < 0 || at < 0) {
      return null;
    }
    const half = digits.length / 2;
    const metres = 10 ** (5 - half);
    const [east, north] = [digits.slice(0, half), digits.slice(half)]
      .map((part) => (Number(part || 0) + 0.5) * metres);
    const rows = (ROWS.indexOf(row) + (zone % 2 ? 0 : 15)) % 20;
    const least = coordinates.utm(bandLat, 6 * zone - 183, zone).northing - SQUARE_M;
    let northing = rows * SQUARE_M + north;
    while (northing < least) {
      northing += ROUND_M;
    }
    const note = words.say('search.mgrs', { metres: mineGeo.format.thousands(metres) });
    const made = fromMetres(zone, (at + 1) * SQUARE_M + east, northing, note);
    return made && made.lat > bandLat - 1 && made.lat < bandLat + (band === 'X' ? 13 : 9) ? made : null;
  }

  // The place that a text says, with words on how it was read; null where it says none.
  function read(text) {
    const typed = plain(text);
    return readPair(typed) || readSexagesimal(typed) || readUtm(typed) || readMgrs(typed);
  }

  mineGeo.places = { read };
}(window.mineGeo));
