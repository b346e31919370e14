// The ranked list beside the map: a real table; a row leads to its hazard.
(function (mineGeo) {
  'use strict';

  const { bare, element, isolated, same } = mineGeo.format;
  const CELLS = ['district', 'zone', 'border_distance_m', 'size_m2'];

  function cell(column, row) {
    const number = column && column.as !== 'text';
    const made = element('td', number ? 'mg-number' : '');
    const said = column ? bare(column, row) : null;
    if (said !== null) {
      made.appendChild(isolated(said));
    }
    return made;
  }

  function line(columns, row, rank) {
    const made = element('tr');
    made.dataset.row = row;
    const id = element('th');
    id.scope = 'row';
    const button = element('button', 'mg-link');
    button.type = 'button';
    button.appendChild(isolated(same(columns.get('hazard_id').value(row))));
    button.title = columns.get('hazard_id').value(row);
    id.appendChild(button);
    made.append(element('td', 'mg-number', rank), id);
    CELLS.forEach((name) => made.appendChild(cell(columns.get(name), row)));
    const zone = columns.get('zone').value(row);
    made.classList.add(zone === 'near' ? 'mg-near' : 'mg-far');
    return made;
  }

  function mark(body, row) {
    body.querySelectorAll('[aria-current]').forEach((old) => old.removeAttribute('aria-current'));
    const chosen = body.querySelector(`tr[data-row="${row}"]`);
    if (chosen) {
      chosen.setAttribute('aria-current', 'true');
      chosen.scrollIntoView({ block: 'nearest' });
    }
  }

  function fill(order, columnList, openRow) {
    const body = document.querySelector('#mg-list tbody');
    const columns = new Map(columnList.map((column) => [column.name, column]));
    const rows = order.map((row, index) => line(columns, row, index + 1));
    body.append(...rows);
    body.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row) {
        openRow(Number(row.dataset.row));
      }
    });
    return { mark: (row) => mark(body, row) };
  }

  mineGeo.list = { fill };
}(window.mineGeo));
