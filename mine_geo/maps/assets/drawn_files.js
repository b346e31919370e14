// Polygons out of a file that was opened or dropped: GeoJSON (RFC 7946), or the tracks and routes
// of a GPX file, each as one ring.
(function (mineGeo) {
  'use strict';

  const { areas } = mineGeo;
  const WGS84 = /(^|:)(crs84|4326)$/i;

  class Refused extends Error {}

  function polygonsOf(geometry) {
    const { type, coordinates, geometries } = geometry || {};
    if (type === 'GeometryCollection') {
      return geometries.flatMap(polygonsOf);
    }
    return { Polygon: [coordinates], MultiPolygon: coordinates }[type] || [];
  }

  function geometriesOf(found) {
    if (found.type === 'FeatureCollection') {
      return found.features.flatMap(geometriesOf);
    }
    return [found.type === 'Feature' ? found.geometry : found];
  }

  // A file that says another reference system than WGS 84 is never read as if it were that.
  function fromGeoJson(text) {
    const found = JSON.parse(text);
    const named = found.crs === undefined ? '4326' : String(found.crs?.properties?.name);
    if (!WGS84.test(named)) {
      throw new Refused('draw.other_system');
    }
    return geometriesOf(found).flatMap(polygonsOf)
      .map((rings) => rings.map((ring) => areas.ringOf(ring)));
  }

  function fromGpx(text) {
    const found = new DOMParser().parseFromString(text, 'application/xml');
    if (found.querySelector('parsererror')) {
      throw new Refused('draw.unread');
    }
    const lines = [...found.getElementsByTagName('trkseg'), ...found.getElementsByTagName('rte')];
    return lines.map((line) => [...line.children]
      .filter(({ localName }) => localName === 'trkpt' || localName === 'rtept')
      .map((point) => ['lon', 'lat'].map((name) => parseFloat(point.getAttribute(name)))))
      .map((points) => [areas.ringOf(points)]);
  }

  // The polygons of a text; the error that is thrown has the word that says what is wrong.
  function read(text) {
    let found = [];
    try {
      found = /^\s*(\ufeff)?\s*</.test(text) ? fromGpx(text) : fromGeoJson(text.replace(/^\ufeff/, ''));
    } catch (error) {
      throw error instanceof Refused ? error : new Refused('draw.unread');
    }
    if (!found.length) {
      throw new Refused('draw.no_polygon');
    }
    found.forEach((rings) => {
      const fault = areas.faultOf(rings);
      if (fault) {
        throw new Refused(fault);
      }
    });
    return found;
  }

  mineGeo.files = { read, Refused };
}(window.mineGeo));
