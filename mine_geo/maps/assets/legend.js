// The legend: a symbol beside each switch, hazards grouped by what is told of them, and how many
// records each switch stands for.
(function (mineGeo) {
  'use strict';

  const { element, thousands } = mineGeo.format;
  const { symbols, words } = mineGeo;
  const FACETS = ['area_type', 'status', 'kind'];

  function group(facet, entries) {
    const box = element('fieldset', 'mg-group');
    const list = element('ul', 'mg-symbols');
    list.append(...entries);
    box.append(words.put(element('legend'), words.say(`legend.${facet}`)), list);
    return box;
  }

  function facetOf(entry) {
    return entry.querySelector('input').dataset.layer.split('-')[0];
  }

  function draw(hazardSymbols) {
    document.querySelectorAll('[data-symbol]').forEach((place) => {
      place.appendChild(symbols.swatch(symbols.of(place.dataset.symbol)));
    });
    const entries = symbols.hazardLegend(hazardSymbols);
    const place = document.getElementById('mg-hazard-legend');
    FACETS.forEach((facet) => {
      const own = entries.filter((entry) => facetOf(entry) === facet);
      if (own.length) {
        place.append(group(facet, own));
      }
    });
  }

  // Of each key, how many rows of a layer bear it.
  function tally(layer) {
    const found = new Map();
    layer.groupOf.forEach((index) => {
      layer.groupKeys[index].forEach((key) => found.set(key, (found.get(key) || 0) + 1));
    });
    return found;
  }

  mineGeo.features.push((page) => {
    const counts = new Map(page.records.flatMap((layer) => [...tally(layer)]));
    document.querySelectorAll('.mg-legend input[data-layer]').forEach((box) => {
      if (counts.has(box.dataset.layer)) {
        box.parentElement.append(
          element('span', 'mg-count', thousands(counts.get(box.dataset.layer))));
      }
    });
  });

  mineGeo.legend = { draw };
}(window.mineGeo));
