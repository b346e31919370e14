// Where the pointer is, or on touch screens the middle of the map: degrees, and metres of UTM 48N;
// and UTM in any zone, forwards and backwards.
(function (mineGeo) {
  'use strict';

  const { words } = mineGeo;
  const SEMI_MAJOR_M = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const SCALE = 0.9996;
  const HOME = 48; // the zone that has all of Cambodia
  const FALSE_EASTING_M = 500000;
  // Farther from its central meridian nobody reads a place in this zone.
  const REACH = { west: 96, east: 114, south: 0, north: 84 };
  const RADIANS = Math.PI / 180;

  const N = FLATTENING / (2 - FLATTENING);
  const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));
  const RADIUS_M = (SEMI_MAJOR_M / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64 + N ** 6 / 256);
  // Krueger's series to the sixth order of the third flattening: Karney 2011, Transverse Mercator
  // with an accuracy of a few nanometers, equation 35; EPSG guidance note 7-2 has four of them.
  const ALPHA = [
    [1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800],
    [13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360],
    [61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440],
    [49561 / 161280, -179 / 168, 6601661 / 7257600],
    [34729 / 80640, -3418889 / 1995840],
    [212378941 / 319334400],
  ].map(summed);
  // And back: equation 36.
  const BETA = [
    [1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800],
    [1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720],
    [17 / 480, -37 / 840, -209 / 4480, 5569 / 90720],
    [4397 / 161280, -11 / 504, -830251 / 7257600],
    [4583 / 161280, -108847 / 3991680],
    [20648693 / 638668800],
  ].map(summed);

  function summed(row, j) {
    return row.reduce((sum, factor, i) => sum + factor * N ** (j + 1 + i), 0);
  }

  function centralLon(zone) {
    return 6 * zone - 183;
  }

  // The tangent of the conformal latitude from that of the latitude.
  function conformalOf(tau) {
    const sigma = Math.sinh(
      ECCENTRICITY * Math.atanh((ECCENTRICITY * tau) / Math.hypot(1, tau)));
    return tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
  }

  // Easting and northing in metres of EPSG:326xx, north of the equator, from degrees of WGS 84.
  function utm(lat, lon, zone) {
    const east = (lon - centralLon(zone)) * RADIANS;
    const conformal = conformalOf(Math.tan(lat * RADIANS));
    const xi = Math.atan2(conformal, Math.cos(east));
    const eta = Math.asinh(Math.sin(east) / Math.hypot(conformal, Math.cos(east)));
    let [x, y] = [eta, xi];
    ALPHA.forEach((alpha, index) => {
      const turns = 2 * (index + 1);
      x += alpha * Math.cos(turns * xi) * Math.sinh(turns * eta);
      y += alpha * Math.sin(turns * xi) * Math.cosh(turns * eta);
    });
    return { easting: FALSE_EASTING_M + SCALE * RADIUS_M * x, northing: SCALE * RADIUS_M * y };
  }

  // Degrees of WGS 84 from metres of EPSG:326xx; by Newton's method, equation 19.
  function fromUtm({ zone, easting, northing }) {
    const eta = (easting - FALSE_EASTING_M) / (SCALE * RADIUS_M);
    const xi = northing / (SCALE * RADIUS_M);
    let [x, y] = [eta, xi];
    BETA.forEach((beta, index) => {
      const turns = 2 * (index + 1);
      x -= beta * Math.cos(turns * xi) * Math.sinh(turns * eta);
      y -= beta * Math.sin(turns * xi) * Math.cosh(turns * eta);
    });
    const wanted = Math.sin(y) / Math.hypot(Math.sinh(x), Math.cos(y));
    const rest = 1 - ECCENTRICITY ** 2;
    let tau = wanted / rest;
    for (let round = 0; round < 5; round += 1) {
      const found = conformalOf(tau);
      tau += ((wanted - found) / Math.hypot(1, found))
        * ((1 + rest * tau ** 2) / (rest * Math.hypot(1, tau)));
    }
    const lon = centralLon(zone) + Math.atan2(Math.sinh(x), Math.cos(y)) / RADIANS;
    return { lat: Math.atan(tau) / RADIANS, lon };
  }

  function inReach({ lat, lng }) {
    return lng >= REACH.west && lng <= REACH.east && lat >= REACH.south && lat <= REACH.north;
  }

  function half(value, key) {
    const side = words.say(`coordinates.${key}`);
    const said = (word) => `${Math.abs(value).toFixed(5)}° ${word}`;
    return { en: said(side.en), km: said(side.km) };
  }

  function degrees({ lat, lng }) {
    const first = half(lat, lat < 0 ? 'south' : 'north');
    const second = half(lng, lng < 0 ? 'west' : 'east');
    return { en: `${first.en} ${second.en}`, km: `${first.km} ${second.km}` };
  }

  function metres({ lat, lng }) {
    const { easting, northing } = utm(lat, lng, HOME);
    return words.say('coordinates.utm', {
      easting: Math.round(easting), northing: Math.round(northing),
    });
  }

  mineGeo.features.push(({ map }) => {
    const [of, place, plane] = ['mg-pointer-of', 'mg-pointer', 'mg-utm']
      .map((id) => document.getElementById(id));
    const show = (key, latlng) => {
      const at = latlng.wrap();
      words.put(of, words.say(key));
      words.put(place, degrees(at));
      words.put(plane, inReach(at) ? metres(at) : { en: '', km: '' });
    };
    let pointer = null; // in pixels of the map, while it is over the map
    const again = () => {
      if (pointer) {
        show('coordinates.pointer', map.containerPointToLatLng(pointer));
      } else {
        show('coordinates.middle', map.getCenter());
      }
    };
    // Straight from the container: Leaflet keeps the moves over a hazard to the hazard. A finger
    // is over the map only while it moves it.
    const follow = (event) => {
      const over = event.type === 'pointermove' && event.pointerType !== 'touch';
      pointer = over ? map.mouseEventToContainerPoint(event) : null;
      again();
    };
    ['pointermove', 'pointerleave'].forEach((type) => {
      map.getContainer().addEventListener(type, follow);
    });
    map.on('move', again);
    again();
  });

  mineGeo.coordinates = {
    utm, fromUtm, inReach, degrees, metres, HOME,
  };
}(window.mineGeo));
