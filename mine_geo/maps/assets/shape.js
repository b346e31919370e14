// The polygon of a record. However small it is on the screen it is drawn and can be clicked:
// Leaflet alone draws nothing where all vertices of a ring fall on one pixel. Vertices are
// projected only when the polygon is in view and larger than a dot.
(function (mineGeo) {
  'use strict';

  const DOT_PX = 3;
  const FAR_DOT_PX = 2;
  const FAR_ZOOM = 7.5; // below, dots as large as nearer by would hide each other
  const LEAST_PX = 2;

  function collapsed(ring) {
    return ring.every((point) => Math.abs(point.x - ring[0].x) < LEAST_PX
      && Math.abs(point.y - ring[0].y) < LEAST_PX);
  }

  function square(middle) {
    const half = LEAST_PX / 2;
    return [[-half, -half], [half, -half], [half, half], [-half, half]]
      .map(([x, y]) => middle.add([x, y]));
  }

  // `latlngs`: parts, each a list of rings, the outer one first. `look`: options made by `look`.
  const Shape = L.Polygon.extend({
    initialize(latlngs, look) {
      this.options = Object.create(look);
      this._setLatLngs(latlngs);
    },

    _project() {
      this._parts = [];
      this._rings = null;
      this._dot = null;
      if (!this._bounds.isValid()) {
        return;
      }
      this._rawPxBounds = L.bounds([this._bounds.getNorthWest(), this._bounds.getSouthEast()]
        .map((corner) => this._map.latLngToLayerPoint(corner)));
      const size = this._rawPxBounds.getSize();
      if (size.x < DOT_PX && size.y < DOT_PX) {
        this._dot = this._rawPxBounds.getCenter();
      }
      this._updateBounds();
    },

    // One list of projected rings for each part.
    _projectParts() {
      return this._latlngs.filter((part) => part.length).map((part) => {
        const rings = [];
        this._projectLatlngs(part, rings, L.bounds([]));
        return rings;
      });
    },

    _clipPoints() {
      const frame = this._renderer._bounds;
      this._parts = [];
      if (this._dot || !this._pxBounds || !this._pxBounds.intersects(frame)) {
        return;
      }
      this._rings = this._rings || this._projectParts();
      const margin = [this.options.weight, this.options.weight];
      const wider = L.bounds(frame.min.subtract(margin), frame.max.add(margin));
      this._rings.forEach((rings) => {
        const drawn = collapsed(rings[0]) ? [square(rings[0][0])] : rings;
        drawn.forEach((ring) => {
          const inside = L.PolyUtil.clipPolygon(ring, wider, true);
          if (inside.length) {
            this._parts.push(inside);
          }
        });
      });
    },

    _updatePath() {
      const { _renderer: renderer, _dot: dot } = this;
      if (!dot) {
        renderer._updatePoly(this, true);
      } else if (renderer._drawing) {
        renderer._ctx.globalAlpha = Math.min(1, 2 * this.options.fillOpacity);
        renderer._ctx.fillStyle = this._dotColor();
        const side = this._map.getZoom() < FAR_ZOOM ? FAR_DOT_PX : DOT_PX;
        renderer._ctx.fillRect(dot.x - side / 2, dot.y - side / 2, side, side);
      }
    },

    // The symbol's own, unless the shape was given another fill.
    _dotColor() {
      const { options } = this;
      return Object.hasOwn(options, 'fillColor') && !Object.hasOwn(options, 'dotColor')
        ? options.fillColor
        : options.dotColor || options.fillColor;
    },

    _containsPoint(point) {
      if (this._dot) {
        return Boolean(this._pxBounds) && this._pxBounds.contains(point);
      }
      return L.Polygon.prototype._containsPoint.call(this, point);
    },
  });

  // Options that many shapes share; what `setStyle` changes stays a shape's own.
  function look(options) {
    return Object.assign(Object.create(Shape.prototype.options), options);
  }

  mineGeo.shape = { Shape, look };
}(window.mineGeo));
