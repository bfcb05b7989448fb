"""Which language is spoken: the one asked for, else that of the environment."""

from __future__ import annotations

import locale
import sys

import pytest

from unfreeze.language.choice import choose, chosen, from_environment, known, speaking


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("zh", "zh"), ("zh_CN.UTF-8", "zh"), ("zh-Hans-CN", "zh"), ("zh_TW.Big5", "zh"), ("ZH", "zh"), ("en_GB", "en"),
        ("Chinese_China.936", "zh"), ("Chinese (Simplified)_China.936", "zh"), ("de_DE", None), ("zhuang", None),
        ("", None), ("C.UTF-8", None),
    ],
)  # fmt: skip
def test_names_of_languages_and_locales_are_known(name: str, language: str | None) -> None:
    assert known(name) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),  # empty is not set
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "zh_CN"}, "en"),  # as gettext: the C locale stays English
        ({"LANG": "en_US.UTF-8", "UNFREEZE_LANGUAGE": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "UNFREEZE_LANGUAGE": "en"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "UNFREEZE_LANGUAGE": "klingon"}, "zh"),
    ],
)
def test_the_environment_says_which_language(environment: dict[str, str], language: str) -> None:
    assert from_environment(environment) == language


def test_a_system_without_variables_is_asked_for_its_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "getlocale", lambda: ("Chinese_China", "936"))
    monkeypatch.setattr(sys, "platform", "win32")
    assert from_environment({}) == "zh"
    assert from_environment({"LANG": "en_US.UTF-8"}) == "en"
    monkeypatch.setattr(locale, "getlocale", lambda: (None, None))
    assert from_environment({}) == "en"


def test_a_language_is_spoken_inside_of_a_block_alone() -> None:
    before = chosen()
    with pytest.raises(RuntimeError, match="inside"), speaking("zh"):
        assert chosen() == "zh"
        choose("en")
        raise RuntimeError("inside")
    assert chosen() == before
