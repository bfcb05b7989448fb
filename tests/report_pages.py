"""A page of a report as tests read it."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """Elements, ids and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = [tag] if tag in ("script", "style") else self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside = [] if tag in self.inside else self.inside

    def handle_data(self, data: str) -> None:
        self.text += "" if self.inside else data

    def ids(self) -> list[str]:
        return [attrs["id"] for _, attrs in self.elements if attrs.get("id")]
