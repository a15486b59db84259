"""Names and texts of any bytes, in formats that take only characters. A name is what os.fsdecode makes of it:
a byte that is no UTF-8 is a lone surrogate."""

import os
from urllib.parse import quote

from .common import TOP


def _escaped(character):
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        code -= 0xDC00
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}")


def shown_name(name):
    """One line, which no other name has."""
    return "".join("\\\\" if c == "\\" else c if c.isprintable() else _escaped(c) for c in name)


def shown_text(text):
    """What every format takes; lines stay lines."""
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def as_characters(name):
    """The name itself where it is UTF-8, else with the bytes that are not written out."""
    return "".join(_escaped(c) if 0xD800 <= ord(c) <= 0xDFFF else c for c in name)


def uri(name):
    """Exactly the name, whatever its bytes: from the project's folder on, or from the root."""
    path = os.path.abspath(name)
    top = str(TOP) + os.sep
    if path.startswith(top):
        return quote(os.fsencode(path[len(top):]))
    return "file://" + quote(os.fsencode(path))
