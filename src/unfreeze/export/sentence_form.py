"""A bundle as a model of sentence-transformers: transformer, pooling, and a dense layer that gives logits.

Nothing else here imports sentence-transformers, but for what reads such folders as encoders.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.export.agreement import Answer, Answers
from unfreeze.export.hub_answers import check_decisions, from_logits
from unfreeze.export.linear_form import Folded, folded, plain_encoder, refusal

FORM = "sentence-transformers"
_POOLINGS = {"mean": "mean", "max": "max", "cls": "cls", "last": "lasttoken"}


def write_sentence_model(predictor: Predictor, folder: Path) -> Answer:
    """Write a folder of sentence-transformers; gives what it says once it is loaded again.

    Raises:
        InputError: the package is missing, or this model has no exact form.
    """
    if find_spec("sentence_transformers") is None:
        raise InputError("needs sentence-transformers: pip install unfreeze[sentence-transformers]", where="--to")
    if predictor.task.target.per_word:
        raise refusal(FORM, "it gives one vector for a text, not one for each word")
    if predictor.task.pair:
        raise refusal(FORM, "it reads one text, not two")
    check_decisions(predictor, FORM)
    head, encoder = folded(predictor, FORM), plain_encoder(predictor, FORM)
    encoder.save(folder / "encoder")
    _assembled(folder / "encoder", head, encoder.max_length).save(str(folder / "model"), create_model_card=False)
    for path in sorted((folder / "model").iterdir()):
        path.rename(folder / path.name)
    _remove(folder / "encoder")
    (folder / "model").rmdir()
    from sentence_transformers import SentenceTransformer

    return partial(
        _answers,
        SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False),
        predictor,
    )


def _remove(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _assembled(encoder: Path, head: Folded, max_length: int) -> Any:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

    outputs, width = head.weight.shape
    assert head.pooling is not None
    dense = Dense(
        width, outputs, activation_function=nn.Identity(), init_weight=head.weight.clone(), init_bias=head.bias.clone()
    )
    modules = [
        Transformer(str(encoder), max_seq_length=max_length),
        Pooling(width, _POOLINGS[head.pooling]),
        *([Normalize()] if head.normalise else []),
        dense,
    ]
    return SentenceTransformer(modules=modules, device="cpu", trust_remote_code=False)


def _answers(model: Any, predictor: Predictor, items: Sequence[Example]) -> Answers:
    with torch.inference_mode():
        logits = model.encode([item.text for item in items], convert_to_tensor=True, show_progress_bar=False)
    return from_logits(predictor, logits.float().cpu(), predictor.labels.names)
