"""Names from outside, made harmless."""

from __future__ import annotations

from markdown_it import MarkdownIt

from unfreeze.inert import drawable, in_markdown


def test_markdown_shows_a_name_and_nothing_else() -> None:
    names = (
        "<b>x</b>",
        "a|b",
        "[a](javascript:x)",
        "two\nlines",
        "<img src=x onerror=y>",
        "plain, 3 < 4 & [+0.2, +2.4]",
    )
    rows = "".join(f"| {in_markdown(name)} | {in_markdown(name)} |\n" for name in names)
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(f"| a | b |\n| --- | --- |\n{rows}")
    assert shown.count("<tr>") == len(names) + 1
    assert shown.count("<td>") == 2 * len(names)
    for tag in ("<b>", "<img", "<a "):
        assert tag not in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "3 &lt; 4 &amp; [+0.2, +2.4]" in shown


def test_markdown_keeps_links_of_our_own() -> None:
    assert in_markdown("[table2](table2.md)") == "[table2](table2.md)"


def test_what_can_be_drawn_is_left_alone() -> None:
    spec = {"a": [1, 2.5, None, True, "naïve 中文 🙂\tx"], "b": {"c": "</script>"}}
    assert drawable(spec) == spec


def test_characters_that_no_xml_has_are_replaced_wherever_they_stand() -> None:
    assert drawable({"a\0": ["\x1b[31m", {"b": "\ufffe"}]}) == {"a\ufffd": ["\ufffd[31m", {"b": "\ufffd"}]}


def test_a_name_that_plain_objects_take_is_told_apart_without_being_seen() -> None:
    assert drawable(["__proto__", "x__proto__"]) == ["\u2060__proto__", "x__proto__"]
