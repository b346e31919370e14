// The totals of the title block: of the hazards that are shown, exact. While any are hidden the
// page says so, on paper too.
(function (mineGeo) {
  'use strict';

  const { thousands } = mineGeo.format;
  const { words } = mineGeo;

  // Hazards and m² by the key of kind and zone. Where a hazard is cut at the line its m² count in
  // both zones, and the hazard in its own.
  function sums(layer) {
    const column = (name) => layer.columns.find((one) => one.name === name);
    const [size, near, far] = ['size_m2', 'near_size_m2', 'far_size_m2'].map(column);
    const found = new Map();
    const add = (key, hazards, m2) => {
      const [before, sum] = found.get(key) || [0, 0];
      found.set(key, [before + hazards, sum + (m2 || 0)]);
    };
    layer.shown.forEach((shown, row) => {
      if (!shown) {
        return;
      }
      const [key] = layer.groupKeys[layer.groupOf[row]];
      const kind = key.replace(/-(near|far)$/, '');
      add(key, 1, near ? 0 : size && size.value(row));
      if (near) {
        add(`${kind}-near`, 0, near.value(row));
        add(`${kind}-far`, 0, far && far.value(row));
      }
    });
    return found;
  }

  function write(line, [hazards, m2]) {
    line.cells[1].textContent = thousands(hazards);
    line.cells[2].textContent = thousands(m2);
  }

  function tell(page, layer, mixed) {
    const hidden = mineGeo.filters.filtered(page);
    const [shown, all] = [layer.shown, layer.stands].map((rows) => rows.reduce((sum, one) => sum + one, 0));
    const values = { shown: thousands(shown), all: thousands(all) };
    // Kinds are never added up.
    const said = [
      ...(page.past ? [words.say('time.all_of', { day: page.pastSaid })] : []),
      ...(hidden ? [words.say(mixed ? 'filters.some' : 'filters.shown', values)] : []),
    ];
    // How many of them wait, or have no unit, is said of now.
    document.querySelectorAll('.mg-waiting, .mg-unplaced').forEach((note) => {
      note.hidden = Boolean(page.past);
    });
    const joined = (language) => said.map((one) => one[language]).join(' ');
    document.querySelectorAll('.mg-filtered').forEach((note) => {
      note.hidden = !said.length;
      words.put(note.querySelector('[role="status"]'), { en: joined('en'), km: joined('km') });
    });
  }

  mineGeo.features.push((page) => {
    const layer = page.records.find(({ name }) => name === 'hazards');
    const lines = [...document.querySelectorAll('.mg-totals tr[data-group]')];
    if (!layer || !lines.length) {
      return;
    }
    const whole = document.querySelector('.mg-totals tfoot tr');
    const update = () => {
      const found = sums(layer);
      lines.forEach((line) => write(line, found.get(line.dataset.group) || [0, 0]));
      if (whole) {
        const all = [...found.values()];
        write(whole, [0, 1].map((at) => all.reduce((sum, one) => sum + one[at], 0)));
      }
      tell(page, layer, !whole);
    };
    page.watchers.push(update);
    update();
  });
}(window.mineGeo));
