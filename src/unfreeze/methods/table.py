"""The methods that there are: the only list of them. No torch here."""

from __future__ import annotations

from typing import Any

from unfreeze.errors import InputError, nearest, shown
from unfreeze.language.message import say
from unfreeze.methods.feature_extraction import FEATURE_EXTRACTION
from unfreeze.methods.fine_tuning import FINE_TUNING
from unfreeze.methods.lora import LORA
from unfreeze.methods.method import Method
from unfreeze.recipe import MethodName, Recipe

METHODS: tuple[Method[Any], ...] = (FEATURE_EXTRACTION, LORA, FINE_TUNING)


def names() -> tuple[MethodName, ...]:
    """Names of all methods."""
    return tuple(method.name for method in METHODS)


def default_names() -> tuple[MethodName, ...]:
    """Names of the methods that are compared where a plan names none."""
    return tuple(method.name for method in METHODS if method.default)


def method_named(name: MethodName, where: str | None = None) -> Method[Any]:
    """The method of this name. Raises `InputError` with the nearest name where there is none."""
    for method in METHODS:
        if method.name == name:
            return method
    raise InputError(
        say("unknown method '{name}'{name2}", name=shown(str(name)), name2=nearest(str(name), names())), where=where
    )


def method_of(recipe: Recipe) -> Method[Any]:
    """The method of a recipe."""
    return method_named(recipe.method)
