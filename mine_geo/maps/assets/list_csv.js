// The list as it stands, filtered and sorted, as a CSV file made in the page: no network is asked.
(function (mineGeo) {
  'use strict';

  const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // wide ones are run too
  const SPECIAL = /[",\r\n]/;
  const TEXTS = ['hazard_id', 'kind', 'province', 'district', 'zone'];
  const HEAD = ['rank', ...TEXTS, 'border_distance_m', 'size_m2', 'running_total_m2',
    'first_year', 'last_year'];

  // A text that a spreadsheet would run as a formula is marked as text.
  function text(value) {
    const safe = FORMULA.test(value) ? `'${value}` : value;
    return SPECIAL.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  function number(value, decimals) {
    return value === null || value === undefined ? '' : value.toFixed(decimals || 0);
  }

  // What the page says of itself in its head: every list is of single hazards.
  function restriction() {
    return document.querySelector('meta[name="description"][lang="en"]').content;
  }

  function pinned(pin) {
    return pin ? [text(pin.who), text(pin.why)] : ['', ''];
  }

  function line(list, place, planned) {
    const row = list.order[place];
    const value = (name) => (list.columns.has(name) ? list.columns.get(name).value(row) : null);
    const metres = value('border_distance_m');
    return [
      number(list.ranks[place]),
      ...TEXTS.map((name) => text(value(name) || '')),
      number(metres === null ? null : metres / 10, 1),
      number(value('size_m2')),
      ...['total', 'first', 'last'].map((name) => number(planned[name])),
      ...(list.pins.size ? pinned(list.pins.get(place)) : []),
      ...(list.synthetic ? ['True'] : []),
      text(restriction()),
    ].join(',');
  }

  function written(list) {
    const lines = list.places.map((place) => line(list, place, list.planned.get(place)));
    const pins = list.pins.size ? ['pinned_by', 'pinned_why'] : [];
    const head = [...HEAD, ...pins, ...(list.synthetic ? ['synthetic'] : []), 'restriction'];
    return `\ufeff${[head.join(','), ...lines].join('\r\n')}\r\n`;
  }

  // A list of some hazards only does not pass for that of all, nor that of a past day for now's.
  function fileName(page) {
    const name = window.location.pathname.split('/').pop().replace(/\.html?$/, '');
    const some = mineGeo.filters.filtered(page) ? '_filtered' : '';
    const then = page.past ? `_${page.past}` : '';
    return `${decodeURIComponent(name) || 'hazards'}_list${then}${some}.csv`;
  }

  mineGeo.features.push((page) => {
    if (!page.list) {
      return;
    }
    const button = document.getElementById('mg-save-list');
    button.hidden = false;
    button.addEventListener('click', () => {
      const file = new Blob([written(page.list)], { type: 'text/csv;charset=utf-8' });
      const link = mineGeo.format.element('a');
      link.href = URL.createObjectURL(file);
      link.download = fileName(page);
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });
}(window.mineGeo));
