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
  const METRES_PER_EQUATOR = 40075016.68557849;
  const TILE_PX = 256; // the width of the world at zoom 0
  const HOVER_MS = 32;
  const SMALL_PX = 24;
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

  // Of every shape of some outlines: where it lies in a world of width 1 (left, top, right, bottom;
  // Mercator), its area (m2), and how wide it is (m): the shorter side of the rectangle of the same
  // area and perimeter; of what is rounder than any, the side of the square.
  function measure({ vertices, rings, parts, shapes }) {
    const count = shapes.length - 1;
    const boxes = new Float64Array(4 * count);
    const areas = new Float64Array(count);
    const widths = new Float64Array(count);
    for (let row = 0; row < count; row += 1) {
      const first = rings[parts[shapes[row]]];
      const cosine = Math.cos(vertices[2 * first] * RADIANS);
      let [south, west, north, east] = [Infinity, Infinity, -Infinity, -Infinity];
      let area = 0;
      let half = 0;
      for (let part = shapes[row]; part < shapes[row + 1]; part += 1) {
        for (let ring = parts[part]; ring < parts[part + 1]; ring += 1) {
          const [from, to] = [2 * rings[ring], 2 * rings[ring + 1]];
          let twice = 0;
          let length = 0;
          for (let at = from; at < to; at += 2) {
            const next = at + 2 < to ? at + 2 : from;
            const [lat, lon] = [vertices[at], vertices[at + 1]];
            const [nextLat, nextLon] = [vertices[next], vertices[next + 1]];
            const across = (nextLon - lon) * cosine;
            twice += (lon * nextLat - nextLon * lat) * cosine;
            length += Math.sqrt(across * across + (nextLat - lat) * (nextLat - lat));
            south = lat < south ? lat : south;
            north = lat > north ? lat : north;
            west = lon < west ? lon : west;
            east = lon > east ? lon : east;
          }
          area += (ring > parts[part] ? -1 : 1) * Math.abs(twice) / 2;
          half += length / 2;
        }
      }
      const rest = half * half - 4 * Math.max(area, 0);
      const width = rest > 0 ? (half - Math.sqrt(rest)) / 2 : Math.sqrt(area);
      areas[row] = area * METRES_PER_DEGREE ** 2;
      widths[row] = width * METRES_PER_DEGREE;
      boxes[4 * row] = eastward(west);
      boxes[4 * row + 1] = southward(north);
      boxes[4 * row + 2] = eastward(east);
      boxes[4 * row + 3] = southward(south);
    }
    return { boxes, areas, widths };
  }

  function eastward(lon) {
    return lon / 360 + 0.5;
  }

  function southward(lat) {
    return 0.5 - Math.log(Math.tan(Math.PI / 4 + lat * RADIANS / 2)) / (2 * Math.PI);
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

  // The polygon of a row of `outlines`, which `measured` tells of; `look`: options made by `look`.
  const Shape = L.Polygon.extend({
    initialize(outlines, measured, row, look) {
      this.options = Object.create(look);
      this.mineGeoRow = row;
      this.mineGeoOutlines = outlines;
      this.mineGeoMeasured = measured;
      this._at = -1;
      this._dot = null;
    },

    onAdd() {
      this._renderer.mineGeoChanged();
    },

    onRemove() {
      this._renderer.mineGeoChanged();
    },

    redraw() {
      if (this._renderer) {
        this._renderer.mineGeoChanged();
      }
      return this;
    },

    mineGeoArea() {
      return this.mineGeoMeasured.areas[this.mineGeoRow];
    },

    // Left, top, right or bottom in a world of width 1; of a hazard without polygon no number.
    mineGeoEdge(side) {
      return this.mineGeoMeasured.boxes[4 * this.mineGeoRow + side];
    },

    // Where it lies on the map as `view` says: once for each zoom.
    mineGeoPlace(view) {
      if (this._at === view.key) {
        return;
      }
      this._at = view.key;
      const { scale, origin, px, farPx } = view;
      const [left, top, right, bottom] = [0, 1, 2, 3].map((side) => this.mineGeoEdge(side) * scale);
      const metres = METRES_PER_EQUATOR / scale / Math.cosh(Math.PI * (1 - 2 * this.mineGeoEdge(1)));
      this._rings = null;
      this._parts = [];
      this._wide = this.mineGeoMeasured.widths[this.mineGeoRow] / metres;
      this._side = view.zoom < FAR_ZOOM ? farPx : px;
      this._rawPxBounds = L.bounds([
        L.point(left - origin.x, top - origin.y), L.point(right - origin.x, bottom - origin.y)]);
      this._dot = right - left < px && bottom - top < px ? this._rawPxBounds.getCenter() : null;
      this._updateBounds();
    },

    // One list of projected rings for each part.
    _projectParts({ scale, origin }) {
      const { vertices, rings, parts, shapes } = this.mineGeoOutlines;
      const found = [];
      for (let part = shapes[this.mineGeoRow]; part < shapes[this.mineGeoRow + 1]; part += 1) {
        const own = [];
        for (let ring = parts[part]; ring < parts[part + 1]; ring += 1) {
          const points = [];
          for (let at = rings[ring]; at < rings[ring + 1]; at += 1) {
            points.push(L.point(
              eastward(vertices[2 * at + 1]) * scale - origin.x,
              southward(vertices[2 * at]) * scale - origin.y));
          }
          own.push(points);
        }
        found.push(own);
      }
      return found;
    },

    mineGeoClip(view) {
      if (this._dot) {
        return;
      }
      const { frame } = view;
      this._parts = [];
      this._rings = this._rings || this._projectParts(view);
      const margin = [BEYOND_PX, BEYOND_PX];
      const wider = L.bounds(frame.min.subtract(margin), frame.max.add(margin));
      const whole = wider.contains(this._rawPxBounds);
      this._rings.forEach((rings) => {
        const drawn = collapsed(rings[0]) ? [square(rings[0][0])] : rings;
        drawn.forEach((ring) => {
          const inside = whole ? ring : L.PolyUtil.clipPolygon(ring, wider, true);
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
      if (this.mineGeoHidden || !this._isMark() || !this.options.fillOpacity) {
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

    mineGeoDraw(pen, halo) {
      if (this._isMark()) {
        if (this.options.fillOpacity) { // else it only takes clicks
          this._drawMark(pen, this._dotColor(), 0);
        }
      } else if (this._parts.length) {
        this._drawWhole(pen, halo);
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
      if (this.mineGeoHidden) {
        return false;
      }
      if (this._dot) {
        return Boolean(this._pxBounds) && this._pxBounds.contains(point);
      }
      return L.Polygon.prototype._containsPoint.call(this, point);
    },
  });

  // What Leaflet keeps of a polygon is made when it is first asked for.
  function lazy(name, make) {
    Object.defineProperty(Shape.prototype, name, {
      get() {
        const value = make(this);
        Object.defineProperty(this, name, { value, writable: true, configurable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(this, name, { value, writable: true, configurable: true });
      },
    });
  }

  lazy('_latlngs', ({ mineGeoOutlines: { vertices, rings, parts, shapes }, mineGeoRow: row }) => {
    const range = (from, to, one) => Array.from({ length: to - from }, (_, at) => one(from + at));
    const latlng = (at) => L.latLng(vertices[2 * at], vertices[2 * at + 1]);
    const ring = (at) => range(rings[at], rings[at + 1], latlng);
    return range(shapes[row], shapes[row + 1], (part) => range(parts[part], parts[part + 1], ring));
  });
  lazy('_bounds', ({ _latlngs }) => L.latLngBounds(_latlngs.flat(2)));

  // A canvas of shapes alone, in the order that it is given. It first draws what lies beneath the
  // marks of all; where many marks would lie on each other, one for all of them: `crowds`.
  const Canvas = L.Canvas.extend({
    initialize(options) {
      L.Canvas.prototype.initialize.call(this, options);
      Object.assign(this, { mineGeoShapes: [], _version: 0, _seen: [] });
    },

    mineGeoOrder(shapes) {
      this.mineGeoShapes = shapes;
      this.mineGeoChanged();
    },

    // What is drawn is no longer so: it will be drawn anew.
    mineGeoChanged() {
      this._version += 1;
      this._requestRedraw();
    },

    _updateStyle() {
      this.mineGeoChanged();
    },

    _requestRedraw() {
      if (this._map) {
        this._redrawRequest = this._redrawRequest || L.Util.requestAnimFrame(this._redraw, this);
      }
    },

    // The view that is drawn: pixels of the layer are world times `scale`, less `origin`.
    _view() {
      const zoom = this._map.getZoom();
      const origin = this._map.getPixelOrigin();
      const { px, far_px: farPx } = symbols.table.mark;
      return {
        key: `${zoom} ${origin.x} ${origin.y}`, zoom, origin, px, farPx,
        scale: TILE_PX * 2 ** zoom, frame: this._bounds,
      };
    },

    // At one zoom: crowds of marks, and the shapes that are none's.
    _sorted({ zoom, scale, px }) {
      const key = `${zoom} ${this._version}`;
      if (this._sortedAs !== key) {
        this._sortedAs = key;
        const shown = this.mineGeoShapes.filter((one) => one._map && !one.mineGeoHidden);
        Object.assign(this, mineGeo.crowds.gather(shown, scale, px));
      }
    },

    _draw() {
      const pen = this._ctx;
      const view = this._view();
      const { scale, origin, frame } = view;
      this._sorted(view);
      const [left, right] = [frame.min.x, frame.max.x].map((x) => (x + origin.x) / scale);
      const [top, bottom] = [frame.min.y, frame.max.y].map((y) => (y + origin.y) / scale);
      const beyond = BEYOND_PX / scale;
      this._seen = this._alone.filter((one) => {
        const { boxes } = one.mineGeoMeasured;
        const at = 4 * one.mineGeoRow;
        return boxes[at] <= right + beyond && boxes[at + 2] >= left - beyond
          && boxes[at + 1] <= bottom + beyond && boxes[at + 3] >= top - beyond;
      });
      this._seen.forEach((one) => {
        one.mineGeoPlace(view);
        one.mineGeoClip(view);
      });
      this._drawing = true;
      pen.save();
      this._seen.forEach((one) => one.mineGeoBeneath(pen, this.mineGeoHalo));
      this._seen.forEach((one) => one.mineGeoDraw(pen, this.mineGeoHalo));
      pen.globalAlpha = 1;
      this._marks = mineGeo.crowds.draw(pen, this._crowds, view, this.mineGeoHalo);
      pen.restore();
      this._drawing = false;
    },

    // Squares of the map, so many pixels wide, on which something small is drawn.
    mineGeoTaken(px) {
      if (this._redrawRequest) { // what is asked for is drawn first
        L.Util.cancelAnimFrame(this._redrawRequest);
        this._redraw();
      }
      const taken = new Set();
      const add = ({ min, max }) => {
        const [from, to] = [min, max].map((corner) => this._map.layerPointToContainerPoint(corner));
        for (let x = Math.floor(from.x / px); x <= Math.floor(to.x / px); x += 1) {
          for (let y = Math.floor(from.y / px); y <= Math.floor(to.y / px); y += 1) {
            taken.add(`${x} ${y}`);
          }
        }
      };
      (this._marks || []).forEach(({ bounds }) => add(bounds));
      this._seen.filter((one) => one.options.fillOpacity).forEach((one) => {
        const { x, y } = one._rawPxBounds.getSize();
        if (x < SMALL_PX && y < SMALL_PX) {
          add(one._rawPxBounds);
        }
      });
      return taken;
    },

    // What lies on top at a point: a crowd, else a shape that takes clicks.
    _topAt(point) {
      const crowd = (this._marks || []).findLast((one) => one.bounds.contains(point));
      if (crowd) {
        return crowd;
      }
      return this._seen.findLast((one) => one.options.interactive && one._pxBounds.contains(point)
        && one._containsPoint(point));
    },

    _onClick(event) {
      const found = this._topAt(this._map.mouseEventToLayerPoint(event));
      const moved = ['click', 'preclick'].includes(event.type) && found
        && this._map._draggableMoved(found);
      this._fireEvent(found && !moved ? [found] : false, event);
    },

    _handleMouseHover(event, point) {
      if (this._mouseHoverThrottled) {
        return;
      }
      const found = this._topAt(point);
      if (found !== this._hoveredLayer) {
        this._handleMouseOut(event);
        if (found) {
          L.DomUtil.addClass(this._container, 'leaflet-interactive');
          this._fireEvent([found], event, 'mouseover');
          this._hoveredLayer = found;
        }
      }
      this._fireEvent(this._hoveredLayer ? [this._hoveredLayer] : false, event);
      this._mouseHoverThrottled = true;
      setTimeout(() => { this._mouseHoverThrottled = false; }, HOVER_MS);
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
      Math.floor(Math.log(Math.max(shape.mineGeoArea(), 1)) / Math.log(STEP)),
      (at * SCRAMBLE) % SCRAMBLED,
    ]]));
    return [...shapes].sort((one, other) => {
      const [first, second] = [keys.get(one), keys.get(other)];
      return second[0] - first[0] || first[1] - second[1];
    });
  }

  mineGeo.shape = {
    Shape, Canvas, look, bySize, measure,
  };
}(window.mineGeo));
