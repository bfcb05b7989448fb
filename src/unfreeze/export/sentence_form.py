"""A bundle as a model of sentence-transformers: transformer, pooling, and a dense layer that gives logits.

Nothing else here imports sentence-transformers, but for what reads such folders as encoders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.errors import InputError
from unfreeze.export.agreement import Answer, Answers
from unfreeze.export.hub_answers import check_decisions, from_logits
from unfreeze.export.linear_form import Folded, folded_layers, plain_encoder, refusal

FORM = "sentence-transformers"
_POOLINGS = {"mean": "mean", "max": "max", "cls": "cls", "last": "lasttoken"}


def write_sentence_model(predictor: Predictor, folder: Path) -> Answer:
    """Write a folder of sentence-transformers; gives what it says once it is loaded again.

    Raises:
        InputError: the package is missing, or this model has no exact form.
    """
    if find_spec("sentence_transformers") is None:
        raise InputError("needs sentence-transformers: pip install 'unfreeze[sentence-transformers]'", where="--to")
    if predictor.task.target.per_word:
        raise refusal(FORM, "it gives one vector for a text, not one for each word")
    if predictor.task.pair:
        raise refusal(FORM, "it reads one text, not two")
    check_decisions(predictor, FORM)
    heads, encoder = folded_layers(predictor, FORM), plain_encoder(predictor, FORM)
    encoder.save(folder / "encoder")
    _assembled(folder / "encoder", heads, encoder.layers, encoder.max_length).save(
        str(folder / "model"), create_model_card=False
    )
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


def _assembled(encoder: Path, heads: Mapping[int, Folded], layers: int, max_length: int) -> Any:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Transformer

    top = list(heads) == [layers - 1]
    config = {} if top else {"config_kwargs": {"output_hidden_states": True}}
    parts = _of_top(heads[layers - 1]) if top else _of_layers(heads, layers)
    modules = [Transformer(str(encoder), max_seq_length=max_length, **config), *parts]
    return SentenceTransformer(modules=modules, device="cpu", trust_remote_code=False)


def _of_top(head: Folded) -> list[Any]:
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

    assert head.pooling is not None
    pooled = Pooling(head.weight.shape[1], _POOLINGS[head.pooling])
    return [pooled, *([Normalize()] if head.normalise else []), _dense(head.weight, head.bias)]


def _of_layers(heads: Mapping[int, Folded], layers: int) -> list[Any]:
    """Modules that add up what each layer gives.

    None of them adds, but a pooling puts the first piece's vector before what it pools, and takes for it what is there
    under the name `cls_token_embeddings`. There stands the sum so far, which the next matrix passes on as it is.
    """
    from sentence_transformers.sentence_transformer.modules import Pooling, WeightedLayerPooling

    modules: list[Any] = []
    for layer, head in heads.items():
        assert head.pooling is not None
        outputs, width = head.weight.shape
        one = nn.Parameter(torch.tensor([1.0, *[0.0] * (layers - 1 - layer)]), requires_grad=False)
        chosen = WeightedLayerPooling(width, num_hidden_layers=layers - 1, layer_start=layer, layer_weights=one)
        modes = ("cls", _POOLINGS[head.pooling]) if modules else (_POOLINGS[head.pooling],)
        weight = torch.cat([torch.eye(outputs), head.weight], 1) if modules else head.weight
        modules += [chosen, Pooling(width, modes), _dense(weight, head.bias, layer != max(heads))]
    return modules


def _dense(weight: Tensor, bias: Tensor, kept: bool = False) -> Any:
    """A matrix; `kept` puts what it gives where the next pooling finds it."""
    from sentence_transformers.sentence_transformer.modules import Dense

    outputs, width = weight.shape
    return Dense(
        width, outputs, activation_function=nn.Identity(), init_weight=weight.clone(), init_bias=bias.clone(),
        module_output_name="cls_token_embeddings" if kept else None,
    )  # fmt: skip


def _answers(model: Any, predictor: Predictor, items: Sequence[Example]) -> Answers:
    with torch.inference_mode():
        logits = model.encode([item.text for item in items], convert_to_tensor=True, show_progress_bar=False)
    return from_logits(predictor, logits.float().cpu(), predictor.labels.names)
