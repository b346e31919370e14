/* The distance from polygons to border lines on WGS 84: what `kernel.c` offers.
 *
 * Longitudes and latitudes are in degrees, EPSG:4326; lengths in metres. All memory belongs to the
 * caller; nothing is kept between calls, and nothing is shared but what is read. So several threads
 * may measure against one border at once.
 */
#ifndef MINE_GEO_KERNEL_H
#define MINE_GEO_KERNEL_H

#include <stdint.h>

/* Segments of border lines, the tree of spheres over them, and a place of each line. */
struct border {
    int64_t segments;      /* at least 1 */
    const double *lonlat;  /* segments * 4: longitude, latitude of one end and of the other */
    const int64_t *number; /* segments: what the caller calls each; the least wins a tie */
    double *space;         /* segments * 6: the same ends in space, filled by border_build */
    double *spheres;       /* border_spheres(segments) * 4, filled by border_build */
    int64_t places;        /* how many places follow, 0 or more */
    const double *place;   /* places * 2: one vertex of each line, in the order of longitude */
};

/* Polygons (or lines, or points) as chains of vertices: rings, lines, single places. */
struct hazards {
    const double *lonlat;    /* vertices * 2 */
    const int64_t *vertex;   /* the first vertex of each ring, and one more: where the last ends */
    const int64_t *ring;     /* the first ring of each hazard, and one more */
    double longest_degrees;  /* longer edges are divided: they are straight in lon / lat */
    double west, east;       /* a hazard with a vertex outside is not measured; degrees */
};

/* How many spheres there are: of each node of the tree over so many segments, then of each segment. */
int64_t border_spheres(int64_t segments);

/* Fill `space` and `spheres`. Returns 0, or -1 where a coordinate is no place on the earth. */
int border_build(const struct border *border);

/* Measure `count` hazards, those whose places stand in `order`, one after the other.
 *
 * For hazard h: metres[h] (NaN where it has no vertex or one that cannot be measured), number[h] of
 * the nearest segment (-1 then), and touches[h]: 1 where the two may touch, cross or contain each
 * other, which exact predicates must decide; 0 where they surely do not.
 */
void nearest(const struct border *border, const struct hazards *hazards, const int64_t *order,
             int64_t count, double *metres, int64_t *number, uint8_t *touches);

/* The sum over the bytes of this file's source that the caller compares with the source it has. */
const char *kernel_source(void);

#endif
