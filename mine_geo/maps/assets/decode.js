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
  function unpack(text) {
    const numbers = [];
    let number = 0;
    let weight = 1;
    for (let i = 0; i < text.length; i += 1) {
      const value = VALUE_OF[text.charCodeAt(i)];
      number += (value & 31) * weight;
      weight *= 32;
      if (value < 32) {
        numbers.push(number);
        number = 0;
        weight = 1;
      }
    }
    return numbers;
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

  // Returns, for each shape, its parts; each part is a list of rings of [lat, lon].
  function polygons(packed) {
    const vertex = walker(packed.steps);
    const points = unpack(packed.points)[Symbol.iterator]();
    const rings = unpack(packed.rings)[Symbol.iterator]();
    const ring = () => take(points.next().value, vertex);
    const part = () => take(rings.next().value, ring);
    return unpack(packed.parts).map((count) => take(count, part));
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
  // same in both languages.
  function column(packed) {
    if (!packed.words) {
      const rows = unpack(packed.rows);
      return { value: (row) => (rows[row] ? rows[row] - 1 : null) };
    }
    const words = wordsOf(packed.words);
    const khmer = packed.words_km ? wordsOf(packed.words_km) : words;
    // Without rows each row has a word of its own.
    const rows = packed.rows ? unpack(packed.rows) : words.map((_, row) => row + 1);
    return {
      value: (row) => (rows[row] ? words[rows[row] - 1] : null),
      said: (row) => ({ en: words[rows[row] - 1], km: khmer[rows[row] - 1] }),
    };
  }

  mineGeo.decode = {
    unpack, polygons, areas, lines, column,
  };
}(window.mineGeo));
