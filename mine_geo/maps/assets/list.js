// The ranked list beside the map: a real table; a row leads to its hazard. Each year of a plan has
// a heading above its rows.
(function (mineGeo) {
  'use strict';

  const { bare, element, isolated, same, thousands } = mineGeo.format;
  const { decode, words } = mineGeo;
  const CELLS = ['district', 'zone', 'border_distance_m', 'size_m2'];
  const COLUMNS = 8;
  const LINKS = '.mg-link';

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
    button.tabIndex = -1;
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

  // "1 hazard", "2 hazards", in both languages.
  function counted(hazards) {
    return words.say(hazards === 1 ? 'list.hazard' : 'list.hazards', { count: thousands(hazards) });
  }

  function headingOf(year, idOf) {
    const [from, to, m2] = [year.from, year.to, year.m2].map((number) => thousands(number));
    if (year.hazards) {
      return words.say('year.heading', { year: from, hazards: counted(year.hazards), m2 });
    }
    const id = idOf(year.going);
    return from === to
      ? words.say('year.goes_on', { year: from, id, m2 })
      : words.say('year.go_on', { from, to, id, m2 });
  }

  function heading(year, idOf) {
    const made = element('tr', 'mg-year');
    const text = element('th');
    text.colSpan = COLUMNS;
    text.append(isolated(headingOf(year, idOf)));
    made.append(text);
    return made;
  }

  function write(place, text) {
    if (place.textContent !== text) {
      place.textContent = text;
    }
  }

  // Of a hazard that is fixed to a year also who fixed it, and why.
  function yearText({ first, last, pinned }, pin) {
    if (first === null) {
      return '';
    }
    if (pinned) {
      return `${thousands(first)} · ${pin.who}: ${pin.why}`;
    }
    return first === last ? thousands(first) : `${thousands(first)}–${thousands(last)}`;
  }

  // One row of the table is reached by Tab; from there the arrow keys lead on.
  const MOVES = {
    ArrowDown: (at) => at + 1,
    ArrowUp: (at) => at - 1,
    Home: () => 0,
    End: (at, count) => count - 1,
  };

  function stopAt(list, button) {
    if (list.stop) {
      list.stop.tabIndex = -1;
    }
    list.stop = button;
    button.tabIndex = 0;
  }

  function keepStop(list) {
    if (!list.stop) {
      const first = list.body.querySelector(LINKS);
      if (first) {
        stopAt(list, first);
      }
    }
  }

  function wireKeys(list) {
    list.table.addEventListener('focusin', (event) => {
      if (event.target.matches(LINKS)) {
        stopAt(list, event.target);
      }
    });
    list.table.addEventListener('keydown', (event) => {
      const move = MOVES[event.key];
      if (move && event.target.matches(LINKS)) {
        event.preventDefault();
        const buttons = [...list.body.querySelectorAll(LINKS)];
        const next = buttons[move(buttons.indexOf(event.target), buttons.length)];
        if (next) {
          next.focus();
        }
      }
    });
  }

  // Writes the totals of the list, and the headings of the years between its rows. The rows stay
  // where they are: to lay them all out anew takes long.
  function arrange(list, planned, years) {
    list.table.querySelectorAll('.mg-year').forEach((old) => old.remove());
    list.lines.forEach((made, place) => {
      write(made.lastChild.previousSibling, thousands(planned[place].total));
      write(made.lastChild, yearText(planned[place], list.pins.get(place)));
      made.classList.toggle('mg-pinned', Boolean(planned[place].pinned));
    });
    years.forEach((year) => {
      const before = list.lines[year.at] || null;
      list.body.insertBefore(heading(year, (at) => list.idOf(list.order[at])), before);
    });
    keepStop(list);
  }

  mineGeo.list = { counted };

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
    const [body] = table.tBodies;
    const section = table.closest('section');
    const pins = new Map((data.list.pins || [])
      .map(([place, year, who, why]) => [place, { year, who, why }]));
    page.list = {
      table, body, section, columns, order, ranks, lines, idOf, pins, synthetic: data.list.synthetic,
    };
    page.list.body.append(...lines);
    page.list.mark = (row) => mark(table, row);
    page.list.arrange = (...what) => arrange(page.list, ...what);
    wireKeys(page.list);
    table.addEventListener('click', (event) => {
      const row = event.target.closest('tr[data-row]');
      if (row) {
        page.goTo(Number(row.dataset.row));
      }
    });
  });
}(window.mineGeo));
