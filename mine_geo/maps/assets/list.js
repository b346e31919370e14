// The ranked list beside the map: a real table; a row leads to its hazard. It holds the hazards
// that are shown, in the order of one of its columns; in the order of the ranks each year of a plan
// has a heading above its rows. Only the rows in view stand in the document, so that there may be
// many thousands; all of them do while the page is printed.
(function (mineGeo) {
  'use strict';

  const { bare, element, isolated, same, thousands } = mineGeo.format;
  const { address, decode, words } = mineGeo;
  const CELLS = ['district', 'zone', 'border_distance_m', 'size_m2'];
  const COLUMNS = ['rank', 'hazard', ...CELLS, 'running', 'year'];
  const LINKS = '.mg-link';
  const BESIDE = 12; // rows above and below what is in view
  const USUAL_ROW_PX = 25;

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

  function rankText(rank) {
    return rank === null ? '–' : thousands(rank);
  }

  function rankCell(rank) {
    const made = element('td', 'mg-number mg-c-rank');
    made.append(element('span', 'mg-chip'), rankText(rank));
    return made;
  }

  function line({ columns, order, ranks }, place) {
    const row = order[place];
    const made = element('tr');
    made.dataset.row = row;
    made.append(rankCell(ranks[place]), identity(columns.get('hazard_id'), row));
    CELLS.forEach((name) => made.append(cell(name, columns.get(name), row)));
    made.append(element('td', 'mg-number mg-c-running'), element('td', 'mg-number mg-c-year'));
    made.classList.add(columns.get('zone').value(row) === 'near' ? 'mg-near' : 'mg-far');
    return made;
  }

  // Where a rank is recorded it is shown as it is, else the place in the list of what stands.
  function ranksOf(list, order, { stands }) {
    if (!list.ranks) {
      let rank = 0;
      return order.map((row) => {
        rank += stands[row];
        return stands[row] ? rank : null;
      });
    }
    return decode.unpack(list.ranks).map((number) => (number ? number - 1 : null));
  }

  // "1 hazard", "2 hazards", in both languages.
  function counted(hazards) {
    return words.say(hazards === 1 ? 'list.hazard' : 'list.hazards', { count: thousands(hazards) });
  }

  function headingOf(year, id) {
    const [from, to, m2] = [year.from, year.to, year.m2].map((number) => thousands(number));
    if (year.hazards) {
      return words.say('year.heading', { year: from, hazards: counted(year.hazards), m2 });
    }
    return from === to
      ? words.say('year.goes_on', { year: from, id, m2 })
      : words.say('year.go_on', { from, to, id, m2 });
  }

  function heading(list, { year, going }) {
    const made = element('tr', 'mg-year');
    const text = element('th');
    text.colSpan = COLUMNS.length;
    text.append(isolated(headingOf(year, going === null ? '' : list.idOf(list.order[going]))));
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

  // Which rows, and in which order ------------------------------------------------------------------

  const { compare } = new Intl.Collator('en', { numeric: true });

  // The value by which a place is sorted; null comes last, whichever way.
  const SORTED_BY = {
    rank: (list, place) => list.ranks[place],
    hazard: (list, place) => list.idOf(list.order[place]),
    running: (list, place) => list.planned.get(place).total,
    year: (list, place) => list.planned.get(place).first,
  };

  function valueBy(list, name) {
    return SORTED_BY[name] || ((_, place) => {
      const column = list.columns.get(name);
      return column ? column.value(list.order[place]) : null;
    });
  }

  // Places in the order of a column; what is equal keeps the order of the ranks.
  function sorted(list, places) {
    const { name, down } = list.sort;
    if (name === 'rank') {
      return down ? [...places].reverse() : places;
    }
    const value = valueBy(list, name);
    const keys = new Map(places.map((place) => [place, value(list, place)]));
    return [...places].sort((one, other) => {
      const [first, second] = [keys.get(one), keys.get(other)];
      if (first === null || second === null) {
        return (first === null) - (second === null);
      }
      const order = typeof first === 'number' ? first - second : compare(first, second);
      return down ? -order : order;
    });
  }

  // The rows of the table: a place of the list each, and the years between them.
  function itemsOf(list, years) {
    if (list.sort.name !== 'rank' || list.sort.down) {
      return list.places.map((place) => ({ place }));
    }
    const items = [];
    let next = 0;
    for (let at = 0; at <= list.places.length; at += 1) {
      for (; next < years.length && years[next].at === at; next += 1) {
        const { going } = years[next];
        items.push({ year: years[next], going: going === null ? null : list.places[going] });
      }
      if (at < list.places.length) {
        items.push({ place: list.places[at] });
      }
    }
    return items;
  }

  // The rows in the document ------------------------------------------------------------------------

  function nodeOf(list, item) {
    if (item.year) {
      return heading(list, item);
    }
    const { place } = item;
    if (!list.nodes.has(place)) {
      list.nodes.set(place, line(list, place));
    }
    const made = list.nodes.get(place);
    const planned = list.planned.get(place);
    write(made.lastChild.previousSibling, thousands(planned.total));
    write(made.lastChild, yearText(planned, list.pins.get(place)));
    made.lastChild.title = planned.pinned ? made.lastChild.textContent : '';
    made.classList.toggle('mg-pinned', Boolean(planned.pinned));
    made.firstChild.firstChild.style.background = list.chipOf(place);
    if (list.order[place] === list.current) {
      made.setAttribute('aria-current', 'true');
    } else {
      made.removeAttribute('aria-current');
    }
    made.querySelector(LINKS).tabIndex = place === list.stop ? 0 : -1;
    return made;
  }

  function gap(rows, px) {
    const made = element('tr', 'mg-gap');
    const inside = element('td');
    inside.colSpan = COLUMNS.length;
    inside.style.height = `${rows * px}px`;
    made.setAttribute('aria-hidden', 'true');
    made.append(inside);
    return made;
  }

  // From which row to which: what is in view, a little around it, and the one that Tab leads to.
  function wanted(list) {
    const count = list.items.length;
    if (list.whole) {
      return [...list.items.keys()];
    }
    const { scrollTop, clientHeight } = list.scroll;
    const from = Math.max(0, Math.floor(scrollTop / list.rowPx) - BESIDE);
    const to = Math.min(count, Math.ceil((scrollTop + clientHeight) / list.rowPx) + BESIDE);
    const found = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    const stop = list.at.get(list.stop);
    if (stop !== undefined && (stop < from || stop >= to)) {
      found.push(stop);
    }
    return found.sort((one, other) => one - other);
  }

  function render(list) {
    const indexes = wanted(list);
    const rows = [];
    let next = 0;
    [...indexes, list.items.length].forEach((index) => {
      if (index > next) {
        rows.push(gap(index - next, list.rowPx));
      }
      if (index < list.items.length) {
        const made = nodeOf(list, list.items[index]);
        made.setAttribute('aria-rowindex', index + 2); // the head is the first
        rows.push(made);
      }
      next = index + 1;
    });
    const kept = new Set(rows);
    [...list.body.children].filter((old) => !kept.has(old)).forEach((old) => old.remove());
    // What stands there already stays where it is, and keeps the focus.
    rows.forEach((made, at) => {
      if (list.body.children[at] !== made) {
        list.body.insertBefore(made, list.body.children[at] || null);
      }
    });
    list.nodes.forEach((made, place) => {
      if (!kept.has(made)) {
        list.nodes.delete(place);
      }
    });
  }

  // All rows are of one height, told by the first.
  function measure(list) {
    const first = list.body.querySelector('tr[data-row]');
    const px = first ? first.getBoundingClientRect().height : 0;
    if (px > 0 && Math.abs(px - list.rowPx) > 0.01) {
      list.rowPx = px;
      render(list);
    }
  }

  function show(list) {
    render(list);
    measure(list);
  }

  // The longest text of each column in a row that is not seen: the columns keep their widths
  // whatever rows are in view.
  function size(list) {
    const longest = (texts) => texts
      .reduce((best, text) => (text.length > best.length ? text : best), '');
    const told = (name, place) => {
      const column = list.columns.get(name);
      const said = column ? bare(column, list.order[place]) : null;
      return said === null ? '' : said[words.language()];
    };
    const texts = {
      rank: (place) => rankText(list.ranks[place]),
      hazard: (place) => list.idOf(list.order[place]),
      running: (place) => thousands(list.planned.get(place).total),
      year: (place) => yearText(list.planned.get(place), list.pins.get(place)),
    };
    const made = element('tr', 'mg-sizer');
    made.setAttribute('aria-hidden', 'true');
    made.append(...COLUMNS.map((name) => {
      const text = texts[name] || ((place) => told(name, place));
      const number = !['hazard', 'district', 'zone'].includes(name);
      const inside = element('td', `mg-c-${name}${number ? ' mg-number' : ''}`);
      inside.append(...(name === 'rank' ? [element('span', 'mg-chip')] : []), longest(list.places.map(text)));
      return inside;
    }));
    list.table.tFoot.replaceChildren(made);
  }

  // `planned` by place, in the order of the ranks; `years` of its plan.
  function arrange(list, planned, years) {
    list.planned = planned;
    list.places = sorted(list, [...planned.keys()]);
    list.items = itemsOf(list, years);
    list.at = new Map(list.items.map(({ place }, index) => [place, index]));
    if (!list.at.has(list.stop)) {
      list.stop = list.places.length ? list.places[0] : null;
    }
    list.table.setAttribute('aria-rowcount', list.items.length + 1);
    size(list);
    show(list);
  }

  // Scrolls no farther than needed for a row to stand in view, below the head.
  function reach(list, index) {
    const { scroll } = list;
    const head = list.table.tHead.getBoundingClientRect().height;
    const [above, below] = [index * list.rowPx, (index + 1) * list.rowPx + head - scroll.clientHeight];
    if (scroll.scrollTop > above) {
      scroll.scrollTop = above;
    } else if (scroll.scrollTop < below) {
      scroll.scrollTop = below;
    }
    show(list);
  }

  function mark(list, row) {
    list.current = row;
    const index = list.at.get(list.order.indexOf(row));
    if (index === undefined) {
      show(list);
    } else {
      reach(list, index);
    }
  }

  // One row of the table is reached by Tab; from there the arrow keys lead on.
  const MOVES = {
    ArrowDown: (at) => at + 1,
    ArrowUp: (at) => at - 1,
    PageDown: (at, count, page) => Math.min(at + page, count - 1),
    PageUp: (at, count, page) => Math.max(at - page, 0),
    Home: () => 0,
    End: (at, count) => count - 1,
  };

  function placeOf(list, node) {
    return list.order.indexOf(Number(node.closest('tr').dataset.row));
  }

  function moveTo(list, place) {
    list.stop = place;
    reach(list, list.at.get(place));
    list.nodes.get(place).querySelector(LINKS).focus({ preventScroll: true });
  }

  function wireKeys(list) {
    list.table.addEventListener('focusin', (event) => {
      if (event.target.matches(LINKS)) {
        list.stop = placeOf(list, event.target);
        list.body.querySelectorAll(LINKS).forEach((button) => {
          button.tabIndex = button === event.target ? 0 : -1;
        });
      }
    });
    list.table.addEventListener('keydown', (event) => {
      const move = MOVES[event.key];
      if (move && event.target.matches(LINKS)) {
        event.preventDefault();
        const page = Math.max(1, Math.floor(list.scroll.clientHeight / list.rowPx) - 2);
        const at = list.places.indexOf(placeOf(list, event.target));
        const next = list.places[move(at, list.places.length, page)];
        if (next !== undefined) {
          moveTo(list, next);
        }
      }
    });
  }

  // Sorting -----------------------------------------------------------------------------------------

  function saySort(list) {
    [...list.table.tHead.rows[0].cells].forEach((head) => {
      const { name, down } = list.sort;
      if (head.dataset.name === name) {
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      } else {
        head.removeAttribute('aria-sort');
      }
    });
  }

  function recallSort(list) {
    const told = address.recall('sort') || 'rank';
    const name = told.replace(/^-/, '');
    const known = COLUMNS.includes(name);
    list.sort = { name: known ? name : 'rank', down: known && told !== name };
    saySort(list);
  }

  function wireSort(list, page) {
    list.table.tHead.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (!button) {
        return;
      }
      const { name } = button.closest('th').dataset;
      list.sort = { name, down: list.sort.name === name && !list.sort.down };
      const { down } = list.sort;
      address.remember({ sort: name === 'rank' && !down ? '' : `${down ? '-' : ''}${name}` });
      saySort(list);
      list.scroll.scrollTop = 0;
      page.plan();
    });
  }

  function wireScroll(list) {
    let asked = false;
    list.scroll.addEventListener('scroll', () => {
      if (!asked) {
        asked = true;
        requestAnimationFrame(() => {
          asked = false;
          render(list);
        });
      }
    });
    new ResizeObserver(() => show(list)).observe(list.scroll);
    [['beforeprint', true], ['afterprint', false]].forEach(([event, whole]) => {
      window.addEventListener(event, () => {
        list.whole = whole;
        show(list);
      });
    });
    document.addEventListener('mine-geo-language', () => {
      size(list);
      show(list);
    });
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
    const [body] = table.tBodies;
    const pins = new Map((data.list.pins || [])
      .map(([place, year, who, why]) => [place, { year, who, why }]));
    const list = {
      table, body, columns, order, pins,
      section: table.closest('section'),
      scroll: table.closest('.mg-scroll'),
      ranks: ranksOf(data.list, order, hazards),
      idOf: (row) => columns.get('hazard_id').value(row),
      synthetic: data.list.synthetic,
      // The places that are shown, in the order of the table; its rows; where each place stands.
      places: [], items: [], at: new Map(), nodes: new Map(), planned: new Map(),
      stop: null, current: null, whole: false, rowPx: USUAL_ROW_PX, chipOf: () => '',
    };
    page.list = list;
    page.counters.push(() => {
      list.ranks = ranksOf(data.list, order, hazards);
      list.nodes.clear();
    });
    list.mark = (row) => mark(list, row);
    list.arrange = (...what) => arrange(list, ...what);
    recallSort(list);
    page.recalls.push(() => recallSort(list));
    wireKeys(list);
    wireSort(list, page);
    wireScroll(list);
    table.addEventListener('click', (event) => {
      const row = event.target.closest('tr[data-row]');
      if (row) {
        page.goTo(Number(row.dataset.row));
      }
    });
  });
}(window.mineGeo));
