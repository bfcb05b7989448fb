"""How a folder of sentence-transformers wants its transformer used: pooling, length, prompt, case, limit.

Two layouts are about: the transformer's files at the root, and older ones with it in `0_Transformer`. `modules.json`
lists the modules either way; the first one is the transformer, the others make one vector of its states.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from unfreeze.encoders.source import Source, shortened
from unfreeze.language.message import say
from unfreeze.recipe import Pooling

MODULES = "modules.json"
SETTINGS = ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")  # sentence_..._config.json
# The modes of its Pooling module, in the order in which it joins them, and what stands for each here.
_POOLINGS: dict[str, Pooling] = {
    "cls": "cls", "max": "max", "mean": "mean", "mean_sqrt_len_tokens": "mean", "weightedmean": "mean",
    "lasttoken": "last",
}  # fmt: skip
_OLD_KEYS = {
    "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max", "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens", "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}  # fmt: skip
_NO_ENCODER = {
    "StaticEmbedding": say("a table of piece vectors, with no layers to read"),
    "SparseStaticEmbedding": say("a table of piece weights, with no layers to read"),
    "WordEmbeddings": say("word vectors; give them as a file of text, .vec or .npy"),
    "BoW": say("a bag of words, which every comparison has beside it anyway"),
    "CLIPModel": say("CLIP, which reads pictures too; give a folder of a text encoder"),
}
# Also as the first releases called it, a class for each kind.
_TRANSFORMERS = (
    "Transformer", "MLMTransformer", "BERT", "RoBERTa", "DistilBERT", "ALBERT", "XLMRoBERTa", "XLNet", "CamemBERT",
    "T5",
)  # fmt: skip
_SEVERAL = ("Router", "Asym")
# Settings of the transformer module that change nothing here, or how and from where it is loaded.
_IDLE = (
    "add_pooling_layer", "attn_implementation", "cache_dir", "dtype", "local_files_only", "model_max_length", "padding",
    "padding_side", "revision", "subfolder", "token", "torch_dtype", "trust_remote_code", "truncation", "use_cache",
    "use_fast",
)  # fmt: skip
_SILENT = ("Dropout",)  # nothing is dropped from what is read


@dataclass(frozen=True)
class SentenceModel:
    """What a folder of sentence-transformers says beside its transformer.

    Attributes:
        path: the transformer's folder in it; empty where its files are at the root.
        limit: pieces of a text, special ones included.
        lower_case: texts are lower-cased before the tokenizer.
        pooling: how one vector is made of a text; None where there is no such module.
        normalise: that vector is brought to length 1.
        config: settings that go over the transformer's configuration.
        prompt: what is put before every text unless another is asked for.
        prompts: all that it has, by name.
        prompt_counts: whether the prompt's pieces are pooled too.
        notes: what of it is left out here, one line each.
    """

    path: str = ""
    limit: int | None = None
    lower_case: bool = False
    pooling: Pooling | None = None
    normalise: bool = False
    config: Mapping[str, str | float] = field(default_factory=dict)
    prompt: str = ""
    prompts: Mapping[str, str] = field(default_factory=dict)
    prompt_counts: bool = True
    notes: tuple[str, ...] = ()


def read_sentence_model(source: Source) -> SentenceModel | None:
    """What the folder's modules say; None where it is not a folder of sentence-transformers.

    Raises:
        InputError: its files cannot be read, or its first module is not a transformer.
    """
    if source.file(MODULES) is None:
        return None
    modules = _modules(source)
    kind, path = modules[0]
    _check_first(source, kind)
    pooling, counts, normalise, notes = _vector(source, modules[1:])
    if kind not in _TRANSFORMERS:
        notes.insert(
            0,
            say(
                "Warning: its first module is {kind}, code of its own, which is not run: {path}.",
                kind=kind,
                path=_plainly(path),
            ),
        )
    settings = _transformer_settings(source, path)
    prompts, prompt = _prompts(source)
    limit = settings.get("max_seq_length") or _given(settings, "processor_kwargs", "tokenizer_args").get(_LIMIT)
    return SentenceModel(
        path=path, limit=int(limit) if isinstance(limit, int) and limit > 0 else None,
        lower_case=settings.get("do_lower_case") is True, pooling=pooling, normalise=normalise,
        config=_given(settings, "config_kwargs", "config_args", idle=_IDLE), prompt=prompt, prompts=prompts,
        prompt_counts=counts, notes=(*notes, *_settings_said(settings), *_kind_said(source)),
    )  # fmt: skip


_LIMIT = "model_max_length"


def _given(settings: Mapping[str, Any], *names: str, idle: tuple[str, ...] = ()) -> dict[str, Any]:
    """Plain values of a setting that may have several names, without some of them."""
    values: dict[str, Any] = next((settings[name] for name in names if isinstance(settings.get(name), dict)), {})
    return {k: v for k, v in values.items() if k not in idle and isinstance(v, str | int | float | bool)}


def _settings_said(settings: Mapping[str, Any]) -> list[str]:
    """A line on settings for tokenizer and model that are not passed on."""
    text = settings.get("processing_kwargs")
    left = {
        **_given(settings, "processor_kwargs", "tokenizer_args", idle=_IDLE),
        **_given(settings, "model_kwargs", "model_args", idle=_IDLE),
        **_given(text if isinstance(text, dict) else {}, "text", idle=_IDLE),
    }
    if not left:
        return []
    names = shortened_name(", ".join(sorted(left)))
    return [say("Warning: its sentence-transformers settings have {names}, which is not done here.", names=names)]


def _plainly(path: str) -> str:
    return (
        say("the transformer in {path} is read as it is", path=path)
        if path
        else say("the transformer is read as it is")
    )


def _modules(source: Source) -> list[tuple[str, str]]:
    """Class name and folder of each module, in order."""
    path = source.file(MODULES)
    assert path is not None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        found = [(shortened_name(str(one["type"]).rpartition(".")[2]), str(one["path"])) for one in values]
    except (OSError, ValueError, RecursionError, TypeError, KeyError) as error:
        raise source.error(
            say("cannot be loaded: {modules} lists no modules ({error})", modules=MODULES, error=shortened(error))
        ) from None
    if not found:
        raise source.error(say("cannot be loaded: {modules} lists no modules", modules=MODULES))
    for _, folder in found:
        if folder.startswith(("/", "\\")) or ".." in PurePosixPath(folder.replace("\\", "/")).parts or ":" in folder:
            raise source.error(
                say(
                    "cannot be loaded: {modules} names a folder outside of it ({folder})",
                    modules=MODULES,
                    folder=shortened_name(folder),
                )
            )
    return found


def shortened_name(name: str) -> str:
    """A name of somebody else's as part of one line."""
    return " ".join(name.split())[:60]


