"""The compiled kernel: by hand, against the engine in a plane and brute force, under sanitizers."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import GeometryError, OptionError
from mine_geo.geo import geometry, sample
from mine_geo.geo.border import border_lines
from mine_geo.intake import read_border, read_hazards
from mine_geo.split import engines, kernel, plane
from mine_geo.split.distance import border_distance, border_nearest, engine
from mine_geo.split.segments import Segments
from tests.hand import E2, GEOD, A, Chords, ecef, geod_m, hazards, lines
from tests.nasty import VALID, valid_polygon

ROOT = Path(__file__).parent.parent.parent
MOST_M = 0.005
EVERYWHERE = (-360.0, 360.0)

pytestmark = pytest.mark.skipif(
    engines.library() is None, reason="the kernel is not built here: no C compiler when installed"
)


@pytest.fixture(name="border", scope="module")
def _border():
    return read_border(sample.path("border"))


@pytest.fixture(name="land", scope="module")
def _land(border):
    return border_lines(border)


@pytest.fixture(name="minefields", scope="module")
def _minefields():
    return read_hazards(sample.path("minefields"))


def measured(geometries, border_table, window=EVERYWHERE, workers=1):
    """Return metres by the kernel alone, whatever the place."""
    array = np.array(geometries, dtype=object)
    return kernel.nearest(array, border_table, window=window, workers=workers)[0]


def by_both(geometries, border_table):
    """Return metres and lines of the compiled engine and of the one in a plane."""
    array = np.array(geometries, dtype=object)
    return [
        way(array, border_table, window=EVERYWHERE, workers=1)
        for way in (kernel.nearest, plane.nearest)
    ]


# By hand


@pytest.mark.parametrize("metres", [0.5, 7_000.0, 100_000.0, 600_000.0])
@pytest.mark.parametrize("azimuth", [0, 37, 90, 135])
@pytest.mark.parametrize("at", [(104, 13), (179.999, 0), (-70, -55), (25, 89.5)])
def test_from_place_to_place_it_is_the_geodesic(metres, azimuth, at):
    lon, lat, _ = GEOD.fwd(*at, azimuth, metres)
    tip = lines([(lon, lat), (lon + 1e-9, lat)])
    bound = 3 * E2 * metres**5 / (480 * A**4) + 5 * metres**7 / (7168 * A**6)
    assert measured([shapely.Point(at)], tip)[0] == pytest.approx(metres, abs=bound + 2e-4)


def test_across_the_antimeridian_and_over_the_pole():
    beyond = lines([(-179.99, 10), (-179.99, 11)])
    assert measured([shapely.box(179.98, 10, 179.99, 10.5)], beyond)[0] == pytest.approx(
        geod_m(179.99, 10.5, -179.99, 10.5), abs=0.01
    )
    across = lines([(-90, 89.99), (-90, 89)])
    field = shapely.box(89.99, 89.98, 90.01, 89.985)
    expected = geod_m(90, 89.985, -90, 89.99)
    assert measured([field], across)[0] == pytest.approx(expected, abs=0.01)
    # Drawn from +179 to -179 an edge runs round the world, as RFC 7946 has it.
    far = shapely.LineString([(-179.5, 10), (179.5, 10)])
    assert measured([far], lines([(0, 10), (0, 11)]))[0] == 0


def test_a_hazard_edge_of_many_kilometres_is_straight_in_longitude_and_latitude():
    """At 60 N an edge of 10 degrees along the parallel is 10 km from the great circle."""
    edge = shapely.Polygon([(100, 60), (110, 60), (105, 58)])
    tip = lines([(105, 60.02), (105, 60.03)])
    expected = geod_m(105, 60, 105, 60.02)
    assert measured([edge], tip)[0] == pytest.approx(expected, abs=0.002)


def test_a_millimetre_is_a_millimetre_in_the_middle_of_an_edge():
    """Chords run up to 6 mm under the ellipsoid; the nearest points are lifted from them."""
    border = lines([(103, 13), (103.005, 13)])
    for degrees in (1e-8, 1e-7, 1e-6):
        field = shapely.box(103.0024, 13 + degrees, 103.0026, 13.001)
        expected = geod_m(103.0025, 13, 103.0025, 13 + degrees)
        assert measured([field], border)[0] == pytest.approx(expected, abs=2e-4)


def test_of_equal_distances_the_first_line_is_named():
    square = shapely.box(103.4, 12.9, 103.6, 13.1)
    twice = lines([(103, 12), (103, 14)], [(103, 12), (103, 14)])
    found = kernel.nearest(
        np.array([square, shapely.box(102.9, 12.9, 103.1, 13.1)]), twice,
        window=EVERYWHERE, workers=1,
    )  # fmt: skip
    assert found[1].tolist() == [0, 0]


# Against the other engine and brute force


def test_the_sample_keeps_its_zones_and_distances(border, minefields, monkeypatch):
    found = {}
    for name in ("compiled", "numpy"):
        monkeypatch.setenv("MINE_GEO_ENGINE", name)
        for include_coast in (False, True):
            found[name, include_coast] = border_nearest(
                minefields, border, include_coast=include_coast
            )
    for include_coast in (False, True):
        ours, other = found["compiled", include_coast], found["numpy", include_coast]
        metres = ours["border_distance_m"]
        assert (metres - other["border_distance_m"]).abs().max() < MOST_M
        assert ours["neighbour"].equals(other["neighbour"])
        assert ((metres < 7000) == (other["border_distance_m"] < 7000)).all()


@pytest.mark.untraced
def test_nasty_polygons_by_both_engines_and_brute_force(land):
    chords = Chords(land)
    rng = np.random.default_rng(11)
    polygons = [
        valid_polygon(n, at, size=size)[1]
        for n, (at, size) in enumerate(
            zip(
                rng.uniform((102.2, 9.8), (107.8, 14.9), (len(VALID) * 12, 2)),
                np.tile([0.0005, 0.004, 0.03, 0.4], len(VALID) * 3),
                strict=True,
            )
        )
    ]
    (ours, _), (other, _) = by_both(polygons, land)
    assert np.abs(ours - other).max() < MOST_M
    brute = np.array([chords.polygon(polygon) for polygon in polygons[::6]])
    assert np.abs(ours[::6] - brute).max() < MOST_M


def ring(lon, lat, size, radii):
    angle = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    out = np.array(radii)[:, None] * size
    return np.column_stack([lon + out[:, 0] * np.cos(angle), lat + out[:, 0] * np.sin(angle)])


def holed(lon, lat, size, radii):
    outer = ring(lon, lat, size, radii)
    inner = [lon, lat] + (outer - [lon, lat]) * 0.4
    return shapely.Polygon(outer, [inner])


SHAPES = st.one_of(
    st.builds(
        holed, st.floats(102.9, 103.1), st.floats(12.9, 13.1), st.floats(1e-7, 0.15),
        st.lists(st.floats(0.3, 1), min_size=3, max_size=9),
    ),
    st.builds(  # slivers, near the border and through it
        lambda lon, lat, way, wide: shapely.Polygon(
            [(lon, lat), (lon + way, lat + way / 3), (lon + way / 2, lat + way / 6 + wide)]
        ),
        st.floats(102.9, 103.1), st.floats(12.9, 13.1), st.floats(0.001, 0.5),
        st.floats(1e-9, 1e-4),
    ),
    st.builds(shapely.box, st.just(102.5), st.floats(12, 13), st.floats(102.6, 104),
              st.floats(13.1, 14)),
)  # fmt: skip
BORDERS = st.lists(
    st.tuples(st.floats(102.8, 103.2), st.floats(12.8, 13.2)), min_size=2, max_size=7, unique=True
)


@pytest.mark.untraced
@settings(max_examples=40)
@given(st.lists(SHAPES, min_size=1, max_size=4), BORDERS, BORDERS)
def test_any_shapes_and_borders_by_both_engines(shapes, one, other):
    both = lines(one, other)
    shapes = [*shapes, shapely.MultiPolygon(shapely.get_parts(shapes[0])), *shapes[:1]]
    (ours, ours_line), (metres, line) = by_both(shapes, both)
    assert np.abs(ours - metres).max() < MOST_M
    assert ((ours == 0) == (metres == 0)).all()
    clear = ours != 0
    sides = np.column_stack([by_both(shapes, both.iloc[[n]])[0][0] for n in (0, 1)])
    told_apart = np.abs(sides[:, 0] - sides[:, 1]) > MOST_M
    assert (ours_line == line)[clear & told_apart].all()
    assert ours_line[0] == ours_line[-1]


def test_every_threads_blocks_and_order_give_the_same_bits(land, minefields, monkeypatch):
    some = minefields.geometry.to_numpy()[::7]
    first = measured(some, land)
    monkeypatch.setattr(geometry, "BLOCK", 100)
    monkeypatch.setattr(kernel, "SHARE", 7)
    assert (measured(some, land, workers=5) == first).all()
    order = np.random.default_rng(4).permutation(len(some))
    assert (measured(some[order], land, workers=3) == first[order]).all()
    assert measured(some[17:18], land)[0] == first[17]


def test_two_callers_at_once_do_not_meet(land, minefields):
    some = minefields.geometry.to_numpy()[::50]
    first, found = measured(some, land), []
    callers = [
        threading.Thread(target=lambda: found.append(measured(some, land, workers=2)))
        for _ in range(4)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert [(each == first).all() for each in found] == [True] * 4


# Bad input


def quiet(text):
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt(text)


def test_what_cannot_be_measured_is_nan_and_nothing_else_is(land):
    fine = shapely.box(103, 13, 103.1, 13.1)
    odd = [
        None, shapely.Polygon(), shapely.GeometryCollection(), shapely.MultiPolygon([]),
        quiet("POLYGON ((103 13, 103.1 NaN, 103.1 13.1, 103 13))"),
        quiet("POLYGON ((103 13, 103.1 inf, 103.1 13.1, 103 13))"),
        shapely.box(1e6, 13, 1e6 + 1, 14), shapely.box(103, 89, 104, 91),
    ]  # fmt: skip
    metres = measured([fine, *odd, fine], land)
    assert np.isnan(metres[1:-1]).all()
    assert metres[0] == metres[-1] == measured([fine], land)[0]
    assert measured([], land).tolist() == []
    assert np.isnan(measured([None], land)).all()


def test_places_without_extent_and_repeated_vertices(land):
    at = (104.0, 13.0)
    same = [
        shapely.Point(at), shapely.LineString([at, at]), shapely.Polygon([at] * 4),
        shapely.MultiPoint([at, at]),
    ]  # fmt: skip
    assert len(set(measured(same, land).tolist())) == 1


def test_a_border_of_one_short_segment_or_none():
    tip = lines([(103, 13), (103, 13 + 1e-12)])
    assert measured([shapely.Point(103, 14)], tip)[0] == pytest.approx(
        geod_m(103, 13, 103, 14), abs=1e-3
    )
    nothing = gpd.GeoDataFrame(geometry=[shapely.LineString([(1, 1), (1, 1)])], crs=4326)
    with pytest.raises(GeometryError, match="no line with a length"):
        Segments(nothing)
    beyond = lines([(103, 13), (103, 14)])
    beyond.geometry = beyond.geometry.translate(yoff=80)
    with pytest.raises(GeometryError, match="not longitude / latitude"):
        measured([shapely.Point(103, 14)], beyond)


@pytest.mark.untraced
def test_many_vertices_in_one_ring():
    angle = np.linspace(0, 2 * np.pi, 300_000)
    circle = shapely.Polygon(np.column_stack([104 + np.cos(angle) / 9, 13 + np.sin(angle) / 9]))
    east = lines([(104.3, 12), (104.3, 14)])
    expected = geod_m(104 + 1 / 9, 13, 104.3, 13)
    assert measured([circle], east)[0] == pytest.approx(expected, abs=0.01)


# Which engine, how many threads


def test_the_engine_can_be_named(monkeypatch):
    assert engine() == "compiled"
    monkeypatch.setenv("MINE_GEO_ENGINE", "numpy")
    assert engine() == "numpy"
    monkeypatch.setenv("MINE_GEO_ENGINE", "fast")
    with pytest.raises(OptionError, match="MINE_GEO_ENGINE=fast: no such engine; valid: compiled"):
        engine()
    monkeypatch.setenv("MINE_GEO_ENGINE", "compiled")
    monkeypatch.setattr(engines, "library", lambda: None)
    with pytest.raises(OptionError, match="is not built"):
        engine()
    monkeypatch.delenv("MINE_GEO_ENGINE")
    assert engine() == "numpy"


def test_a_library_of_another_source_is_not_used(tmp_path, monkeypatch):
    for name in (*engines.SOURCES, engines.LIBRARY):
        shutil.copy(engines.FOLDER / name, tmp_path)
    code = (
        "import sys; from pathlib import Path; from mine_geo.split import engines;"
        "engines.FOLDER = Path(sys.argv[1]); engines.source_hash.__defaults__ = (engines.FOLDER,);"
        "print(engines.library() is not None)"
    )

    def loads():
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert loads() == "True"
    with (tmp_path / "kernel.c").open("a") as source:
        source.write("/* changed */\n")
    assert loads() == "False"
    (tmp_path / engines.LIBRARY).write_bytes(b"no library")
    assert loads() == "False"
    (tmp_path / engines.LIBRARY).unlink()
    assert loads() == "False"


def test_threads_are_a_whole_number_above_zero(land, monkeypatch):
    field = hazards(shapely.box(103, 13, 103.1, 13.1))
    first = border_distance(field, land)
    monkeypatch.setenv("MINE_GEO_THREADS", "3")
    assert engines.threads() == 3
    assert engines.threads(np.int64(2)) == 2
    assert border_distance(field, land, threads=1).equals(first)
    for bad in (0, -1, 1.5, True, "2"):
        with pytest.raises(OptionError, match="give a whole number above 0"):
            border_distance(field, land, threads=bad)
    for bad in ("0", "two", "-1", "1.0", "²"):
        monkeypatch.setenv("MINE_GEO_THREADS", bad)
        with pytest.raises(OptionError, match=f"MINE_GEO_THREADS={bad}: give a whole number"):
            border_distance(field, land)
    monkeypatch.delenv("MINE_GEO_THREADS")
    assert engines.threads() >= 1


# The formula, and the C code alone


@pytest.mark.untraced
def test_metres_from_the_chord_keep_their_bound_up_to_a_thousand_kilometres():
    """The formula of kernel.c, against Karney's geodesics, all over the earth."""
    rng = np.random.default_rng(0)
    g = 1 / (1 - E2)
    weight = np.array([1, 1, g])
    for metres in (1e3, 1e5, 3e5, 6e5, 1e6):
        lon, lat = rng.uniform(-180, 180, 20_000), rng.uniform(-90, 90, 20_000)
        ends = GEOD.fwd(lon, lat, rng.uniform(0, 360, 20_000), np.full(20_000, metres))
        p, q = ecef(np.column_stack([lon, lat])), ecef(np.column_stack(ends[:2]))
        way, middle = q - p, (p + q) / 2
        square = (way**2).sum(axis=1)
        bend = (way**2 * weight).sum(axis=1) / square
        level, slope = (middle**2 * weight).sum(axis=1), (middle**2 * weight**2).sum(axis=1)
        angle2 = square * bend**2 * level / (A * A * slope)
        ours = np.sqrt(square) * (1 + angle2 / 24 + 3 * angle2**2 / 640)
        bound = 3 * E2 * metres**5 / (480 * A**4) + 5 * metres**7 / (7168 * A**6)
        assert np.abs(ours - metres).max() <= bound + 1e-6


@pytest.mark.untraced
def test_the_kernel_alone_under_sanitizers(tmp_path):
    """Memory and undefined behaviour, with a driver of its own that knows no Python."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    source = ROOT / "mine_geo" / "split"
    command = [
        compiler, "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off",
        "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", source,
        ROOT / "tests" / "split" / "kernel_driver.c", source / "kernel.c",
        "-lm", "-o", tmp_path / "driver",
    ]  # fmt: skip
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "cannot find" in built.stderr and "san" in built.stderr:
        pytest.skip("this compiler has no sanitizers")
    assert built.returncode == 0, built.stderr
    quiet_env = {name: v for name, v in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(
        [tmp_path / "driver"], capture_output=True, text=True, check=False, env=quiet_env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" 0 faults\n")
