// Polygons in longitude and latitude: how large they are, what is cut, and what is no polygon. A
// polygon is as GeoJSON has it: rings of [lon, lat], the outer one first, each closed.
(function (mineGeo) {
  'use strict';

  const SEMI_MAJOR_M = 6378137;
  const FLATTENING = 1 / 298.257223563;
  const E2 = FLATTENING * (2 - FLATTENING);
  const RADIANS = Math.PI / 180;
  const PER_DEGREE = 1e9; // as far as a page that can draw has the outlines of hazards
  const [NODE, MIDDLE, SIDE] = [Math.sqrt(0.6), 8 / 9, 5 / 9]; // of Gauss, three points
  // Snyder 1987, equation 3-12, as a power series; `geo/geometry.py` has the same.
  const Q = Array.from({ length: 9 }, (_, n) => (1 - E2) * E2 ** n * (2 * n + 2) / (2 * n + 1));

  function authalic(latitude) {
    const sine = Math.sin(latitude);
    const square = sine * sine;
    return Q.reduceRight((sum, factor) => sum * square + factor, 0) * sine;
  }

  // Edges are straight in longitude and latitude.
  function ringM2(ring) {
    const base = authalic(ring[0][1] * RADIANS);
    let sum = 0;
    for (let at = 1; at < ring.length; at += 1) {
      const [[lon, lat], [nextLon, nextLat]] = [ring[at - 1], ring[at]];
      const middle = ((lat + nextLat) / 2) * RADIANS;
      const half = ((nextLat - lat) / 2) * RADIANS;
      const mean = (SIDE * (authalic(middle - NODE * half) + authalic(middle + NODE * half))
        + MIDDLE * authalic(middle)) / 2;
      sum += (nextLon - lon) * RADIANS * (mean - base);
    }
    return Math.abs(sum) * SEMI_MAJOR_M ** 2 / 2;
  }

  function exactM2(polygons) {
    return polygons.reduce((all, rings) => all + rings
      .reduce((sum, ring, place) => sum + (place ? -1 : 1) * ringM2(ring), 0), 0);
  }

  // What is left of some polygons where others are taken away.
  function less(polygons, others) {
    return polygons.length && others.length ? window.polyclip.difference(polygons, others) : polygons;
  }

  function together(polygons) {
    return polygons.length > 1 ? window.polyclip.union(polygons[0], ...polygons.slice(1)) : polygons;
  }

  function rounded(number) {
    return Math.round(number * PER_DEGREE) / PER_DEGREE;
  }

  function turn([x1, y1], [x2, y2], [x3, y3]) {
    return Math.sign((x2 - x1) * (y3 - y1) - (y2 - y1) * (x3 - x1));
  }

  function between([x1, y1], [x2, y2], [x, y]) {
    return Math.min(x1, x2) <= x && x <= Math.max(x1, x2)
      && Math.min(y1, y2) <= y && y <= Math.max(y1, y2);
  }

  function same(one, other) {
    return one[0] === other[0] && one[1] === other[1];
  }

  // Whether two edges meet elsewhere than in an end of both.
  function meet([a, b], [c, d]) {
    const turns = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)];
    if (turns[0] * turns[1] < 0 && turns[2] * turns[3] < 0) {
      return true;
    }
    const ends = [[c, a, b], [d, a, b], [a, c, d], [b, c, d]];
    return ends.some(([point, from, to], at) => turns[at] === 0 && between(from, to, point)
      && !same(point, from) && !same(point, to))
      || (turns.every((one) => one === 0) && ((same(a, c) && same(b, d)) || (same(a, d) && same(b, c))));
  }

  // Whether the rings of a polygon cross or touch themselves or each other on an edge, or a ring
  // comes twice to one vertex.
  function crosses(rings) {
    const edges = rings.flatMap((ring) => ring.slice(1).map((to, at) => [ring[at], to]));
    edges.sort((one, other) => Math.min(one[0][0], one[1][0]) - Math.min(other[0][0], other[1][0]));
    for (let i = 0; i < edges.length; i += 1) {
      const end = Math.max(edges[i][0][0], edges[i][1][0]);
      for (let j = i + 1; j < edges.length; j += 1) {
        if (Math.min(edges[j][0][0], edges[j][1][0]) > end) {
          break;
        }
        if (meet(edges[i], edges[j])) {
          return true;
        }
      }
    }
    return rings.some((ring) => new Set(ring.map(String)).size < ring.length - 1);
  }

  // A ring on the lattice of the page, closed, without a vertex that repeats the one before.
  function ringOf(points) {
    const ring = points.map(([lon, lat]) => [rounded(lon), rounded(lat)])
      .filter((point, at, all) => at === 0 || !same(point, all[at - 1]));
    return ring.length && !same(ring[0], ring[ring.length - 1]) ? [...ring, ring[0]] : ring;
  }

  // Null where it is a polygon; else the word that says why it is none.
  function faultOf(rings) {
    const points = rings.flat();
    if (!points.every(([lon, lat]) => Number.isFinite(lon) && Number.isFinite(lat)
      && Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) {
      return 'draw.no_degrees';
    }
    if (!rings.length || rings.some((ring) => ring.length < 4)) {
      return 'draw.too_few';
    }
    if (crosses(rings)) {
      return 'draw.crosses';
    }
    return exactM2([rings]) >= 0.5 ? null : 'draw.too_few';
  }

  mineGeo.areas = {
    exactM2, less, together, ringOf, faultOf,
  };
}(window.mineGeo));
