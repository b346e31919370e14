// The legend: a symbol beside each switch, hazards grouped by what is told of them, and how many
// records each switch stands for.
(function (mineGeo) {
  'use strict';

  const { element, thousands } = mineGeo.format;
  const { symbols, words } = mineGeo;
  const FACETS = ['area_type', 'status', 'kind'];
  const HAZARDS = ['hazards', 'unplaced', 'others'];
  const WORDS = {
    area_type: 'legend.hazards', status: 'legend.hazards', kind: 'legend.hazards',
    released: 'legend.releases', year: 'legend.releases',
  };
  const COUNTED = ['hazards', 'releases'];

  function group(facet, entries, unit) {
    const box = element('fieldset', 'mg-group');
    const list = element('ul', 'mg-symbols');
    list.append(...entries);
    box.append(words.put(element('legend'), words.say(`legend.${facet}`, { unit })), list);
    return box;
  }

  function facetOf(entry) {
    return entry.querySelector('input').dataset.layer.split('-')[0];
  }

  // Every class that is drawn has a switch, be it only that of another unit's hazards.
  function draw(records, data) {
    const hazardSymbols = data.layers
      .filter(({ name }) => HAZARDS.includes(name))
      .flatMap((layer) => layer.symbols.map((name) => name.replace(/ pale$/, '')));
    document.querySelectorAll('[data-symbol]').forEach((place) => {
      place.appendChild(symbols.swatch(symbols.of(place.dataset.symbol)));
    });
    const entries = symbols.hazardLegend(hazardSymbols);
    const place = document.getElementById('mg-hazard-legend');
    FACETS.forEach((facet) => {
      const own = entries.filter((entry) => facetOf(entry) === facet);
      if (own.length) {
        place.append(group(facet, own, data.unit));
      }
    });
  }

  // Of each key, how many of the unit's own rows bear it; none of others is counted.
  function tally(records) {
    const found = new Map();
    records.forEach((layer) => {
      const own = COUNTED.includes(layer.name);
      layer.groupOf.forEach((index, row) => {
        layer.groupKeys[index].forEach((key) => {
          found.set(key, (found.get(key) || 0) + (own ? layer.stands[row] : 0));
        });
      });
    });
    return found;
  }

  mineGeo.features.push((page, data) => {
    const places = new Map();
    const count = () => {
      const counts = tally(page.records);
      document.querySelectorAll('.mg-legend input[data-layer]').forEach((box) => {
        const { layer: key } = box.dataset;
        const word = WORDS[key.split('-')[0]];
        if (counts.has(key) && word) {
          const number = thousands(counts.get(key));
          if (!places.has(box)) {
            places.set(box, element('span', 'mg-count'));
            box.parentElement.append(places.get(box));
          }
          places.get(box).textContent = number;
          words.label(places.get(box), 'title', words.say(word, { number, unit: data.unit }));
        }
      });
    };
    page.counters.push(count);
    count();
  });

  mineGeo.legend = { draw };
}(window.mineGeo));