def _check_first(source: Source, kind: str) -> None:
    if kind in _NO_ENCODER:
        raise source.error(
            say("is a sentence-transformers folder of {no_encoder} ({kind})", no_encoder=_NO_ENCODER[kind], kind=kind)
        )
    if kind in _SEVERAL:
        parts = sorted(str(p.parent.relative_to(source.folder)) for p in source.folder.glob("**/config.json"))
        parts = [part for part in parts if (source.folder / part / "tokenizer_config.json").exists()]
        which = f": {', '.join(parts)}" if parts else ""
        raise source.error(
            say("contains several encoders behind a {kind}; give the folder of one{which}", kind=kind, which=which)
        )


def _vector(source: Source, modules: list[tuple[str, str]]) -> tuple[Pooling | None, bool, bool, list[str]]:
    """Pooling, whether the prompt counts in it, length 1 or not, and what is left out."""
    pooling: Pooling | None = None
    counts, normalise = True, False
    notes, left_out = [], []
    for kind, path in modules:
        settings = source.settings(str(PurePosixPath(path) / "config.json"))
        if kind == "Pooling" and pooling is None:
            pooling, line = _pooling(settings)
            counts = settings.get("include_prompt") is not False
            notes += [line] if line else []
        elif kind == "Normalize":
            normalise = normalise or settings.get("module_input_name", "sentence_embedding") == "sentence_embedding"
        elif kind not in _SILENT:
            left_out.append(_described(kind, settings))
    if left_out:
        notes.append(
            say("Of its sentence-transformers modules, these are left out: {left_out}.", left_out=", ".join(left_out))
        )
    return pooling, counts, normalise, notes


def _described(kind: str, settings: Mapping[str, Any]) -> str:
    sizes = settings.get("in_features"), settings.get("out_features")
    return f"{kind} ({sizes[0]} to {sizes[1]})" if all(isinstance(size, int) for size in sizes) else kind


def _pooling(settings: Mapping[str, Any]) -> tuple[Pooling, str | None]:
    """What stands for a Pooling module here, and what to say where that is not the same."""
    given = settings.get("pooling_mode")
    modes = [shortened_name(str(mode)) for mode in (given if isinstance(given, list) else [given]) if mode]
    if not modes:
        modes = [mode for key, mode in _OLD_KEYS.items() if settings.get(key) is True] or ["mean"]
    known = [mode for mode in modes if mode in _POOLINGS]
    if not known:
        return "mean", say(
            "Its pooling ({modes}) is not known here; the mean stands for it.", modes=", ".join(modes)[:80]
        )
    chosen = "mean" if "mean" in known else known[0]
    pooling = _POOLINGS[chosen]
    if len(modes) > 1:
        return pooling, say(
            "Its pooling joins {modes}; here {pooling} stands alone.", modes=" and ".join(modes)[:80], pooling=pooling
        )
    if chosen in ("weightedmean", "mean_sqrt_len_tokens"):
        return pooling, say("Its pooling is {chosen}; here the plain mean stands for it.", chosen=chosen)
    return pooling, None


def _transformer_settings(source: Source, path: str) -> dict[str, Any]:
    """Limit and case, from the first of the files that may contain them."""
    for kind in SETTINGS:
        settings = source.settings(str(PurePosixPath(path) / f"sentence_{kind}_config.json"))
        if settings:
            return settings
    return {}


def _prompts(source: Source) -> tuple[dict[str, str], str]:
    """All prompts that are not empty, by name, and the one that is used by default."""
    settings = source.settings("config_sentence_transformers.json")
    given = settings.get("prompts")
    every = {str(k): v for k, v in given.items() if isinstance(v, str)} if isinstance(given, dict) else {}
    prompts = {name: text for name, text in every.items() if text}
    return prompts, prompts.get(str(settings.get("default_prompt_name")), "")


def _kind_said(source: Source) -> list[str]:
    kind = source.settings("config_sentence_transformers.json").get("model_type")
    if kind in (None, "SentenceTransformer"):
        return []
    return [
        say(
            "It was made as a {kind}; here its transformer alone is used, without what that adds.",
            kind=shortened_name(str(kind)),
        )
    ]
