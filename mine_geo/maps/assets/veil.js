// The veil over ground of which a page does not show what is recorded there. Its pattern says so
// in both languages, wherever the reader pans: white ground means that nothing is recorded.
(function (mineGeo) {
  'use strict';

  const { symbols, words } = mineGeo;
  const TILE = { width: 220, height: 132 };
  const STEP_PX = 11;
  const LETTERS = '600 12px "Mine Geo Khmer", "Noto Sans", "Segoe UI", Arial, sans-serif';

  function hatch(pen, style) {
    pen.fillStyle = style.fillColor;
    pen.fillRect(0, 0, TILE.width, TILE.height);
    pen.strokeStyle = style.hatchColor;
    pen.beginPath();
    for (let at = -TILE.height; at < TILE.width; at += STEP_PX) {
      pen.moveTo(at, TILE.height);
      pen.lineTo(at + TILE.height, 0);
    }
    pen.stroke();
  }

  function write(pen, style) {
    const said = words.say('around.not_shown');
    pen.font = LETTERS;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.lineWidth = 5;
    pen.lineJoin = 'round';
    pen.strokeStyle = style.fillColor;
    pen.fillStyle = symbols.table.inks.veiled;
    const places = [[said.en, 0.25, 0.25], [said.km, 0.75, 0.25], [said.km, 0.25, 0.75], [said.en, 0.75, 0.75]];
    places.forEach(([text, x, y]) => {
      pen.strokeText(text, x * TILE.width, y * TILE.height);
      pen.fillText(text, x * TILE.width, y * TILE.height);
    });
  }

  // Drawn at the screen's own fineness.
  function pattern(style) {
    const tile = document.createElement('canvas');
    const fine = window.devicePixelRatio > 1 ? 2 : 1;
    tile.width = fine * TILE.width;
    tile.height = fine * TILE.height;
    const pen = tile.getContext('2d');
    pen.scale(fine, fine);
    hatch(pen, style);
    write(pen, style);
    const made = pen.createPattern(tile, 'repeat');
    made.setTransform(new DOMMatrix().scale(1 / fine));
    return made;
  }

  function paint(page) {
    const style = symbols.of('veil');
    ['veil', 'veil-others'].filter((key) => page.context.has(key)).forEach((key) => {
      page.context.get(key).eachLayer((shape) => shape.setStyle({ fillColor: pattern(style) }));
    });
  }

  mineGeo.features.push((page) => {
    paint(page);
    document.fonts.load(LETTERS, words.say('around.not_shown').km).then(() => paint(page));
  });
}(window.mineGeo));
