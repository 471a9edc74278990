"""The demo's map: an invented quarter of streets, a river and parks around the four cameras."""

from typing import Any

# Degrees, WGS 84. Invented: no survey of Zengdu, and no map of anybody's was used.
STREETS: dict[str, tuple[str, tuple[tuple[float, float], ...]]] = {
    "解放路": (
        "road",
        ((113.3640, 31.7158), (113.3712, 31.7164), (113.3790, 31.7172), (113.3905, 31.7180)),
    ),
    "烈山大道": ("road", ((113.3752, 31.7050), (113.3749, 31.7141), (113.3744, 31.7240))),
    "迎宾大道": (
        "road",
        ((113.3640, 31.7218), (113.3760, 31.7209), (113.3861, 31.7201), (113.3905, 31.7198)),
    ),
    "东城街": (
        "road",
        ((113.3660, 31.7086), (113.3751, 31.7092), (113.3795, 31.7094), (113.3905, 31.7104)),
    ),
    "舜井路": (
        "road",
        ((113.3838, 31.7050), (113.3842, 31.7100), (113.3846, 31.7176), (113.3856, 31.7240)),
    ),
    "沿河路": (
        "road",
        ((113.3688, 31.7050), (113.3692, 31.7110), (113.3683, 31.7170), (113.3676, 31.7240)),
    ),
    "农贸巷": ("lane", ((113.3712, 31.7164), (113.3714, 31.7188), (113.3745, 31.7190))),
    "青年巷": ("lane", ((113.3749, 31.7141), (113.3793, 31.7144), (113.3844, 31.7150))),
    "老街": ("lane", ((113.3795, 31.7094), (113.3793, 31.7144), (113.3790, 31.7172))),
    "学府巷": ("lane", ((113.3751, 31.7116), (113.3794, 31.7119), (113.3843, 31.7124))),
    "工地便道": ("lane", ((113.3861, 31.7201), (113.3867, 31.7222), (113.3890, 31.7226))),
    "河东巷": ("lane", ((113.3692, 31.7124), (113.3750, 31.7129))),
}
RIVER = (
    (113.3652, 31.7040),
    (113.3660, 31.7110),
    (113.3650, 31.7170),
    (113.3640, 31.7250),
)
PARKS = {
    "舜井公园": (
        (113.3800, 31.7150),
        (113.3838, 31.7153),
        (113.3840, 31.7170),
        (113.3798, 31.7167),
    ),
    "滨河绿地": (
        (113.3670, 31.7060),
        (113.3684, 31.7060),
        (113.3688, 31.7110),
        (113.3674, 31.7110),
    ),
}
# Blocks of buildings: south-west corner, columns, rows.
BLOCKS = (
    (113.3756, 31.7098, 5, 2),
    (113.3798, 31.7098, 5, 2),
    (113.3756, 31.7121, 5, 2),
    (113.3798, 31.7126, 5, 2),
    (113.3755, 31.7148, 4, 2),
    (113.3697, 31.7133, 6, 2),
    (113.3720, 31.7170, 2, 2),
    (113.3850, 31.7108, 6, 4),
    (113.3853, 31.7160, 5, 1),
    (113.3697, 31.7098, 6, 2),
    (113.3757, 31.7182, 10, 2),
)
_STEP = (0.00078, 0.00095)
_SIZE = (0.00052, 0.00062)


def town() -> dict[str, Any]:
    """The map as a GeoJSON FeatureCollection, in degrees of WGS 84."""
    features = [_feature("LineString", RIVER, "water", "府河")]
    features += [
        _feature("Polygon", [[*ring, ring[0]]], "green", name) for name, ring in PARKS.items()
    ]
    for west, south, columns, rows in BLOCKS:
        for column in range(columns):
            for row in range(rows):
                features.append(_building(west + column * _STEP[0], south + row * _STEP[1]))
    features += [_feature("LineString", line, kind, name) for name, (kind, line) in STREETS.items()]
    return {"type": "FeatureCollection", "features": features}


def _building(west: float, south: float) -> dict[str, Any]:
    east, north = round(west + _SIZE[0], 6), round(south + _SIZE[1], 6)
    west, south = round(west, 6), round(south, 6)
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return _feature("Polygon", [ring], "building")


def _feature(shape: str, coordinates: Any, kind: str, name: str = "") -> dict[str, Any]:
    said = {"kind": kind, "name": name} if name else {"kind": kind}
    return {
        "type": "Feature",
        "properties": said,
        "geometry": {"type": shape, "coordinates": coordinates},
    }
