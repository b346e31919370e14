// Reads back what packing.py wrote: whole numbers, outlines, columns.
(function (mineGeo) {
  'use strict';

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const STEPS_PER_DEGREE = 1e6;
  const VALUE_OF = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i += 1) {
    VALUE_OF[ALPHABET.charCodeAt(i)] = i;
  }

  // Five bits a letter, lowest first; products, not shifts, so that numbers pass 2^31.
  function flat(text) {
    const numbers = new Float64Array(text.length);
    let count = 0;
    let number = 0;
    let weight = 1;
    for (let i = 0; i < text.length; i += 1) {
      const value = VALUE_OF[text.charCodeAt(i)];
      number += (value & 31) * weight;
      if (value < 32) {
        numbers[count] = number;
        count += 1;
        number = 0;
        weight = 1;
      } else {
        weight *= 32;
      }
    }
    return numbers.subarray(0, count);
  }

  function unpack(text) {
    return Array.from(flat(text));
  }

  function unsign(number) {
    return number % 2 ? -(number + 1) / 2 : number / 2;
  }

  // One walker along the steps of all rings: each vertex is told from the one before it.
  function walker(steps) {
    const numbers = unpack(steps);
    let at = 0;
    let lon = 0;
    let lat = 0;
    return function next() {
      lon += unsign(numbers[at]);
      lat += unsign(numbers[at + 1]);
      at += 2;
      return [lat / STEPS_PER_DEGREE, lon / STEPS_PER_DEGREE];
    };
  }

  function take(count, next) {
    const taken = new Array(count);
    for (let i = 0; i < count; i += 1) {
      taken[i] = next();
    }
    return taken;
  }

  // Where each of some rows begins among what they hold, and where the last one ends.
  function starts(counts) {
    const sizes = flat(counts);
    const places = new Uint32Array(sizes.length + 1);
    for (let i = 0; i < sizes.length; i += 1) {
      places[i + 1] = places[i] + sizes[i];
    }
    return places;
  }

  // Many polygons as flat arrays: latitude and longitude by turns (degrees), and where each ring
  // begins among vertices, each part among rings, each shape among parts.
  function outlines(packed) {
    const vertices = flat(packed.steps);
    const perDegree = packed.per_degree || STEPS_PER_DEGREE;
    let lon = 0;
    let lat = 0;
    for (let i = 0; i < vertices.length; i += 2) {
      lon += unsign(vertices[i]);
      lat += unsign(vertices[i + 1]);
      vertices[i] = lat / perDegree;
      vertices[i + 1] = lon / perDegree;
    }
    return {
      vertices, rings: starts(packed.points), parts: starts(packed.rings), shapes: starts(packed.parts),
    };
  }

  function lines(packed) {
    const vertex = walker(packed.steps);
    return unpack(packed.points).map((count) => take(count, vertex));
  }

  // The rings of the parts of an area. A run of vertices is new, or points to vertices of the
  // lines, forwards or backwards.
  function areas(packed, known) {
    const vertex = walker(packed.steps);
    const [runs, starts, lengths] = [packed.runs, packed.starts, packed.lengths]
      .map((numbers) => unpack(numbers)[Symbol.iterator]());
    const run = () => {
      const start = starts.next().value - 1;
      const length = unsign(lengths.next().value);
      if (start < 0) {
        return take(length, vertex);
      }
      return length > 0
        ? known.slice(start, start + length)
        : known.slice(start + length + 1, start + 1).reverse();
    };
    const ring = () => take(runs.next().value, run).flat();
    return unpack(packed.rings).map((count) => take(count, ring));
  }

  // Many texts are told by how many letters each shares with the one before.
  function wordsOf(packed) {
    if (Array.isArray(packed)) {
      return packed;
    }
    let word = '';
    return unpack(packed.shared).map((shared, index) => {
      word = word.slice(0, shared) + packed.rest[index];
      return word;
    });
  }

  // A column as functions of the row: its value (null where there is none), and for texts the
  // same in both languages. What it holds is read when it is first asked for.
  function column(packed) {
    if (!packed.words) {
      let rows = null;
      return {
        value(row) {
          rows = rows || flat(packed.rows);
          return rows[row] ? rows[row] - 1 : null;
        },
      };
    }
    let held = null;
    const read = () => {
      if (!held) {
        const words = wordsOf(packed.words);
        const khmer = packed.words_km ? wordsOf(packed.words_km) : words;
        // Without rows each row has a word of its own.
        const rows = packed.rows ? flat(packed.rows) : words.map((_, row) => row + 1);
        held = { words, khmer, rows };
      }
      return held;
    };
    return {
      value(row) {
        const { words, rows } = read();
        return rows[row] ? words[rows[row] - 1] : null;
      },
      said(row) {
        const { words, khmer, rows } = read();
        return { en: words[rows[row] - 1], km: khmer[rows[row] - 1] };
      },
    };
  }

  mineGeo.decode = {
    unpack, outlines, areas, lines, column,
  };
}(window.mineGeo));
