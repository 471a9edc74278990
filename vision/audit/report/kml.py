"""The report as KML, for Google Earth and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

_SPACE = "http://www.opengis.net/kml/2.2"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, not even escaped (its production 2)."""
_COLOURS = {
    "overflowing_bin": "ff2a53b4",
    "street_vending": "ffa34b6d",
    "dirty_truck": "ff126d8a",
    "illegal_structure": "ff3c7a4a",
}
"""Of the page's kinds, as KML writes colours: alpha, blue, green, red."""
_GREY = "ff75685b"


def kml(features: Iterable[Mapping[str, Any]], title: str, names: Mapping[str, str]) -> str:
    """The features of `vision.audit.report.geojson` as a KML 2.2 document (OGC 07-147r2).

    Each is a placemark with all its properties as `ExtendedData`, in a folder for each sort.

    Args:
        features: points and polygons, WGS 84, longitude first.
        title: of the document.
        names: of kinds, for people.
    """
    root = Element("kml", xmlns=_SPACE)
    document = SubElement(root, "Document")
    _text(document, "name", title)
    for kind, colour in (*_COLOURS.items(), ("", _GREY)):
        style = SubElement(document, "Style", id=f"kind-{kind}")
        _text(SubElement(style, "IconStyle"), "color", colour)
        _text(SubElement(style, "LineStyle"), "color", colour)
        _text(SubElement(style, "PolyStyle"), "color", f"40{colour[2:]}")
    folders = dict[str, Element]()
    for feature in features:
        properties = feature["properties"]
        sort = str(properties["feature"])
        if sort not in folders:
            folders[sort] = SubElement(document, "Folder")
            _text(folders[sort], "name", sort)
        _placemark(folders[sort], feature["geometry"], properties, names)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _placemark(
    folder: Element,
    geometry: Mapping[str, Any],
    properties: Mapping[str, Any],
    names: Mapping[str, str],
) -> None:
    mark, kind = SubElement(folder, "Placemark"), str(properties.get("kind", ""))
    said = (names.get(kind, kind), properties.get("violation") or properties.get("picture"))
    _text(mark, "name", " ".join(str(one) for one in said if one))
    _text(mark, "styleUrl", f"#kind-{kind if kind in _COLOURS else ''}")
    data = SubElement(mark, "ExtendedData")
    for name, value in properties.items():
        _text(SubElement(data, "Data", name=name), "value", _shown(value))
    if geometry["type"] == "Point":
        _text(SubElement(mark, "Point"), "coordinates", _pairs([geometry["coordinates"]]))
    else:
        ring = SubElement(SubElement(SubElement(mark, "Polygon"), "outerBoundaryIs"), "LinearRing")
        _text(ring, "coordinates", _pairs(geometry["coordinates"][0]))


def _pairs(points: Iterable[Iterable[float]]) -> str:
    return " ".join(",".join(f"{number:.7f}" for number in point) for point in points)


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return " ".join(_shown(one) for one in value.values())
    return "" if value is None else str(value)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _NOT_XML.sub("\ufffd", text)
