"""The winner written as a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from unfreeze.bundle.description import SCHEMA, read_about
from unfreeze.bundle.sample import write_sample
from unfreeze.data.examples import Example
from unfreeze.disk.files import new_folder, write_json
from unfreeze.methods.model import AdaptedModel
from unfreeze.methods.trainer import trainer_of
from unfreeze.plan import plain


def save_bundle(
    folder: Path,
    model: AdaptedModel,
    about: Mapping[str, Any],
    fingerprint: str | None = None,
    test: Sequence[Example] = (),
) -> None:
    """Write a model with one head; the folder is whole or not there.

    Args:
        about: stored alongside in `bundle.json`: scores, versions, how the model was made.
        fingerprint: of the pretrained encoder, where it is known.
        test: items of which a few are kept, see `sample`.
    """
    ((head,), (weights,)) = model.heads, model.weights
    trainer = trainer_of(model.recipe)
    objective = model.objective
    with new_folder(folder) as new:
        encoder = trainer.save(new, model.pretrained, model.encoder, model.recipe, weights)
        save_file({name: tensor.contiguous() for name, tensor in head.state_dict().items()}, new / "head.safetensors")
        known = fingerprint if encoder is model.pretrained else None
        values = {
            "schema": SCHEMA,
            "task": objective.task.kind,
            "labels": asdict(objective.labels),
            "score_mean": objective.mean,
            "score_spread": objective.spread,
            "recipe": plain(model.recipe),
            "encoder": encoder.name,
            "max_length": encoder.max_length,
            "fingerprint": known or encoder.fingerprint(),
            **about,
        }
        write_sample(new, test)
        write_json(new / "bundle.json", values)


def bundled_run(folder: Path) -> str | None:
    """The run whose model a bundle holds; None where there is no bundle."""
    return read_about(folder)[0].run if (folder / "bundle.json").exists() else None


def update_metadata(folder: Path, about: Mapping[str, Any]) -> None:
    """Bring what a bundle tells along up to date; its model stays."""
    write_json(folder / "bundle.json", {**read_about(folder)[1], **about})
