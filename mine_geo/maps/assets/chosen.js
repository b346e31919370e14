// The record whose popup is open stands out: its outline above all others, and where that is but a
// few pixels a ring around it. It takes no click.
(function (mineGeo) {
  'use strict';

  const LEAST_PX = 26;
  const LINES = [{ color: '#1d1c19', weight: 7 }, { color: '#ffe14d', weight: 3.5 }];

  function marks(page, shape) {
    const look = { pane: 'chosen', renderer: page.chosenOn, interactive: false, fill: false };
    return LINES.flatMap((line) => [
      L.polygon(shape.getLatLngs(), { ...look, ...line }),
      L.circleMarker(shape.getBounds().getCenter(), { ...look, ...line, radius: LEAST_PX / 2 }),
    ]);
  }

  // The ring is seen from afar alone.
  function arrange(page) {
    if (!page.chosen) {
      return;
    }
    const [one, other] = [page.chosen.bounds.getNorthWest(), page.chosen.bounds.getSouthEast()]
      .map((corner) => page.map.latLngToLayerPoint(corner));
    const small = Math.max(other.x - one.x, other.y - one.y) < LEAST_PX;
    page.chosen.group.eachLayer((mark) => {
      const ring = mark instanceof L.CircleMarker;
      mark.setStyle({ opacity: ring === small ? 1 : 0 });
    });
  }

  function choose(page, shape) {
    if (page.chosen) {
      page.chosen.group.remove();
    }
    page.chosen = null;
    if (shape && shape.getBounds().isValid()) {
      const group = L.layerGroup(marks(page, shape)).addTo(page.map);
      page.chosen = { group, bounds: shape.getBounds() };
      arrange(page);
    }
  }

  mineGeo.features.push((page) => {
    const pane = page.map.createPane('chosen');
    pane.style.zIndex = 420;
    pane.style.pointerEvents = 'none';
    page.chosenOn = L.svg({ pane: 'chosen', padding: 0.3 });
    page.choose = (shape) => choose(page, shape);
    page.map.on('zoomend', () => arrange(page));
  });
}(window.mineGeo));
