// The ranked list beside the map: a real table; a row leads to its hazard. Each year of a plan is
// a group of rows with a heading of its own.
(function (mineGeo) {
  'use strict';

  const { bare, element, isolated, same, thousands } = mineGeo.format;
  const { decode, words } = mineGeo;
  const CELLS = ['district', 'zone', 'border_distance_m', 'size_m2'];
  const COLUMNS = 8;

  function cell(name, column, row) {
    const number = column && column.as !== 'text';
    const made = element('td', `mg-c-${name}${number ? ' mg-number' : ''}`);
    const said = column ? bare(column, row) : null;
    if (said !== null) {
      made.append(number ? said.en : isolated(said));
    }
    return made;
  }

  function identity(column, row) {
    const made = element('th', 'mg-c-hazard');
    made.scope = 'row';
    const button = element('button', 'mg-link');
    button.type = 'button';
    button.append(isolated(same(column.value(row))));
    button.title = column.value(row);
    made.append(button);
    return made;
  }

  function rankCell(rank) {
    const made = element('td', 'mg-number mg-c-rank');
    made.append(element('span', 'mg-chip'), rank === null ? '–' : thousands(rank));
    return made;
  }

  function line(columns, row, rank) {
    const made = element('tr');
    made.dataset.row = row;
    made.append(rankCell(rank), identity(columns.get('hazard_id'), row));
    CELLS.forEach((name) => made.append(cell(name, columns.get(name), row)));
    made.append(element('td', 'mg-number mg-c-running'), element('td', 'mg-number mg-c-year'));
    made.classList.add(columns.get('zone').value(row) === 'near' ? 'mg-near' : 'mg-far');
    return made;
  }

  // Where a rank is recorded it is shown as it is, else the place in the list.
  function ranksOf(list, count) {
    if (!list.ranks) {
      return Array.from({ length: count }, (_, index) => index + 1);
    }
    return decode.unpack(list.ranks).map((number) => (number ? number - 1 : null));
  }

  function mark(table, row) {
    table.querySelectorAll('[aria-current]').forEach((old) => old.removeAttribute('aria-current'));
    const chosen = table.querySelector(`tr[data-row="${row}"]`);
    if (chosen) {
      chosen.setAttribute('aria-current', 'true');
      chosen.scrollIntoView({ block: 'nearest' });
    }
  }

  function headingOf(year, idOf) {
    const values = {
      year: thousands(year.from),
      from: thousands(year.from),
      to: thousands(year.to),
      hazards: thousands(year.hazards),
      m2: thousands(year.m2),
      id: year.hazards ? '' : idOf(year.going),
    };
    const key = ['year.goes_on', 'year.one', 'year.several'][Math.min(year.hazards, 2)];
    return words.say(year.from === year.to ? key : 'year.go_on', values);
  }

  function heading(year, idOf) {
    const made = element('tr', 'mg-year');
    const text = element('th');
    text.scope = 'rowgroup';
    text.colSpan = COLUMNS;
    text.append(isolated(headingOf(year, idOf)));
    made.append(text);
    return made;
  }

  function yearText({ first, last }) {
    if (first === null) {
      return '';
    }
    return first === last ? thousands(first) : `${thousands(first)}–${thousands(last)}`;
  }

  // Shows those places of the list that are in `shown`, with their totals and years.
  function arrange(list, shown, planned, years) {
    const groups = [element('tbody')];
    const starts = new Map();
    years.forEach((year) => starts.set(year.at, [...(starts.get(year.at) || []), year]));
    const begin = (index) => (starts.get(index) || []).forEach((year) => {
      const group = element('tbody');
      group.append(heading(year, (at) => list.idOf(list.order[shown[at]])));
      groups.push(group);
    });
    shown.forEach((place, index) => {
      begin(index);
      const made = list.lines[place];
      made.querySelector('.mg-c-running').textContent = planned ? thousands(planned[index].total) : '';
      made.querySelector('.mg-c-year').textContent = planned ? yearText(planned[index]) : '';
      groups[groups.length - 1].append(made);
    });
    begin(shown.length);
    list.table.querySelectorAll('tbody').forEach((old) => old.remove());
    list.table.append(...groups.filter((group) => group.childElementCount));
  }

  mineGeo.features.push((page, data) => {
    const hazards = page.records.find((layer) => layer.name === 'hazards');
    if (!data.list || !hazards.shapes.length) {
      return;
    }
    const table = document.getElementById('mg-list');
    const columns = new Map(hazards.columns.map((column) => [column.name, column]));
    const order = decode.unpack(data.list.order);
    const ranks = ranksOf(data.list, order.length);
    const lines = order.map((row, index) => line(columns, row, ranks[index]));
    const idOf = (row) => columns.get('hazard_id').value(row);
    page.list = {
      table, section: table.closest('section'), columns, order, ranks, lines, idOf,
    };
    page.list.mark = (row) => mark(table, row);
    page.list.arrange = (...what) => arrange(page.list, ...what);
    table.addEventListener('click', (event) => {
      const row = event.target.closest('tr[data-row]');
      if (row) {
        page.goTo(Number(row.dataset.row));
      }
    });
  });
}(window.mineGeo));
