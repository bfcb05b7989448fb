"""Words from outside (names, texts, paths) made harmless for what shows them: Markdown, and drawings as SVG."""

from __future__ import annotations

import re
from typing import Any

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINK = re.compile(r"\]\((?![\w-]+\.md\))")  # links of our own lead to a page beside


def in_markdown(text: str) -> str:
    """A text on one line that no program shows as a tag, a link or a cell of a table."""
    line = " ".join(text.splitlines()).replace("<", "&lt;").replace("|", r"\|")
    return _LINK.sub(r"]\\(", line)


def drawable(value: Any) -> Any:
    """A chart's specification with names and texts that Vega and vl-convert can draw.

    vl-convert ends the process at characters that XML does not have. Vega keeps names as properties of plain objects,
    where one is taken; with a sign of no width in front it is a name like others.
    """
    if isinstance(value, str):
        return "\u2060__proto__" if value == "__proto__" else _NO_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {drawable(key): drawable(inner) for key, inner in value.items()}
    return [drawable(inner) for inner in value] if isinstance(value, list | tuple) else value
