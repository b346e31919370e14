/* The distance from polygons to border lines on WGS 84, metres; see kernel.h for what is offered.
 *
 * How a distance is found
 * -----------------------
 * Vertices become points on the ellipsoid in space (earth-centred, earth-fixed; Snyder 1987 or any
 * handbook). The chord between two points is never longer than the geodesic between them, so
 * whatever lies farther than the best metres so far, by chord, cannot be nearer. A tree of spheres
 * over the border's segments finds what is left; of each pair of edge and segment, the nearest
 * points are those of two straight pieces in space, and their metres come from the chord.
 *
 * From the chord to metres
 * ------------------------
 * Let r(s) be the geodesic by its length s from the middle, T, N, B its frame there, k and t its
 * curvature and torsion. The odd derivatives of r alone are in the chord r(s/2) - r(-s/2):
 *
 *     chord = s T + s^3/24 r''' + s^5/1920 r''''' + ...,      r''' = -k^2 T + k' N + k t B,
 *
 *     chord^2 = s^2 - k^2 s^4/12
 *               + s^6 [ (k^4 + k'^2 + k^2 t^2)/576 + (k^4 + k^2 t^2 - 3k'^2 - 4 k k'')/960 ] + ...
 *
 * With k', k'', t = 0 this is the chord of a circle, 2/k sin(k s/2), whose inverse series is
 *
 *     s = c (1 + c^2 k^2/24 + 3 c^4 k^4/640 + 5 c^6 k^6/7168 + ...)                           (1)
 *
 * and it is cut after the second term in brackets. That k is taken in the MIDDLE is what makes k'
 * fall out of the third order: with k of one end, 0.11 m are lost at 600 km. A geodesic has no
 * curvature within the surface, so k is the normal curvature in its direction, and by symmetry its
 * direction in the middle is that of the chord (but for s^2 k t/24, which is 1e-9 at 600 km).
 *
 * What is lost: the terms in k', k'', t of s^6, of which k k'' is by far the largest (on a meridian
 * k'' = -3 e^2 cos(2 latitude)/a^3), and the third term of (1):
 *
 *     |error| <= 3 e^2 s^5 / (480 a^4) + 5 s^7 / (7168 a^6)
 *              = 0.0 mm at 100 km, 0.1 at 300, 2.3 at 600, 36 at 1,000 km.
 *
 * Against Karney's geodesics (2013) the worst of 300,000 at 600 km, all over the earth, is 2.24 mm,
 * and 1.67 mm between 9 and 16 degrees north; a test holds it to the bound. The same series for the
 * normal section stands in Rapp (1991), "Geometric Geodesy, Part I", section 4 (chord and arc), and
 * the curvature of a surface given by an equation in any book on surfaces: for
 * F = x^2/a^2 + y^2/a^2 + z^2/b^2 - 1 and a unit tangent d it is (d . F'' d) / |grad F|.
 *
 * Two chords of one length are not geodesics of one length: at 100 km, north and east differ by
 * 13 mm. So pairs are compared by their metres; by chords they are only ruled out.
 *
 * What is exact and what is not
 * -----------------------------
 * Edges are straight in longitude / latitude. Those longer than `longest_degrees` are divided here
 * (the border comes divided): of 0.005 degrees, the chord runs up to 6 mm under the ellipsoid and
 * 3 mm beside the edge. So the nearest points, once found, are lifted: interpolated in longitude and
 * latitude, put on the ellipsoid, and measured again. Whether hazard and border meet is no question
 * of metres at all; what may meet is marked, and the caller asks exact predicates.
 *
 * The answer does not depend on the order of hazards, on threads, or on the first bound: a pair is
 * ruled out only where its chord exceeds the best by more than rounding, and ties go to the lowest
 * number, then the first vertex.
 */
#include "kernel.h"

#include <math.h>
#include <stddef.h>

#ifndef SOURCE
#define SOURCE ""
#endif

