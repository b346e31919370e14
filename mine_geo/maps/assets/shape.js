// The polygon of a record. However small it is on the screen it is drawn and can be clicked:
// Leaflet alone draws nothing where all vertices of a ring fall on one pixel. Vertices are
// projected only when the polygon is in view and larger than a dot.
// An outline is never so wide that it hides what it surrounds; below a few pixels a record is a
// mark in the one colour that says its class. `maps/sheets/mapping.py` has the same rule.
(function (mineGeo) {
  'use strict';

  const { symbols } = mineGeo;
  const FAR_ZOOM = 7.5; // below, marks as large as nearer by would hide each other
  const LEAST_PX = 2;
  const METRES_PER_DEGREE = 111320;
  const METRES_PER_PX = 156543.03392; // of zoom 0 at the equator
  const RADIANS = Math.PI / 180;
  const STEP = 4;
  const SCRAMBLE = 48271; // of Park and Miller's generator: neighbours are parted
  const SCRAMBLED = 2147483647;
  const BEYOND_PX = 8; // of the frame, so that no outline along its edge is seen

  function collapsed(ring) {
    return ring.every((point) => Math.abs(point.x - ring[0].x) < LEAST_PX
      && Math.abs(point.y - ring[0].y) < LEAST_PX);
  }

  function square(middle) {
    const half = LEAST_PX / 2;
    return [[-half, -half], [half, -half], [half, half], [-half, half]]
      .map(([x, y]) => middle.add([x, y]));
  }

  // Twice the area and the length of a ring of [lat, lon], in degrees of latitude.
  function ringSize(ring, cosine) {
    let twice = 0;
    let length = 0;
    ring.forEach(([lat, lon], at) => {
      const [nextLat, nextLon] = ring[(at + 1) % ring.length];
      twice += (lon * nextLat - nextLon * lat) * cosine;
      length += Math.hypot((nextLon - lon) * cosine, nextLat - lat);
    });
    return [Math.abs(twice), length];
  }

  // Area (m2) and how wide it is (m): the shorter side of the rectangle of the same area and
  // perimeter; of what is rounder than any, the side of the square.
  function sizeOf(parts) {
    const cosine = parts.length ? Math.cos(parts[0][0][0][0] * RADIANS) : 1;
    let area = 0;
    let half = 0;
    parts.forEach((rings) => rings.forEach((ring, place) => {
      const [twice, length] = ringSize(ring, cosine);
      area += place ? -twice / 2 : twice / 2;
      half += length / 2;
    }));
    const rest = half * half - 4 * Math.max(area, 0);
    const width = rest > 0 ? (half - Math.sqrt(rest)) / 2 : Math.sqrt(area);
    return { area: area * METRES_PER_DEGREE ** 2, width: width * METRES_PER_DEGREE };
  }

  function trace(pen, parts) {
    pen.beginPath();
    parts.forEach((ring) => {
      ring.forEach((point, at) => pen[at ? 'lineTo' : 'moveTo'](point.x, point.y));
      pen.closePath();
    });
  }

  function stroke(pen, color, width, dashes) {
    pen.setLineDash(dashes || []);
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.stroke();
  }

  // `latlngs`: parts, each a list of rings, the outer one first. `look`: options made by `look`.
  const Shape = L.Polygon.extend({
    initialize(latlngs, look) {
      this.options = Object.create(look);
      Object.assign(this, { mineGeoSize: sizeOf(latlngs) });
      this._setLatLngs(latlngs);
    },

    _project() {
      this._parts = [];
      this._rings = null;
      this._dot = null;
      if (!this._bounds.isValid()) {
        return;
      }
      const { px, far_px: farPx } = symbols.table.mark;
      const zoom = this._map.getZoom();
      const metres = METRES_PER_PX * Math.cos(this._bounds.getNorth() * RADIANS) / 2 ** zoom;
      this._wide = this.mineGeoSize.width / metres;
      this._side = zoom < FAR_ZOOM ? farPx : px;
      this._rawPxBounds = L.bounds([this._bounds.getNorthWest(), this._bounds.getSouthEast()]
        .map((corner) => this._map.latLngToLayerPoint(corner)));
      const size = this._rawPxBounds.getSize();
      if (size.x < px && size.y < px) {
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
      const margin = [BEYOND_PX, BEYOND_PX];
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

    // Whether it is too narrow for an outline and a fill.
    _isMark() {
      return Boolean(this._dot) || this._wide < symbols.table.mark.thin_px;
    },

    // What sets a mark off the ground lies beneath all marks, so that in a crowd it hides none.
    mineGeoBeneath(pen, halo) {
      const { casing, casingWeight, color } = this.options;
      const wide = casingWeight || symbols.table.mark.rim_px;
      if (!this._isMark() || !this.options.fillOpacity) {
        return;
      }
      const rims = [[casing || color, wide]];
      if (halo) {
        rims.unshift([symbols.table.casing.halo, wide + 1]);
      }
      rims.forEach(([rim, width]) => this._drawMark(pen, rim, width));
    },

    _drawMark(pen, color, more) {
      pen.globalAlpha = 1;
      pen.fillStyle = color;
      if (this._dot) {
        const side = this._side + 2 * more;
        pen.fillRect(this._dot.x - side / 2, this._dot.y - side / 2, side, side);
      } else if (this._parts.length) {
        trace(pen, this._parts);
        pen.fill('evenodd');
        const rim = Math.max(symbols.table.mark.least_px - this._wide, 0) + 2 * more;
        if (rim > 0) { // a canvas takes no line of no width
          stroke(pen, color, rim);
        }
      }
    },

    _updatePath() {
      const { _renderer: renderer } = this;
      if (!renderer._drawing) {
        return;
      }
      if (this._isMark()) {
        if (!this.options.fillOpacity) {
          return; // it only takes clicks
        }
        this._drawMark(renderer._ctx, this._dotColor(), 0);
      } else if (this._parts.length) {
        this._drawWhole(renderer._ctx, renderer.mineGeoHalo);
      }
    },

    _drawWhole(pen, halo) {
      const { options } = this;
      const { share, rim_px: least } = symbols.table.mark;
      const whole = options.weight + 2 * (options.casingWeight || 0);
      const finer = Math.min(1, this._wide / (share * whole));
      const rim = options.casing ? Math.max(finer * options.casingWeight, least) : 0;
      const weight = finer * options.weight;
      trace(pen, this._parts);
      if (options.fill) {
        pen.globalAlpha = options.fillOpacity;
        pen.fillStyle = options.fillColor;
        pen.fill('evenodd');
      }
      if (options.stroke === false) {
        return;
      }
      pen.globalAlpha = options.opacity;
      pen.lineJoin = 'round';
      pen.lineCap = 'butt';
      if (halo) {
        const { halo: white, haloWeight } = symbols.table.casing;
        stroke(pen, white, weight + 2 * rim + 2 * haloWeight);
      }
      if (rim) {
        stroke(pen, options.casing, weight + 2 * rim);
      }
      const dashes = options.dashArray && options.dashArray.split(' ').map((one) => finer * one);
      stroke(pen, options.color, weight, dashes);
      pen.setLineDash([]);
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

  // A canvas that first draws what lies beneath the marks of all its shapes.
  const Canvas = L.Canvas.extend({
    _draw() {
      const { _ctx: pen, _redrawBounds: bounds } = this;
      pen.save();
      if (bounds) {
        const { x, y } = bounds.getSize();
        pen.beginPath();
        pen.rect(bounds.min.x, bounds.min.y, x, y);
        pen.clip();
      }
      for (let order = this._drawFirst; order; order = order.next) {
        const { layer } = order;
        if (layer.mineGeoBeneath && layer._pxBounds
          && (!bounds || layer._pxBounds.intersects(bounds))) {
          layer.mineGeoBeneath(pen, this.mineGeoHalo);
        }
      }
      pen.restore();
      L.Canvas.prototype._draw.call(this);
    },
  });

  // Options that many shapes share; what `setStyle` changes stays a shape's own.
  function look(options) {
    return Object.assign(Object.create(Shape.prototype.options), options);
  }

  // Large records lie below small ones. Of about the same size (less than fourfold) none comes
  // first by its class: in a crowd of marks each class keeps its share.
  function bySize(shapes) {
    const keys = new Map(shapes.map((shape, at) => [shape, [
      Math.floor(Math.log(Math.max(shape.mineGeoSize.area, 1)) / Math.log(STEP)),
      (at * SCRAMBLE) % SCRAMBLED,
    ]]));
    return [...shapes].sort((one, other) => {
      const [first, second] = [keys.get(one), keys.get(other)];
      return second[0] - first[0] || first[1] - second[1];
    });
  }

  mineGeo.shape = {
    Shape, Canvas, look, bySize,
  };
}(window.mineGeo));
