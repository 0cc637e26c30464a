"""The XML of pushes and passive replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # characters XML cannot hold


class BadXML(Exception):
    """Not a document WeChat would take."""


def write(fields: Mapping[str, Any]) -> str:
    """`<xml>…</xml>`: text in CDATA, whole numbers bare, mappings nested, lists as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, (int, float)):
        return f"<{name}>{value}</{name}>"
    text = _FORBIDDEN.sub("", str(value)).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{text}]]></{name}>"


def read(text: str) -> dict[str, Any]:
    """Fields of an `<xml>` document; an element with children becomes a dict, a repeated one a list; BadXML otherwise."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadXML("document type declarations are not taken")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - declarations are refused above
    except ElementTree.ParseError as error:
        raise BadXML(str(error)) from error
    if root.tag != "xml":
        raise BadXML(f"root element is {root.tag}")
    return _fields(root)


def _fields(element: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for child in element:
        value: Any = _fields(child) if len(child) else (child.text or "")
        if child.tag in found:
            known = found[child.tag]
            found[child.tag] = [*known, value] if isinstance(known, list) else [known, value]
        else:
            found[child.tag] = value
    return found