static const double A = 6378137.0;                 /* WGS 84: the equator's radius, metres */
static const double E2 = 0.0066943799901413165;    /* the square of the eccentricity */
static const double G = 1.0067394967422764;        /* (a/b)^2 = 1/(1 - e^2) */
static const double FLATTEST = 1.0 / 6399593.6258; /* the least curvature, b/a^2: at the poles */
static const double DEGREE = 0.017453292519943295; /* radians */

static const double SLACK_M = 1e-6;    /* more than rounding can lose in 6,400 km */
static const double TOUCH_M = 1.0;     /* far more than a divided edge is off its straight line */
static const double TOUCH_DEG = 1e-9;  /* the same for boxes in degrees: rounding of divided edges */

enum {
    LEAF = 4,    /* the most segments in a leaf of the tree */
    RUN = 64,    /* the most edges of a ring that are searched for at once */
    DEEPEST = 64 /* levels: more than 64 bits can number */
};

struct point {
    double x, y, z;
};

/* Of two numbers, never NaN here: fmin and fmax, which look for it, are calls. */
static double least(double one, double other)
{
    return other < one ? other : one;
}

static double most(double one, double other)
{
    return other > one ? other : one;
}

static struct point minus(struct point p, struct point q)
{
    return (struct point){p.x - q.x, p.y - q.y, p.z - q.z};
}

static struct point along(struct point p, double share, struct point way)
{
    return (struct point){p.x + share * way.x, p.y + share * way.y, p.z + share * way.z};
}

static double dot(struct point p, struct point q)
{
    return p.x * q.x + p.y * q.y + p.z * q.z;
}

static double apart(struct point p, struct point q)
{
    struct point way = minus(p, q);
    return sqrt(dot(way, way));
}

static struct point read_point(const double *xyz)
{
    return (struct point){xyz[0], xyz[1], xyz[2]};
}

/* Whether two numbers are a longitude and a latitude; NaN and infinity are none. */
static int on_earth(double lon, double lat)
{
    return fabs(lon) <= 360.0 && fabs(lat) <= 90.0;
}

static struct point on_ellipsoid(double lon, double lat)
{
    double sine = sin(lat * DEGREE), cosine = cos(lat * DEGREE);
    double normal = A / sqrt(1.0 - E2 * sine * sine);
    return (struct point){normal * cosine * cos(lon * DEGREE), normal * cosine * sin(lon * DEGREE),
                          normal * (1.0 - E2) * sine};
}

/* Metres from the chord between two points on the ellipsoid: formula (1). */
static double metres_between(struct point p, struct point q)
{
    struct point way = minus(q, p);
    double square = dot(way, way);
    if (!(square > 0.0)) {
        return 0.0;
    }
    /* The middle lies under the surface; scaled up to it, its length falls out but for `level`. */
    struct point middle = {p.x + q.x, p.y + q.y, p.z + q.z};
    double level = middle.x * middle.x + middle.y * middle.y + G * middle.z * middle.z;
    double slope = middle.x * middle.x + middle.y * middle.y + G * G * middle.z * middle.z;
    double bend = (way.x * way.x + way.y * way.y + G * way.z * way.z) / square;
    /* Between antipodes the middle is the centre of the earth: any curvature is as good. */
    double curvature2 = slope > 0.0 ? bend * bend * level / (A * A * slope) : 1.0 / (A * A);
    double angle2 = square * curvature2;
    return sqrt(square) * (1.0 + angle2 * (1.0 / 24.0 + angle2 * (3.0 / 640.0)));
}

/* The longest chord that can have so many metres, or a little more: formula (1) turned round for
 * the least curvature there is. */
static double longest_chord(double metres)
{
    double angle2 = metres * FLATTEST * metres * FLATTEST;
    if (!(angle2 < 0.04)) { /* beyond 1,280 km, or still unknown: the chord is no longer than this */
        return metres + SLACK_M;
    }
    return metres * (1.0 - angle2 * (1.0 / 24.0 - angle2 / 1920.0)) + SLACK_M;
}

/* ---- The tree: complete and binary, its nodes numbered as in a heap -------------------------- */

