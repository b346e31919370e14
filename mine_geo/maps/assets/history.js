// What was released of a hazard: the rows of the page's released land with its id, by day.
(function (mineGeo) {
  'use strict';

  const { bare, element, isolated, thousands, same } = mineGeo.format;
  const { words } = mineGeo;
  const LAST = Number.MAX_SAFE_INTEGER;

  function columnsOf(layer) {
    return new Map(layer.columns.map((column) => [column.name, column]));
  }

  // Rows by hazard, each in the order of days; what has no day comes last.
  function index(layer) {
    const found = new Map();
    const columns = columnsOf(layer);
    const ids = columns.get('hazard_id');
    if (!ids) {
      return found;
    }
    layer.shapes.forEach((shape, row) => {
      const id = ids.value(row);
      if (!found.has(id)) {
        found.set(id, []);
      }
      found.get(id).push(row);
    });
    const days = columns.get('happened_on');
    const day = (row) => (days && days.value(row) !== null ? days.value(row) : LAST);
    found.forEach((rows) => rows.sort((one, other) => day(one) - day(other) || one - other));
    return found;
  }

  function rows(page, id) {
    const layer = page.records.find((one) => one.name === 'releases');
    if (!layer) {
      return [];
    }
    page.history = page.history || index(layer);
    return (page.history.get(id) || []).filter((row) => layer.stands[row]);
  }

  function value(columns, name, row) {
    const column = columns.get(name);
    return column ? column.value(row) : null;
  }

  // What the operator wrote stands beside what counts where the two differ.
  function sizeCell(columns, row) {
    const cell = element('td', 'mg-number');
    const released = value(columns, 'released_m2', row);
    const reported = value(columns, 'reported_size_m2', row);
    if (released !== null) {
      cell.append(thousands(released));
    }
    if (reported !== null && reported !== released) {
      const said = words.say('history.reported', { number: thousands(reported) });
      cell.append(' ', words.put(element('small'), said));
    }
    return cell;
  }

  function cell(columns, name, row) {
    const made = element(name === 'happened_on' ? 'th' : 'td');
    if (name === 'happened_on') {
      made.scope = 'row';
    }
    const said = columns.has(name) ? bare(columns.get(name), row) : null;
    made.appendChild(isolated(said || same('–')));
    return made;
  }

  function head(names) {
    const line = element('tr');
    names.forEach((name) => {
      const made = words.put(element('th', name === 'released_m2' ? 'mg-number' : ''),
        words.say(name === 'released_m2' ? 'history.released_m2' : `field.${name}`));
      made.scope = 'col';
      line.appendChild(made);
    });
    const made = element('thead');
    made.appendChild(line);
    return made;
  }

  // The sum of what counts, where every release says it.
  function foot(columns, found, names) {
    const sizes = found.map((row) => value(columns, 'released_m2', row));
    const made = element('tfoot');
    if (sizes.every((size) => size !== null)) {
      const line = element('tr');
      const label = words.put(element('th'), words.say('history.sum'));
      label.scope = 'row';
      label.colSpan = 2;
      const total = sizes.reduce((sum, size) => sum + size, 0);
      line.append(label, element('td', 'mg-number', thousands(total)));
      if (names.length > 3) {
        const rest = element('td');
        rest.colSpan = names.length - 3;
        line.append(rest);
      }
      made.append(line);
    }
    return made;
  }

  // A table of the releases of a hazard; null where there is none.
  function table(page, id) {
    const found = rows(page, id);
    if (!found.length) {
      return null;
    }
    const columns = columnsOf(page.records.find((one) => one.name === 'releases'));
    const names = ['happened_on', 'outcome', 'released_m2',
      ...['operator', 'report_ref'].filter((name) => columns.has(name))];
    const made = element('table', 'mg-history');
    made.append(words.put(element('caption'), words.say('history.history')), head(names));
    const body = element('tbody');
    found.forEach((row) => {
      const line = element('tr');
      line.append(...names.map((name) => (
        name === 'released_m2' ? sizeCell(columns, row) : cell(columns, name, row))));
      body.appendChild(line);
    });
    made.append(body, foot(columns, found, names));
    return made;
  }

  mineGeo.history = { rows, table };
}(window.mineGeo));
