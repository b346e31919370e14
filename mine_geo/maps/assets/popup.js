// The popup of one record: a table of names and values, built when it is opened.
(function (mineGeo) {
  'use strict';

  const { element, isolated, write } = mineGeo.format;
  const { words } = mineGeo;

  const BESIDE_ZOOM_PX = 54;

  function line(label, value) {
    const row = element('tr');
    const name = words.put(element('th'), label);
    name.scope = 'row';
    const cell = element('td');
    cell.appendChild(isolated(value));
    row.append(name, cell);
    return row;
  }

  function content(columns, row) {
    const box = element('div', 'mg-record');
    const table = element('table');
    columns.forEach((column, index) => {
      const said = write(column, row);
      if (said === null) {
        return;
      }
      if (index === 0) {
        const heading = element('h2');
        heading.appendChild(isolated(said));
        box.appendChild(heading);
      } else {
        table.appendChild(line(words.say(`field.${column.name}`), said));
      }
    });
    box.appendChild(table);
    return box;
  }

  // The height that a popup may take, so that what it speaks of is still in view.
  function room(map) {
    return Math.max(150, Math.min(340, 0.6 * map.getSize().y));
  }

  function open(map, columns, row, latlng) {
    return L.popup({
      maxWidth: Math.min(340, map.getSize().x - 40),
      maxHeight: room(map),
      autoPanPaddingTopLeft: [12, 12],
      autoPanPaddingBottomRight: [BESIDE_ZOOM_PX, 12],
    }).setLatLng(latlng).setContent(content(columns, row)).openOn(map);
  }

  mineGeo.popup = { content, open, room };
}(window.mineGeo));