/* The level of the leaves. Node n of level l holds segments n*S/2^l up to (n+1)*S/2^l. */
static int leaf_level(int64_t segments)
{
    int level = 0;
    while (((segments - 1) >> level) + 1 > LEAF) {
        level++;
    }
    return level;
}

static int64_t nodes(int64_t segments)
{
    return ((int64_t)2 << leaf_level(segments)) - 1;
}

int64_t border_spheres(int64_t segments)
{
    return nodes(segments) + segments;
}

/* The first segment of a node: its place among all, in two steps so that nothing overflows. */
static int64_t first_of(int64_t segments, int level, int64_t node)
{
    int64_t whole = segments >> level, rest = segments & (((int64_t)1 << level) - 1);
    return node * whole + ((node * rest) >> level);
}

static void write_sphere(double *sphere, const double *space, int64_t first, int64_t last)
{
    const double *ends = space + 6 * first;
    int64_t points = 2 * (last - first);
    struct point low = read_point(ends), high = low;
    for (int64_t n = 1; n < points; n++) {
        struct point p = read_point(ends + 3 * n);
        low = (struct point){least(low.x, p.x), least(low.y, p.y), least(low.z, p.z)};
        high = (struct point){most(high.x, p.x), most(high.y, p.y), most(high.z, p.z)};
    }
    struct point middle = {(low.x + high.x) / 2, (low.y + high.y) / 2, (low.z + high.z) / 2};
    double farthest = 0.0;
    for (int64_t n = 0; n < points; n++) {
        struct point way = minus(read_point(ends + 3 * n), middle);
        farthest = most(farthest, dot(way, way));
    }
    sphere[0] = middle.x;
    sphere[1] = middle.y;
    sphere[2] = middle.z;
    sphere[3] = sqrt(farthest);
}

int border_build(const struct border *border)
{
    for (int64_t end = 0; end < 2 * border->segments; end++) {
        double lon = border->lonlat[2 * end], lat = border->lonlat[2 * end + 1];
        if (!on_earth(lon, lat)) {
            return -1;
        }
        struct point p = on_ellipsoid(lon, lat);
        border->space[3 * end] = p.x;
        border->space[3 * end + 1] = p.y;
        border->space[3 * end + 2] = p.z;
    }
    double *sphere = border->spheres;
    for (int level = 0; level <= leaf_level(border->segments); level++) {
        for (int64_t node = 0; node < (int64_t)1 << level; node++, sphere += 4) {
            write_sphere(sphere, border->space, first_of(border->segments, level, node),
                         first_of(border->segments, level, node + 1));
        }
    }
    for (int64_t segment = 0; segment < border->segments; segment++, sphere += 4) {
        write_sphere(sphere, border->space, segment, segment + 1);
    }
    return 0;
}

/* ---- One hazard ------------------------------------------------------------------------------ */

/* Consecutive vertices of one ring, and the sphere about them. */
struct run {
    int64_t place;            /* of its first vertex, counted along the divided outline */
    int count;                /* vertices; an edge leads from each to the next */
    double lon[RUN + 1], lat[RUN + 1];
    struct point p[RUN + 1];
    double length[RUN + 1];   /* of the edge that leads on */
    struct point middle;
    double radius;
};

/* The nearest pair so far. */
struct best {
    double metres;
    double chord;      /* pairs with a longer one cannot be nearer */
    int64_t number;    /* of the segment */
    int64_t segment;   /* its place in the tree */
    int64_t place;     /* of the vertex, or of the vertex that the edge begins with */
    double here[2];    /* longitude and latitude, straight between the ends, of both points */
    double there[2];
    int touches;
};

