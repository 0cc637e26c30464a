"""WeChat's XML documents: flat text elements under `<xml>`, some with lists below. No DTD, no other encoding."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, ParseError, fromstring

# A DTD can stand only before the root element, so a document that begins like this has none, and no entities either.
_PROLOG = re.compile(
    rb"""(?:\xef\xbb\xbf)?\s*
    (?:<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["']utf-8["'])?(?:\s+standalone\s*=\s*["']\w+["'])?\s*\?>)?
    \s*<xml[\s>/]""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTROL = bytes(code for code in range(32) if code not in (9, 10, 13))
_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# One element of a document that holds nothing but text, as almost all do; what looks different at all is the parser's.
_PLAIN = re.compile(
    r"[ \t\n]*<([A-Za-z][A-Za-z0-9_]*)>(?:<!\[CDATA\[([^\]\r\ufffe\uffff]*)\]\]>|([^<>&\r\ufffe\uffff]*))</\1>", re.ASCII
)
_LISTS = frozenset({"List", "item"})
_DEPTH = 4


class BadBody(Exception):
    """The body is not a document that WeChat sends."""


def parse(body: bytes) -> Element:
    """The root `<xml>` of a document. Control characters that XML forbids are dropped: they come from patients' keyboards.
    Raises BadBody for anything malformed, for a DTD, for another encoding than UTF-8, and for a repeated element."""
    body = body.translate(None, _CONTROL)
    if not _PROLOG.match(body):
        raise BadBody("not a WeChat document")
    try:
        root = fromstring(body)  # noqa: S314 - see `_PROLOG`
    except (ParseError, ValueError, LookupError):
        raise BadBody("malformed XML") from None
    return root


def flat(body: bytes) -> dict[str, str] | None:
    """What `fields(parse(body))` says of a document of text elements, at half its price; None when it is for the parser."""
    try:
        text = body.translate(None, _CONTROL).decode()
    except UnicodeDecodeError:
        return None
    if not text.startswith("<xml>"):
        return None
    found: dict[str, str] = {}
    place, count, match = len("<xml>"), 0, _PLAIN.match
    while element := match(text, place):
        name, quoted, plain = element.groups()
        found[name] = (plain if quoted is None else quoted).strip()
        place = element.end()
        count += 1
    return found if len(found) == count and text[place:].strip(" \t\n") == "</xml>" else None


def fields(root: Element) -> dict[str, str]:
    """The elements right under the root, without the white space round their text. Raises BadBody if one is repeated."""
    found = {child.tag: (child.text or "").strip() for child in root}
    if len(found) != len(root):
        raise BadBody("an element is repeated")
    return found


def nested(root: Element) -> dict[str, str]:
    """What stands deeper than `fields`, by dotted names without the outermost: `ScanType`, `List.1.TemplateId`,
    `PicList.item.2.PicMd5Sum`. `List` and `item` are numbered from 1 even when there is only one."""
    found: dict[str, str] = {}
    for child in root:
        if len(child):
            _flatten(child, "", _DEPTH, found)
    return found


def _flatten(parent: Element, prefix: str, depth: int, found: dict[str, str]) -> None:
    seen: dict[str, int] = {}
    tags = [child.tag for child in parent]
    for child in parent:
        seen[child.tag] = number = seen.get(child.tag, 0) + 1
        repeated = child.tag in _LISTS or tags.count(child.tag) > 1
        name = f"{prefix}{child.tag}.{number}" if repeated else prefix + child.tag
        if not len(child):
            found[name] = (child.text or "").strip()
        elif depth:
            _flatten(child, name + ".", depth - 1, found)


def legal(text: str) -> str:
    """The text without characters that XML 1.0 forbids; line ends become LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ILLEGAL.sub("", text)


def cdata(text: str) -> str:
    """The text as a CDATA section that it cannot break out of."""
    if "]]>" in text:
        text = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"
