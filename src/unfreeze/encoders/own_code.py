"""Folders that bring code of their own: it is never run, so what it is for must be there without it, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from unfreeze.encoders.source import Source
from unfreeze.language.message import say

# Kinds whose weights were published with code before transformers had them, class names and all. For other known kinds,
# code under "AutoModel" is another network, even where it keeps the name: gte-Qwen2's Qwen2Model looks both ways.
PORTED = ("nomic_bert", "eurobert", "gte", "jina_embeddings_v3", "falcon", "deepseek_v2", "deepseek_v3")


def check_own_code(source: Source, config: Mapping[str, Any]) -> list[str]:
    """Check what code the folder names for configuration, model and tokenizer.

    Args:
        config: values of config.json.

    Returns:
        Notes for the user.

    Raises:
        InputError: without that code it would be another model or tokenizer, or none.
    """
    return _check_model(source, config) + _check_tokenizer(source)


def _check_model(source: Source, config: Mapping[str, Any]) -> list[str]:
    from transformers import CONFIG_MAPPING, __version__
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    named, kind = _named(config.get("auto_map")), config.get("model_type")
    if not isinstance(kind, str) or not kind:
        return []  # loading reports what is missing
    if kind not in CONFIG_MAPPING:
        code = (
            say("its own code for it ({values}) is never run, and ", values=next(iter(named.values()))) if named else ""
        )
        raise source.error(
            say(
                "is of type {kind!r}: {code}transformers {version} does not know it; if another release does, "
                "re-save it with that, else choose another encoder",
                kind=kind,
                code=code,
                version=__version__,
            )
        )
    if kind not in MODEL_MAPPING_NAMES:
        raise source.error(
            say("is of type {kind!r}, of which transformers has no model that gives states alone", kind=kind)
        )
    known = MODEL_MAPPING_NAMES[kind]
    own = known if isinstance(known, str) else known[0]
    if "AutoModel" in named:
        classes = {CONFIG_MAPPING[kind].__name__, own}
        theirs = {_class(named[part]) for part in ("AutoConfig", "AutoModel") if part in named}
        if kind not in PORTED or not theirs <= classes:
            raise source.error(
                say(
                    "names code of its own as the model ({named}), which is never run; transformers' {own} would "
                    "give other states. If that is the model after all, take auto_map out of its config.json",
                    named=named["AutoModel"],
                    own=own,
                )
            )
    if named:
        code = ", ".join(sorted(set(named.values())))
        return [
            say(
                "The encoder's folder names code of its own ({code}), which is not run: it is read as a {own}.",
                code=code,
                own=own,
            )
        ]
    return _odd_architecture(config, own)


def _odd_architecture(config: Mapping[str, Any], own: str) -> list[str]:
    """A line where config.json names a network that is none of transformers', nor one of its kind with another head."""
    names = config.get("architectures")
    for name in names if isinstance(names, list) else ():
        if isinstance(name, str) and not name.startswith(own.removesuffix("Model")) and name not in _known_names():
            return [
                say(
                    "Warning: config.json names the network {name}, which transformers lacks: it is read as a {own}.",
                    name=name,
                    own=own,
                )
            ]
    return []


@cache
def _known_names() -> frozenset[str]:
    """All networks that transformers has; listing them takes a third of a second."""
    import transformers

    return frozenset(dir(transformers))


def _check_tokenizer(source: Source) -> list[str]:
    given = source.settings("tokenizer_config.json").get("auto_map")
    if not given:
        return []
    parts = given.get("AutoTokenizer") if isinstance(given, dict) else given
    names = [part for part in (parts if isinstance(parts, list) else [parts]) if isinstance(part, str)]
    if not names:
        return []
    if source.file("tokenizer.json") is None:
        raise source.error(
            say(
                "has a tokenizer that is code of its own ({names}), which is never run, and no tokenizer.json, "
                "which would do the same without code; save one there",
                names=names[-1],
            )
        )
    return [
        say("The tokenizer's own code ({names}) is not run: texts are read as tokenizer.json says.", names=names[-1])
    ]


def _named(auto_map: Any) -> dict[str, str]:
    """Which class stands for what, where config.json says so in the usual way."""
    given = auto_map.items() if isinstance(auto_map, dict) else ()
    return {str(part): name for part, name in given if isinstance(name, str) and part != "AutoTokenizer"}


def _class(reference: str) -> str:
    return reference.rpartition(".")[2]