static void enclose(struct run *run)
{
    struct point low = run->p[0], high = low;
    for (int n = 1; n < run->count; n++) {
        struct point p = run->p[n];
        low = (struct point){least(low.x, p.x), least(low.y, p.y), least(low.z, p.z)};
        high = (struct point){most(high.x, p.x), most(high.y, p.y), most(high.z, p.z)};
        run->length[n - 1] = apart(run->p[n - 1], p);
    }
    run->middle = (struct point){(low.x + high.x) / 2, (low.y + high.y) / 2, (low.z + high.z) / 2};
    double farthest = 0.0;
    for (int n = 0; n < run->count; n++) {
        struct point way = minus(run->p[n], run->middle);
        farthest = most(farthest, dot(way, way));
    }
    run->radius = sqrt(farthest);
}

static double between(double from, double to, double share)
{
    /* The ends are to come out to the bit. */
    return share <= 0.0 ? from : share >= 1.0 ? to : from + share * (to - from);
}

/* Take a pair of points, one on the run and one on the segment, if it is the nearest so far. */
static void consider(const struct border *border, const struct run *run, int64_t segment, int vertex,
                     double share, struct point here, double across, struct point there,
                     struct best *best)
{
    double metres = metres_between(here, there);
    int64_t number = border->number[segment], place = run->place + vertex;
    int nearer = metres < best->metres;
    if (metres == best->metres) {
        nearer = number < best->number || (number == best->number && place < best->place);
    }
    if (!nearer) {
        return;
    }
    const double *ends = border->lonlat + 4 * segment;
    int next = vertex + 1 < run->count ? vertex + 1 : vertex;
    best->metres = metres;
    best->chord = longest_chord(metres);
    best->number = number;
    best->segment = segment;
    best->place = place;
    best->here[0] = between(run->lon[vertex], run->lon[next], share);
    best->here[1] = between(run->lat[vertex], run->lat[next], share);
    best->there[0] = between(ends[0], ends[2], across);
    best->there[1] = between(ends[1], ends[3], across);
}

/* Whether the boxes of an edge and a segment meet, in degrees. */
static int boxes_meet(const struct run *run, int vertex, const double *ends)
{
    double lon0 = run->lon[vertex], lon1 = run->lon[vertex + 1];
    double lat0 = run->lat[vertex], lat1 = run->lat[vertex + 1];
    return least(lon0, lon1) <= most(ends[0], ends[2]) + TOUCH_DEG &&
           most(lon0, lon1) >= least(ends[0], ends[2]) - TOUCH_DEG &&
           least(lat0, lat1) <= most(ends[1], ends[3]) + TOUCH_DEG &&
           most(lat0, lat1) >= least(ends[1], ends[3]) - TOUCH_DEG;
}

/* What a product with the way is multiplied by to be a share of it; a way without length has none. */
static double one_over(double square)
{
    return square > 0.0 ? 1.0 / square : 0.0;
}

/* The share of a straight piece that is nearest to a point, 0 to 1 from end to end. */
static double share_on(struct point point, struct point from, struct point way, double one_over)
{
    return least(most(dot(minus(point, from), way) * one_over, 0.0), 1.0);
}

/* How far a run reaches from its middle in a direction. */
static double reach_towards(const struct run *run, struct point direction)
{
    double farthest = dot(minus(run->p[0], run->middle), direction);
    for (int n = 1; n < run->count; n++) {
        farthest = most(farthest, dot(minus(run->p[n], run->middle), direction));
    }
    return farthest;
}

/* The least chord from a run to what a sphere holds; INFINITY if that is more than the best pair's. */
static double least_chord(const struct run *run, const double *sphere, const struct best *best)
{
    struct point way = minus(run->middle, read_point(sphere));
    double square = dot(way, way), radii = sphere[3] + run->radius, reach = best->chord + radii;
    return square > reach * reach ? INFINITY : sqrt(square) - radii;
}

/* Measure a run to a segment. Where two straight pieces do not cross, an end of one is nearest: so
 * each vertex is measured to the segment, and each end of the segment to the inside of each edge.
 * (In space they may pass each other with the sagitta between them; that is lifted afterwards.) */
