"""Areas on the ground from GeoJSON: checked, and drawn with few enough points for a screen.

Source: RFC 7946 (WGS 84, longitude first).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, Polygon, shape

from povertyplan.lib.errors import DomainError, Problem

MOST_BYTES = 64 * 1024**2
DECIMALS = 5
"""Of a degree: about a metre."""
POINTS_PER_AREA = 40
"""An outline of a hundred communes then weighs some tens of kB, and still shows each."""
_FINEST, _COARSEST = 0.0002, 0.02  # degrees: about 20 m and 2 km

Rings = list[list[list[list[float]]]]
"""Polygons, each its rings (the first outside, holes after), each its points [lon, lat]."""


@dataclass(frozen=True)
class Area:
    """One feature of a file. `number` counts from 1."""

    number: int
    properties: dict[str, Any]
    shape: Polygon | MultiPolygon

    def problem(self, message: str) -> Problem:
        return Problem(message, where=_where(self.number, self.properties))


def read_areas(path: Path) -> list[Area]:
    """Read the Polygons and MultiPolygons of a file. Raises DomainError with every fault."""
    features = _features(path)
    areas, problems = [], []
    for number, feature in enumerate(features, start=1):
        try:
            areas.append(_area(number, feature))
        except _FaultyError as fault:
            properties = feature.get("properties") if isinstance(feature, dict) else None
            problems.append(Problem(str(fault), where=_where(number, properties)))
    if problems:
        raise DomainError(problems)
    return areas


_UNREADABLE = (
    ShapelyError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
)
"""What reading coordinates that are none may raise."""


class _FaultyError(Exception):
    """What is wrong with one feature."""


def _where(number: int, properties: object) -> str:
    code = properties.get("code") if isinstance(properties, dict) else None
    return f"đối tượng {number} (mã {code})" if code else f"đối tượng {number}"


def _features(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DomainError(f"{path.name} lớn hơn 64 MB; giản lược ranh giới trước khi nhập.")
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DomainError(f"Không đọc được {path.name}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DomainError(f"{path.name} không phải UTF-8; lưu lại tệp ở dạng UTF-8.") from error
    except json.JSONDecodeError as error:
        raise DomainError(
            Problem(
                "không phải JSON hợp lệ; xuất lại tệp GeoJSON.",
                where=f"{path.name}, dòng {error.lineno}, cột {error.colno}",
            )
        ) from error
    except ValueError as error:
        raise DomainError(f"{path.name} có số quá dài; không phải GeoJSON.") from error
    except RecursionError as error:
        raise DomainError(f"{path.name} lồng quá sâu; không phải GeoJSON.") from error
    if not isinstance(told, dict) or told.get("type") != "FeatureCollection":
        raise DomainError(f"{path.name} phải là GeoJSON dạng FeatureCollection.")
    if not _is_wgs84(told.get("crs")):
        raise DomainError(
            f"{path.name} ghi hệ tọa độ khác WGS 84 (khóa “crs”); chuyển về kinh độ, vĩ độ."
        )
    features = told.get("features")
    if not isinstance(features, list) or not features:
        raise DomainError(f"{path.name} không có đối tượng nào (khóa “features”).")
    return features


def _is_wgs84(crs: object) -> bool:
    return crs is None or any(name in json.dumps(crs) for name in ("CRS84", "EPSG::4326", ":4326"))


def _area(number: int, feature: object) -> Area:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _FaultyError("phải là một Feature.")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise _FaultyError("thiếu “properties” với mã đơn vị (“code”).")
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise _FaultyError(f"hình phải là Polygon hoặc MultiPolygon, đang là {kind}.")
    try:
        found = cast("Polygon | MultiPolygon", shape(cast("dict[str, Any]", geometry)))
    except _UNREADABLE as error:
        raise _FaultyError(
            "tọa độ không đọc được: vòng phải có từ 4 điểm [kinh độ, vĩ độ]."
        ) from error
    _check(found)
    return Area(number, properties, found)


def _check(found: Polygon | MultiPolygon) -> None:
    if found.is_empty:
        raise _FaultyError("hình rỗng.")
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _FaultyError(
            "tọa độ ngoài khoảng kinh độ −180…180, vĩ độ −90…90; có thể đang ở hệ VN-2000 (mét), "
            "chuyển về WGS 84."
        )
    if not found.is_valid:
        raise _FaultyError(f"hình không hợp lệ: {_why_invalid(found)}.")


def _why_invalid(found: Polygon | MultiPolygon) -> str:
    """The fault and where, in words."""
    reason = str(shapely.is_valid_reason(found))
    name, _, place = reason.partition("[")
    words = {
        "Self-intersection": "đường tự cắt",
        "Ring Self-intersection": "vòng tự cắt",
        "Hole lies outside shell": "lỗ nằm ngoài vòng",
        "Nested holes": "lỗ lồng nhau",
        "Nested shells": "các vòng lồng nhau",
        "Duplicate Rings": "vòng lặp lại",
        "Too few points in geometry component": "vòng có quá ít điểm",
        "Interior is disconnected": "phần trong bị cắt rời",
    }
    return f"{words.get(name.strip(), name.strip())} tại {place.rstrip(']')}" if place else reason


# -- for the screen -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """Areas with few points, in the order given. `fits`: neighbours share their lines.

    `middles`: where there is most room for a name.
    """

    rings: list[Rings]
    middles: list[list[float]]
    points: int
    fits: bool


def drawn(shapes: Sequence[Polygon | MultiPolygon]) -> Drawn:
    """The areas with so few points that all can be drawn at once; none of them vanishes.

    Where they fit together without gap or overlap they still do; else each is drawn by itself.
    """
    fits = bool(shapely.coverage_is_valid(list(shapes)))
    wanted = POINTS_PER_AREA * len(shapes)
    tolerance = _FINEST
    found = _simplified(shapes, tolerance, fits=fits)
    while _points(found) > wanted and tolerance < _COARSEST:
        tolerance *= 1.5
        found = _simplified(shapes, tolerance, fits=fits)
    middles = [_middle(row) for row in found]
    return Drawn([_rings(row) for row in found], middles, _points(found), fits)


def _middle(found: Polygon | MultiPolygon) -> list[float]:
    """The centre of the largest circle that fits into the largest part."""
    largest = max(_parts(found), key=lambda part: part.area)
    centre = shapely.maximum_inscribed_circle(largest).coords[0]
    return [round(centre[0], DECIMALS), round(centre[1], DECIMALS)]


def _simplified(
    shapes: Sequence[Polygon | MultiPolygon], tolerance: float, *, fits: bool
) -> list[Polygon | MultiPolygon]:
    if fits:
        found = list(shapely.coverage_simplify(list(shapes), tolerance))
    else:
        found = [row.simplify(tolerance, preserve_topology=True) for row in shapes]
    return [_without_specks(new, tolerance) or old for new, old in zip(found, shapes, strict=True)]


def _without_specks(found: Any, tolerance: float) -> Polygon | MultiPolygon | None:
    """The parts that can be seen at this tolerance; the largest always."""
    parts = [part for part in _parts(found) if not part.is_empty]
    if not parts:
        return None
    largest = max(parts, key=lambda part: part.area)
    kept = [part for part in parts if part is largest or part.area > tolerance**2]
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)


def _parts(found: Any) -> Iterator[Polygon]:
    if isinstance(found, Polygon):
        yield found
    elif isinstance(found, MultiPolygon):
        yield from found.geoms


def _points(found: Iterable[Any]) -> int:
    return int(sum(shapely.get_num_coordinates(row) for row in found))


def _rings(found: Polygon | MultiPolygon) -> Rings:
    return [
        [_ring(part.exterior.coords), *(_ring(hole.coords) for hole in part.interiors)]
        for part in _parts(found.normalize())  # the same lines are always kept the same way
    ]


def _ring(points: Iterable[Sequence[float]]) -> list[list[float]]:
    return [[round(point[0], DECIMALS), round(point[1], DECIMALS)] for point in points]
