/* Drives the distance kernel without Python, so that ASan and UBSan see nothing but it.
 *
 *     gcc -fsanitize=address,undefined -I mine_geo/split tests/split/kernel_driver.c \
 *         mine_geo/split/kernel.c -lm && ./a.out
 *
 * Borders and hazards of every kind, most of them nonsense, in arrays of exactly their size. Each
 * answer is held against the least over the segments one by one (a tree of one node rules nothing
 * out), and must be the same to the bit in another order and alone. Exit code 1 where one is not.
 */
#include "kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 0.005
#define LIFT_M 0.007 /* what lifting one pair rather than another, equally near by chord, changes */

static uint64_t state = 88172645463325252u;

static double draw(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static void *room(int64_t count, size_t size)
{
    void *made = malloc((size_t)count * size + (count ? 0 : 1));
    if (!made) {
        abort();
    }
    return made;
}

static struct border made_border(int64_t segments, double lon, double lat, double wide)
{
    double *lonlat = room(segments * 4, sizeof(double));
    int64_t *number = room(segments, sizeof(int64_t));
    double *place = room(2, sizeof(double));
    double at[2] = {lon, lat}, step = fmin(wide, LONGEST / 1.5); /* it comes divided */
    for (int64_t n = 0; n < segments; n++) {
        lonlat[4 * n] = at[0];
        lonlat[4 * n + 1] = at[1];
        /* One in seven has no length. */
        int still = draw(0, 7) < 1;
        at[0] = still ? at[0] : at[0] + draw(-step, step);
        at[1] = still ? at[1] : fmax(-90, fmin(90, at[1] + draw(-step, step)));
        lonlat[4 * n + 2] = at[0];
        lonlat[4 * n + 3] = at[1];
        number[n] = segments - n;
    }
    memcpy(place, lonlat, 2 * sizeof(double));
    return (struct border){segments, lonlat, number, room(segments * 6, sizeof(double)),
                           room(border_spheres(segments) * 4, sizeof(double)), 1, place};
}

static void free_border(struct border border)
{
    free((void *)border.lonlat);
    free((void *)border.number);
    free(border.space);
    free(border.spheres);
    free((void *)border.place);
}

static struct hazards made_hazards(int64_t count, double lon, double lat, double wide)
{
    int64_t *ring = room(count + 1, sizeof(int64_t));
    int64_t rings = 0;
    for (int64_t h = 0; h <= count; h++) {
        ring[h] = rings;
        rings += (int64_t)draw(0, 4);
    }
    rings = ring[count];
    int64_t *vertex = room(rings + 1, sizeof(int64_t)), vertices = 0;
    for (int64_t r = 0; r <= rings; r++) {
        vertex[r] = vertices;
        vertices += draw(0, 9) < 1 ? (int64_t)draw(0, 300) : (int64_t)draw(0, 8);
    }
    vertices = vertex[rings];
    double *lonlat = room(vertices * 2, sizeof(double));
    static const double strange[] = {NAN, INFINITY, -INFINITY, 1e300, 400, -91};
    for (int64_t n = 0; n < vertices; n++) {
        lonlat[2 * n] = lon + draw(-wide, wide);
        lonlat[2 * n + 1] = fmax(-90, fmin(90, lat + draw(-wide, wide)));
        if (n > 0 && draw(0, 12) < 1) { /* the vertex before, once more */
            memcpy(lonlat + 2 * n, lonlat + 2 * n - 2, 2 * sizeof(double));
        }
        if (draw(0, 150) < 1) {
            lonlat[2 * n + (draw(0, 2) < 1)] = strange[(int)draw(0, 6)];
        }
    }
    return (struct hazards){lonlat, vertex, ring, LONGEST, -720, 720};
}

static void free_hazards(struct hazards hazards)
{
    free((void *)hazards.lonlat);
    free((void *)hazards.vertex);
    free((void *)hazards.ring);
}

struct answers {
    double *metres;
    int64_t *number;
    uint8_t *touches;
};

static struct answers room_for(int64_t count)
{
    return (struct answers){room(count, sizeof(double)), room(count, sizeof(int64_t)),
                            room(count, 1)};
}

static void free_answers(struct answers answers)
{
    free(answers.metres);
    free(answers.number);
    free(answers.touches);
}

static int same(double one, double other)
{
    return memcmp(&one, &other, sizeof(double)) == 0 || (isnan(one) && isnan(other));
}

static long faults, looked_at;

static void hold(int fine, const char *what, int64_t hazard)
{
    looked_at++;
    if (!fine) {
        faults++;
        printf("hazard %lld: %s\n", (long long)hazard, what);
    }
}

static void one_by_one(const struct border *border, const struct hazards *hazards, int64_t count,
                       const int64_t *order, struct answers found)
{
    struct answers each = room_for(count);
    double *least = room(count, sizeof(double));
    for (int64_t h = 0; h < count; h++) {
        least[h] = INFINITY;
    }
    for (int64_t s = 0; s < border->segments; s++) {
        double space[6], spheres[8]; /* one node, one segment */
        struct border single = {1, border->lonlat + 4 * s, border->number + s, space, spheres, 0, NULL};
        hold(border_build(&single) == 0, "a border of one segment is refused", s);
        nearest(&single, hazards, order, count, each.metres, each.number, each.touches);
        for (int64_t h = 0; h < count; h++) {
            least[h] = fmin(least[h], each.metres[h]);
        }
    }
    for (int64_t h = 0; h < count; h++) {
        int none = isnan(found.metres[h]);
        hold(none == isinf(least[h]), "measured by one of two ways only", h);
        hold(none == (found.number[h] == -1), "metres without a segment", h);
        hold(none || (found.metres[h] >= 0 && found.metres[h] < 2.1e7), "no distance on the earth", h);
        /* Beyond the reach of the series ranks are its own, and the same for both ways. */
        hold(none || fabs(found.metres[h] - least[h]) <= LIFT_M, "not the nearest segment", h);
    }
    free(least);
    free_answers(each);
}

static void try_out(int64_t segments, int64_t count, double lon, double lat, double wide)
{
    struct border border = made_border(segments, lon, lat, wide);
    struct hazards hazards = made_hazards(count, lon + draw(-1, 1), lat, wide);
    struct answers found = room_for(count), again = room_for(count);
    int64_t *order = room(count, sizeof(int64_t));
    hold(border_build(&border) == 0, "a border is refused", -1);
    for (int64_t h = 0; h < count; h++) {
        order[h] = h;
    }
    nearest(&border, &hazards, order, count, found.metres, found.number, found.touches);
    one_by_one(&border, &hazards, count, order, found);
    for (int64_t h = 0; h < count; h++) { /* alone */
        nearest(&border, &hazards, order + h, 1, again.metres, again.number, again.touches);
        hold(same(again.metres[h], found.metres[h]) && again.number[h] == found.number[h],
             "alone it is another", h);
    }
    for (int64_t h = count - 1; h > 0; h--) { /* in another order */
        int64_t other = (int64_t)draw(0, (double)(h + 1)), moved = order[h];
        order[h] = order[other];
        order[other] = moved;
    }
    nearest(&border, &hazards, order, count, again.metres, again.number, again.touches);
    for (int64_t h = 0; h < count; h++) {
        hold(same(again.metres[h], found.metres[h]) && again.number[h] == found.number[h],
             "in another order it is another", h);
    }
    free(order);
    free_answers(found);
    free_answers(again);
    free_hazards(hazards);
    free_border(border);
}

int main(void)
{
    static const int64_t segments[] = {1, 2, 4, 5, 9, 63, 150};
    static const double places[][2] = {{103, 13}, {180, 10}, {0, 90}, {-30, -89.9}, {0, 0}};
    static const double widths[] = {1e-7, 0.001, 0.05, 1, 8};
    for (size_t s = 0; s < sizeof segments / sizeof *segments; s++) {
        for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
            for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
                if (widths[w] < 1 || segments[s] < 63) {
                    try_out(segments[s], widths[w] < 1 ? 8 : 3, places[p][0], places[p][1], widths[w]);
                }
            }
        }
    }
    try_out(3, 0, 103, 13, 1);
    double bad[] = {103, 13, NAN, 13}, space[6], spheres[4];
    int64_t number = 0;
    struct border border = {1, bad, &number, space, spheres, 0, NULL};
    hold(border_build(&border) == -1, "a border that is not on the earth is taken", -1);
    printf("%ld looked at, %ld faults\n", looked_at, faults);
    return faults > 0;
}
