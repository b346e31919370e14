// Shadows of the ground, where a page has any: a picture inside the page, above the land and below
// all lines and records. Its switch is one of the legend's.
(function (mineGeo) {
  'use strict';

  mineGeo.features.push((page, { relief }) => {
    if (!relief) {
      return;
    }
    const pane = page.map.createPane('relief');
    pane.style.zIndex = 352;
    pane.style.pointerEvents = 'none';
    const picture = L.imageOverlay(relief.image, relief.bounds, { pane: 'relief', alt: '' });
    const group = L.layerGroup([picture]);
    page.context.set('relief', group);
    if (!page.off.has('relief')) {
      group.addTo(page.map);
    }
  });
}(window.mineGeo));