static void measure(const struct border *border, const struct run *run, int64_t segment,
                    struct best *best)
{
    const double *space = border->space + 6 * segment;
    struct point end[2] = {read_point(space), read_point(space + 3)};
    struct point way = minus(end[1], end[0]);
    double per_way = one_over(dot(way, way));
    struct point towards =
        minus(along(end[0], share_on(run->middle, end[0], way, per_way), way), run->middle);
    double square = dot(towards, towards), within = best->chord + run->radius;
    if (square > within * within) {
        return;
    }
    double distance = sqrt(square);
    /* The segment lies beyond the plane through its point nearest to the middle, square to the way
     * there; so it is no nearer than that plane is to what of the run reaches farthest that way. */
    if (distance > run->radius &&
        distance - reach_towards(run, along((struct point){0, 0, 0}, 1.0 / distance, towards)) >
            best->chord) {
        return;
    }
    double off[RUN + 1]; /* the square of the chord from each vertex to the segment */
    for (int n = 0; n < run->count; n++) {
        double share = share_on(run->p[n], end[0], way, per_way);
        struct point foot = along(end[0], share, way), gap = minus(run->p[n], foot);
        off[n] = dot(gap, gap);
        if (off[n] <= best->chord * best->chord) {
            consider(border, run, segment, n, 0.0, run->p[n], share, foot, best);
        }
    }
    for (int n = 0; n + 1 < run->count; n++) {
        /* No point of the edge is nearer than its vertex less its length. */
        double reach = best->chord + run->length[n];
        if (off[n] > reach * reach) {
            continue;
        }
        if (boxes_meet(run, n, border->lonlat + 4 * segment)) {
            best->touches = 1;
        }
        struct point edge = minus(run->p[n + 1], run->p[n]);
        double per_edge = one_over(dot(edge, edge));
        for (int side = 0; side < 2; side++) {
            double share = share_on(end[side], run->p[n], edge, per_edge);
            if (share > 0.0 && share < 1.0) {
                struct point foot = along(run->p[n], share, edge), gap = minus(end[side], foot);
                if (dot(gap, gap) <= best->chord * best->chord) {
                    consider(border, run, segment, n, share, foot, side, end[side], best);
                }
            }
        }
    }
}

/* Search the tree for what may be nearer to a run than the best so far, the nearer half first. */
static void search(const struct border *border, struct run *run, struct best *best)
{
    struct visit {
        int64_t node;
        int level;
        double chord; /* the least to anything in the node */
    } todo[DEEPEST + 1];
    int deepest = leaf_level(border->segments), waiting = 0;
    const double *own = border->spheres + 4 * nodes(border->segments); /* of each segment */
    enclose(run);
    if (best->segment >= 0) { /* the nearest of the neighbour, or of the run before */
        measure(border, run, best->segment, best);
    }
    todo[waiting++] = (struct visit){0, 0, 0.0};
    while (waiting) {
        struct visit now = todo[--waiting];
        if (now.chord > best->chord) {
            continue;
        }
        if (now.level == deepest) {
            int64_t last = first_of(border->segments, deepest, now.node + 1);
            for (int64_t s = first_of(border->segments, deepest, now.node); s < last; s++) {
                if (least_chord(run, own + 4 * s, best) <= best->chord) {
                    measure(border, run, s, best);
                }
            }
            continue;
        }
        struct visit half[2];
        for (int side = 0; side < 2; side++) {
            int64_t node = 2 * now.node + side;
            const double *sphere =
                border->spheres + 4 * (((int64_t)2 << now.level) - 1 + node);
            half[side].node = node;
            half[side].level = now.level + 1;
            half[side].chord = least_chord(run, sphere, best);
        }
        int nearer = half[1].chord < half[0].chord;
        if (half[!nearer].chord <= best->chord) {
            todo[waiting++] = half[!nearer];
        }
        if (half[nearer].chord <= best->chord) {
            todo[waiting++] = half[nearer];
        }
    }
}

