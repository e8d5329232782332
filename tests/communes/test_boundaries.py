"""Boundaries come from GeoJSON, by code and day; a file with a fault writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from math import cos, pi, sin
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from shapely.geometry import Polygon

from communes.imports import import_boundaries
from communes.models import Boundary
from povertyplan.lib.errors import DomainError
from povertyplan.lib.outlines import POINTS_PER_AREA
from tests.builders import Places, unit

pytestmark = pytest.mark.django_db

Write = Callable[..., Path]
DAY = date(2024, 12, 31)


def square(west: float, south: float, size: float = 0.1) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code: object, ring: Any, **properties: object) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*features: object, **more: object) -> Path:
        path = tmp_path / "ranh-gioi.geojson"
        path.write_text(
            json.dumps({"type": "FeatureCollection", "features": list(features), **more}),
            encoding="utf-8",
        )
        return path

    return written


def refused(path: Path, on: date | None = DAY) -> list[str]:
    """The faults, having checked that nothing was written."""
    with pytest.raises(DomainError) as refusal:
        import_boundaries(path, on=on)
    assert not Boundary.objects.exists()
    return [str(problem) for problem in refusal.value.problems]


def test_each_unit_gets_its_outline(places: Places, write: Write) -> None:
    path = write(feature("90102", square(104.0, 22.0)), feature("90103", square(104.1, 22.0)))

    done = import_boundaries(path, on=DAY, source="Sở Nội vụ")

    assert (done.counts.created, done.fits) == (2, True)
    kept = places.first.boundary
    assert kept.source == "Sở Nội vụ"
    assert sorted(kept.rings[0][0][:-1]) == sorted(square(104.0, 22.0)[:-1])


def test_a_second_import_changes_only_what_differs(places: Places, write: Write) -> None:
    first, second = feature("90102", square(104.0, 22.0)), feature("90103", square(104.1, 22.0))
    import_boundaries(write(first, second), on=DAY)

    same = import_boundaries(write(first, second), on=DAY).counts
    moved = import_boundaries(
        write(first, feature("90103", square(104.1, 22.0, 0.2))), on=DAY
    ).counts

    assert (same.created, same.changed, same.unchanged) == (0, 0, 2)
    assert (moved.created, moved.changed, moved.unchanged) == (0, 1, 1)


def test_code_names_the_unit_of_that_day(places: Places, write: Write) -> None:
    """A code that was given to another unit: the day decides whose outline it is."""
    places.first.valid_to = date(2025, 6, 30)
    places.first.save()
    later = unit("90102", "Xã Mới", "commune", places.district, valid_from=date(2025, 7, 1))
    ring = square(104.0, 22.0)

    import_boundaries(write(feature("90102", ring, valid_from="2025-07-01")))
    assert Boundary.objects.get().unit == later

    import_boundaries(write(feature("90102", ring, valid_to="2025-06-30")))
    assert set(Boundary.objects.values_list("unit", flat=True)) == {later.pk, places.first.pk}


def test_outline_of_many_points_is_drawn_with_few_and_keeps_its_shape(
    places: Places, write: Write
) -> None:
    count = 5000
    circle = [
        [104 + 0.2 * cos(2 * pi * n / count), 22 + 0.2 * sin(2 * pi * n / count)]
        for n in range(count)
    ]

    done = import_boundaries(write(feature("90102", [*circle, circle[0]])), on=DAY)

    ring = places.first.boundary.rings[0][0]
    assert done.points == len(ring) <= POINTS_PER_AREA
    assert Polygon(ring).area == pytest.approx(Polygon(circle).area, rel=0.03)


def test_neighbours_still_share_their_line(places: Places, write: Write) -> None:
    """A line of a thousand teeth between two units: simplified once, not twice."""
    teeth = [[104.1 + 0.001 * (n % 2), 22 + 0.0001 * n] for n in range(1001)]
    west = [[104.0, 22.0], *teeth, [104.0, 22.1], [104.0, 22.0]]
    east = [[104.2, 22.1], *teeth[::-1], [104.2, 22.0], [104.2, 22.1]]

    done = import_boundaries(write(feature("90102", west), feature("90103", east)), on=DAY)

    first, second = (Polygon(row.boundary.rings[0][0]) for row in (places.first, places.second))
    assert done.fits
    assert done.points < 200
    assert first.intersection(second).area == 0
    assert first.union(second).geom_type == "Polygon"  # no gap


def test_an_island_that_cannot_be_seen_is_dropped_and_no_unit_vanishes(
    places: Places, write: Write
) -> None:
    speck = square(104.5, 22.0, 0.00001)
    both = feature("90102", square(104.0, 22.0))
    both["geometry"] = {"type": "MultiPolygon", "coordinates": [[square(104.0, 22.0)], [speck]]}

    import_boundaries(write(both, feature("90103", square(104.7, 22.0, 0.00001))), on=DAY)

    assert len(places.first.boundary.rings) == 1
    assert len(places.second.boundary.rings) == 1


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (feature("99999", square(104, 22)), "không có đơn vị mã “99999”"),
        (feature(90102, square(104, 22)), "thiếu mã đơn vị"),
        (feature("90102", square(400_000, 2_400_000, 500)), "VN-2000"),
        (feature("90102", [[104, 22], [105, 23], [105, 22], [104, 23], [104, 22]]), "đường tự cắt"),
        (feature("90102", [[104, 22], [105, 23]]), "vòng phải có từ 4 điểm"),
        (feature("90102", [["a", "b"]] * 4), "tọa độ không đọc được"),
        (feature("90102", None), "hình rỗng"),
        (feature("90102", [[float("nan"), 22], *square(104, 22)]), "tọa độ"),
        (
            {
                "type": "Feature",
                "properties": {"code": "90102"},
                "geometry": {"type": "Point", "coordinates": [104, 22]},
            },
            "đang là Point",
        ),
        ({"type": "Feature", "properties": None, "geometry": None}, "thiếu “properties”"),
        ("chữ", "phải là một Feature"),
    ],
)
def test_a_bad_feature_is_named_and_nothing_is_written(
    places: Places, write: Write, bad: object, said: str
) -> None:
    (problem,) = refused(write(feature("90103", square(104.1, 22)), bad))

    assert problem.startswith("đối tượng 2")
    assert said in problem


def test_every_fault_is_told_at_once(places: Places, write: Write) -> None:
    path = write(
        feature("99998", square(104, 22)),
        feature("90102", square(104, 22)),
        feature("90102", square(105, 22)),
        feature("99999", square(106, 22)),
    )

    said = refused(path)

    assert [row.split(":")[0] for row in said] == [
        "đối tượng 1 (mã 99998)",
        "đối tượng 3 (mã 90102)",
        "đối tượng 4 (mã 99999)",
    ]
    assert "đã có ở đối tượng 2" in said[1]


def test_a_day_is_needed_and_must_be_one(places: Places, write: Write) -> None:
    assert (
        "không rõ ranh giới của ngày nào"
        in refused(write(feature("90102", square(104, 22))), on=None)[0]
    )
    assert (
        "không phải ngày"
        in refused(write(feature("90102", square(104, 22), valid_from="01/07/2025")), on=None)[0]
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type": "FeatureCollection", "features": [}', "dòng 1, cột 44"),
        ("[]", "FeatureCollection"),
        ('{"type": "FeatureCollection", "features": []}', "không có đối tượng"),
        ("[" * 100_000, "lồng quá sâu"),
        (
            '{"type": "FeatureCollection", "features": [{}], "crs": "urn:ogc:def:crs:EPSG::3405"}',
            "WGS 84",
        ),
    ],
)
def test_a_file_that_is_no_geojson_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tep.geojson"
    path.write_text(text)

    assert said in refused(path)[0]


def test_command_tells_what_it_did_and_what_is_wrong(
    places: Places, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    overlapping = write(
        feature("90102", square(104.0, 22.0)), feature("90103", square(104.05, 22.0))
    )
    call_command("import_boundaries", str(overlapping), "--date", "2024-12-31")
    told = capsys.readouterr().out
    assert "thêm 2" in told
    assert "hở hoặc chồng lên nhau" in told

    with pytest.raises(CommandError, match="không có đơn vị"):
        call_command(
            "import_boundaries",
            str(write(feature("99999", square(104, 22)))),
            "--date",
            "2024-12-31",
        )


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "Polygon"}',
        '{"type": "Polygon", "coordinates": {"a": 1}}',
        '{"type": "Polygon", "coordinates": [[[1e400, 22], [105, 22], [105, 23], [1e400, 22]]]}',
        '{"type": "Polygon", "coordinates": [[[1%s, 22], [105, 22], [105, 23], [1, 22]]]}'
        % ("0" * 400),
        '{"type": "Polygon", "coordinates": [[[1%s, 22]]]}' % ("0" * 6000),
    ],
)
def test_coordinates_that_are_none_are_refused_in_words(
    places: Places, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "tep.geojson"
    head = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": '
    path.write_text(head + '{"code": "90102"}, "geometry": ' + text + "}]}")

    assert len(refused(path)) == 1
