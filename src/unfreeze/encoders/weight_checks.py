"""Whether the weights of a folder are those of the model that it describes: none lacks, no layer is left over."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import torch
from safetensors import safe_open

from unfreeze.encoders.folder_checks import WANTED
from unfreeze.encoders.source import Source
from unfreeze.language.message import say

# Settings by other names than transformers has by now: a kind that does not know the name takes its default instead.
OTHER_NAMES = {
    "hidden_size": ("n_embd", "d_model", "dim", "emb_dim"),
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads"),
    "intermediate_size": ("n_inner", "hidden_dim", "d_inner", "d_ff"),
}
_CONSTANTS = re.compile(r"(^|\.)(position_ids|token_type_ids|inv_freq|masked_bias|attn\.bias|act_scaling_factor)$")
_IN_A_LAYER = re.compile(r"(^|\.)\d+\.")
_ADAPTER = re.compile(r"lora_|base_layer|adapter|\.ia3_|prompt_embedding", re.IGNORECASE)


def check_types(source: Source) -> None:
    """Raise `InputError` where weights are whole numbers: quantised, whatever config.json says of that."""
    for path in sorted(source.folder.glob("model*.safetensors")):
        with source.loading(), safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (a file, not a dict)
                if name.endswith("weight") and file.get_slice(name).get_dtype() in ("I8", "U8", "I16", "I32", "I64"):
                    raise source.error(
                        say(
                            "its weights are whole numbers ({name}), as of a quantised model; {wanted}",
                            name=name,
                            wanted=WANTED,
                        )
                    )


def check_sizes(source: Source, config: Any) -> None:
    """Raise `InputError` where config.json gives a size by a name that this kind of model does not read."""
    raw = source.settings("config.json")
    known = {f.name for f in fields(config)} if is_dataclass(config) else set()
    known |= set(getattr(config, "attribute_map", {}).values())
    for name, others in OTHER_NAMES.items():
        read = getattr(config, name, None)
        for other in others:
            given = raw.get(other)
            unread = name not in raw and other not in known and isinstance(given, int)
            if unread and isinstance(read, int) and read != given:
                raise source.error(
                    say(
                        "its config.json says {other} {given}, which transformers' {model_type} does not read: it "
                        "would have {name} {read}; rename {other} to {name} there",
                        other=other,
                        given=given,
                        model_type=config.model_type,
                        name=name,
                        read=read,
                    )
                )


def check_weights(source: Source, model: Any, found: Mapping[str, Any]) -> list[str]:
    """Check that weights and model fit each other.

    Args:
        found: what `from_pretrained` reports about the weights (`output_loading_info`).

    Returns:
        Notes for the user.

    Raises:
        InputError: tensors are missing, of other sizes, left over in a layer, or contain numbers that are not finite.
    """
    odd = sorted(found["mismatched_keys"])
    if odd:
        name, theirs, ours = odd[0]
        raise source.error(
            say(
                "its weights are not of the sizes in its config.json: {name} is {theirs} in the weights, {ours} "
                "by config.json ({odd} tensors differ)",
                name=name,
                theirs=_shape(theirs),
                ours=_shape(ours),
                odd=len(odd),
            )
        )
    surplus = {key for key in found["unexpected_keys"] if _inside(model, key) and not _CONSTANTS.search(key)}
    lacking = {key for key in found["missing_keys"] if "pooler" not in key}
    if lacking:
        _refuse_lacking(source, lacking, set(found["unexpected_keys"]))
    notes = _surplus(source, model, surplus)
    broken = [name for name, p in model.named_parameters() if "pooler" not in name and not p.isfinite().all()]
    if broken:
        raise source.error(
            say(
                "its weights contain numbers that are not finite, in {broken} tensors, such as {broken2}",
                broken=len(broken),
                broken2=broken[0],
            )
        )
    return notes


def _refuse_lacking(source: Source, lacking: Collection[str], unexpected: Collection[str]) -> None:
    adapter = next((key for key in sorted(unexpected) if _ADAPTER.search(key)), None)
    if adapter is not None:
        raise source.error(
            say(
                "its weights have an adapter in them ({adapter}); merge it, and save the model without it",
                adapter=adapter,
            )
        )
    problem = say(
        "its weights lack {lacking} of the model's tensors, such as {lacking2}",
        lacking=len(lacking),
        lacking2=min(lacking),
    )
    other = say(" (and have others, such as {unexpected})", unexpected=min(unexpected)) if unexpected else ""
    raise source.error(say("{problem}{other}; save it again with save_pretrained", problem=problem, other=other))


def _surplus(source: Source, model: Any, surplus: Collection[str]) -> list[str]:
    layers = sorted(key for key in surplus if _IN_A_LAYER.search(key))
    if not surplus:
        return []
    if not layers:
        what = say(
            "{surplus} tensors that a {name} has no place for, such as {surplus2}",
            surplus=len(surplus),
            name=type(model).__name__,
            surplus2=min(surplus),
        )
        return [say("Warning: the encoder's weights have {what}; they are left out.", what=what)]
    if all(_ADAPTER.search(key) for key in layers):
        raise source.error(
            say(
                "its weights have an adapter in them ({layers}), which is not applied here; merge it and save "
                "the model",
                layers=layers[0],
            )
        )
    count = getattr(model.config, "num_hidden_layers", None)
    raise source.error(
        say(
            "its weights have tensors in the encoder's layers that the model has no place for, such as "
            "{layers}; config.json says {count} layers (num_hidden_layers): fix that, or save the model "
            "again with save_pretrained",
            layers=layers[0],
            count=count,
        )
    )


def _inside(model: Any, key: str) -> bool:
    """Whether a tensor of that name lies in the encoder; heads lie beside it."""
    name = key.removeprefix(f"{model.base_model_prefix}.") if model.base_model_prefix else key
    return name.partition(".")[0] in {part for part, _ in model.named_children()} and "pooler" not in name


def _shape(size: torch.Size) -> str:
    return " x ".join(map(str, size)) or "a single number"