/* Whether a vertex of any border line lies in a box: else the box holds no whole line. */
static int holds_a_place(const struct border *border, const double low[2], const double high[2])
{
    int64_t first = 0, last = border->places;
    while (first < last) { /* the first place that is not west of the box */
        int64_t middle = first + (last - first) / 2;
        if (border->place[2 * middle] < low[0]) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    for (; first < border->places && border->place[2 * first] <= high[0]; first++) {
        double lat = border->place[2 * first + 1];
        if (lat >= low[1] && lat <= high[1]) {
            return 1;
        }
    }
    return 0;
}

static void add_vertex(const struct border *border, struct run *run, double lon, double lat,
                       struct best *best)
{
    if (run->count == RUN + 1) { /* the vertex where a run is cut stands in both */
        search(border, run, best);
        run->lon[0] = run->lon[RUN];
        run->lat[0] = run->lat[RUN];
        run->p[0] = run->p[RUN];
        run->place += RUN;
        run->count = 1;
    }
    run->lon[run->count] = lon;
    run->lat[run->count] = lat;
    run->p[run->count] = on_ellipsoid(lon, lat);
    run->count++;
}

/* Measure a ring: its vertices, with more between them where an edge is long. */
static void measure_ring(const struct border *border, const double *lonlat, int64_t count,
                         double longest, struct run *run, struct best *best)
{
    run->count = 0;
    for (int64_t n = 0; n < count; n++) {
        const double *at = lonlat + 2 * n;
        add_vertex(border, run, at[0], at[1], best);
        if (n + 1 == count) {
            break;
        }
        double east = at[2] - at[0], north = at[3] - at[1];
        double pieces = ceil(sqrt(east * east + north * north) / longest);
        for (double piece = 1.0; piece < pieces; piece += 1.0) {
            double share = piece / pieces;
            add_vertex(border, run, at[0] + share * east, at[1] + share * north, best);
        }
    }
    search(border, run, best);
    run->place += run->count;
}

/* Whether all vertices can be measured; the box about them. */
static int look_at(const struct hazards *hazards, int64_t first, int64_t last, double low[2],
                   double high[2])
{
    low[0] = low[1] = INFINITY;
    high[0] = high[1] = -INFINITY;
    for (int64_t n = first; n < last; n++) {
        double lon = hazards->lonlat[2 * n], lat = hazards->lonlat[2 * n + 1];
        if (!on_earth(lon, lat) || !(lon >= hazards->west && lon <= hazards->east)) {
            return 0;
        }
        low[0] = least(low[0], lon);
        high[0] = most(high[0], lon);
        low[1] = least(low[1], lat);
        high[1] = most(high[1], lat);
    }
    return first < last;
}

void nearest(const struct border *border, const struct hazards *hazards, const int64_t *order,
             int64_t count, double *metres, int64_t *number, uint8_t *touches)
{
    struct run run;
    int64_t before = -1; /* where the neighbour before had its nearest segment */
    for (int64_t n = 0; n < count; n++) {
        int64_t hazard = order[n];
        int64_t first = hazards->ring[hazard], last = hazards->ring[hazard + 1];
        double low[2], high[2];
        if (!look_at(hazards, hazards->vertex[first], hazards->vertex[last], low, high)) {
            metres[hazard] = NAN;
            number[hazard] = -1;
            touches[hazard] = 0;
            continue;
        }
        struct best best = {INFINITY, INFINITY, INT64_MAX, before, INT64_MAX, {0, 0}, {0, 0}, 0};
        run.place = 0;
        for (int64_t ring = first; ring < last; ring++) {
            int64_t begin = hazards->vertex[ring], vertices = hazards->vertex[ring + 1] - begin;
            if (vertices > 0) {
                measure_ring(border, hazards->lonlat + 2 * begin, vertices,
                             hazards->longest_degrees, &run, &best);
            }
        }
        before = best.segment;
        /* The nearest points, lifted from the chords on to the ellipsoid. */
        metres[hazard] = metres_between(on_ellipsoid(best.here[0], best.here[1]),
                                        on_ellipsoid(best.there[0], best.there[1]));
        number[hazard] = best.number;
        touches[hazard] =
            best.touches || best.metres <= TOUCH_M || holds_a_place(border, low, high);
    }
}

const char *kernel_source(void)
{
    return SOURCE;
}
