"""XML as it was written: prefixes, order and white space stay. Input has been through `parcels`."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Any
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from povertyplan.lib.errors import DomainError
from povertyplan.lib.parcels import BROKEN

Node = Any
"""An element of minidom, which ships no types worth having."""
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BARRED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""What XML cannot hold at all."""


def parsed(content: bytes) -> Node:
    """The root element. Raises DomainError for what is no XML."""
    try:
        return minidom.parseString(content).documentElement  # noqa: S318  # DTDs are refused before
    except (ExpatError, ValueError) as error:
        raise DomainError(BROKEN) from error


def children(node: Node, name: str = "") -> list[Node]:
    """Elements right below, by their name without prefix."""
    found = [child for child in node.childNodes if child.nodeType == child.ELEMENT_NODE]
    return [child for child in found if child.localName == name] if name else found


def child(node: Node, name: str) -> Node | None:
    return next(iter(children(node, name)), None)


def walk(node: Node) -> Iterator[Node]:
    """The element and all below it, from top to bottom."""
    yield node
    for one in children(node):
        yield from walk(one)


def without(root: Node, names: Container[str]) -> Node:
    """The element less those of some names below it."""
    for node in list(walk(root)):
        if node.localName in names and node.parentNode is not None:
            node.parentNode.removeChild(node)
    return root


def text(node: Node) -> str:
    kinds = (node.TEXT_NODE, node.CDATA_SECTION_NODE)
    return "".join(one.data for one in node.childNodes if one.nodeType in kinds)


def set_text(node: Node, words: str) -> None:
    for one in list(node.childNodes):
        node.removeChild(one)
    node.appendChild(node.ownerDocument.createTextNode(words))


def written(node: Node) -> str:
    """The element and all below it."""
    return "".join(_pieces(node))


def opening(node: Node, **instead: str) -> str:
    """Its first tag, with some attributes told anew."""
    told = dict(node.attributes.items()) | instead
    return f"<{node.tagName}" + "".join(f' {name}="{attribute(v)}"' for name, v in told.items())


def _pieces(node: Node) -> Iterator[str]:
    if node.nodeType in (node.TEXT_NODE, node.CDATA_SECTION_NODE):
        yield escaped(node.data)
    elif node.nodeType == node.ELEMENT_NODE:
        yield opening(node)
        if not node.childNodes:
            yield "/>"
            return
        yield ">"
        for one in node.childNodes:
            yield from _pieces(one)
        yield f"</{node.tagName}>"


def escaped(words: str) -> str:
    told = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return told.replace("\r", "&#13;")


def attribute(words: str) -> str:
    told = escaped(words).replace('"', "&quot;")
    return told.replace("\n", "&#10;").replace("\t", "&#9;")


def column(letters: str) -> int:
    """Of A 1, of AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def whole(words: str) -> int:
    """Raises DomainError for what is no number."""
    if not re.fullmatch("[0-9]{1,7}", words.strip()):
        raise DomainError(BROKEN)
    return int(words)


def harmless(words: str) -> str:
    """Text without what no XML file may hold."""
    return _BARRED.sub("", words)
