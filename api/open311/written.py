"""Written: answers as the specification's XML and JSON.

XML knows no lists and no types: a list is an element that holds others, named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# Only writes: what is read in tests is read by defusedxml.
from xml.etree import ElementTree as ET

from vision.printable import harmless

MEDIA_TYPES: Final = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
_ITEMS: Final = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "endpoints": "endpoint",
    "formats": "format",
}
_NO_XML = re.compile("[\ufffe\uffff]")


def written(root: str, value: Any, form: str) -> bytes:
    """An answer; in JSON a list or an object without a root.

    Args:
        root: the XML document's root element.
        value: fields, or a list of such.
        form: `xml` or `json`.
    """
    if form == "json":
        return json.dumps(_plain(value), ensure_ascii=False).encode()
    element = ET.Element(root)
    _fill(element, value)
    content: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return content


def _fill(element: ET.Element, value: Any) -> None:
    match value:
        case None:
            return
        case bool():
            element.text = str(value).lower()
        case Mapping():
            for name, part in value.items():
                _fill(ET.SubElement(element, name), part)
        case Sequence() if not isinstance(value, str):
            for part in value:
                _fill(ET.SubElement(element, _ITEMS[element.tag]), part)
        case _:
            element.text = _text(str(value))


def _plain(value: Any) -> Any:
    match value:
        case str():
            return _text(value)
        case Mapping():
            return {name: _plain(part) for name, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case _:
            return value


def _text(text: str) -> str:
    """Without what XML 1.0 has no way to write."""
    return _NO_XML.sub("\ufffd", harmless(text))
