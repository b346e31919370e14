// What users add from Folium: the page's layers in a control of Leaflet's, and a mini map whose
// ground is the page's own.
(function (mineGeo) {
  'use strict';

  const { symbols } = mineGeo;
  const ASKS_THE_INTERNET = /openstreetmap\.org/;
  const OVERVIEW = ['land', 'subject', 'province', 'subject_line'];

  // A layer that is on the map while a box of the legend is checked, whichever of them is used.
  const Switched = L.Layer.extend({
    initialize(box) {
      this.box = box;
    },
    onAdd() {
      this.follow(true);
    },
    onRemove() {
      this.follow(false);
    },
    follow(on) {
      if (this.box.checked !== on) {
        this.box.click();
      }
    },
  });

  function switched(key) {
    const box = document.querySelector(`input[data-layer="${CSS.escape(key)}"]`);
    const layer = new Switched(box);
    const show = () => (box.checked ? layer.addTo(mineGeo.map) : layer.remove());
    box.addEventListener('change', show);
    box.addEventListener('mine-geo-switch', show);
    show();
    return layer;
  }

  // Copies, for a layer lies on one map.
  function overview(page) {
    const shapes = OVERVIEW.filter((key) => page.context.has(key))
      .flatMap((key) => page.context.get(key).getLayers())
      .map((shape) => new shape.constructor(shape.getLatLngs(), {
        interactive: false, smoothFactor: 3, ...symbols.of(shape instanceof L.Polygon ? 'land' : 'province'),
      }));
    return L.layerGroup(shapes);
  }

  mineGeo.features.push((page) => {
    if (L.Control.MiniMap) {
      L.Control.MiniMap.addInitHook(function () {
        if (ASKS_THE_INTERNET.test(this._layer._url || '')) {
          this._layer = overview(page);
        }
      });
    }
  });

  mineGeo.switched = switched;
}(window.mineGeo));
