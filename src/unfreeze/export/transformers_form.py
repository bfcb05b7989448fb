"""A bundle as a model of transformers' Auto classes, where their heads can be made to compute the same."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unfreeze.bundle.load import Predictor
from unfreeze.data.examples import Example
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.encoders.word_pieces import words_given
from unfreeze.export.agreement import Answer, Answers
from unfreeze.export.hub_answers import check_decisions, from_logits
from unfreeze.export.linear_form import Folded, folded, plain_encoder, refusal

FORM = "transformers"
SMALL = 2.0**-13
"""What vectors are multiplied with before a tanh, which then hardly changes them, and divided by after."""
_TANH_HEADS = {
    "bert": ("bert.pooler.dense", "classifier"),
    "ernie": ("ernie.pooler.dense", "classifier"),
    "roberta": ("classifier.dense", "classifier.out_proj"),
    "xlm-roberta": ("classifier.dense", "classifier.out_proj"),
    "camembert": ("classifier.dense", "classifier.out_proj"),
    "mpnet": ("classifier.dense", "classifier.out_proj"),
}
"""By kind of model: the linear layer before the tanh, on the state of the first piece, and the one after it."""
_PROBLEMS = {"scores": "regression", "probabilities": "single_label_classification"}


def write_transformers(predictor: Predictor, folder: Path) -> Answer:
    """Write a folder of transformers; gives what it says once the Auto classes have loaded it again.

    Raises:
        InputError: this model has no exact form.
    """
    check_decisions(predictor, FORM)
    head, encoder = folded(predictor, FORM), plain_encoder(predictor, FORM)
    if predictor.task.target.per_word:
        if words_given(encoder.tokenizer) != (encoder.tokenizer.backend_tokenizer, ""):
            raise refusal(FORM, "words must be given to its tokenizer with a space before each")
        _token_model(predictor, encoder, head).save_pretrained(folder)
    else:
        _sequence_model(predictor, encoder, head).save_pretrained(folder)
    own, encoder.tokenizer.model_max_length = encoder.tokenizer.model_max_length, encoder.max_length
    encoder.tokenizer.save_pretrained(folder)
    encoder.tokenizer.model_max_length = own
    return _loaded(predictor, folder)


def _token_model(predictor: Predictor, encoder: TransformerEncoder, head: Folded) -> Any:
    from transformers import AutoModelForTokenClassification

    made = _over(AutoModelForTokenClassification, predictor, encoder)
    rest = {name for name, _ in made.named_children()} - {made.base_model_prefix, "dropout", "classifier"}
    if rest or not isinstance(made.classifier, nn.Linear):
        raise refusal(FORM, f"token classification of {made.config.model_type} has more than a matrix on each state")
    _put(made.classifier, head.weight, head.bias)
    return made


def _sequence_model(predictor: Predictor, encoder: TransformerEncoder, head: Folded) -> Any:
    from transformers import AutoModelForSequenceClassification

    kind = encoder.model.config.model_type  # type: ignore[union-attr]
    if head.pooling != "cls" or head.normalise or kind not in _TANH_HEADS:
        raise refusal(FORM, f"sequence classification of {kind} does not read the {head.pooling} of the states alone")
    made = _over(AutoModelForSequenceClassification, predictor, encoder)
    before, after = (made.get_submodule(name) for name in _TANH_HEADS[str(kind)])
    _put(before, SMALL * torch.eye(encoder.width), torch.zeros(encoder.width))
    _put(after, head.weight / SMALL, head.bias)
    return made


def _over(auto: Any, predictor: Predictor, encoder: TransformerEncoder) -> Any:
    """A model of an Auto class with the encoder's weights, its own head still fresh."""
    names = predictor.labels.names or ("score",)
    config: Any = copy.deepcopy(encoder.model.config)
    config.id2label, config.label2id = dict(enumerate(names)), {name: i for i, name in enumerate(names)}
    if not predictor.task.target.per_word:
        many = predictor.task.target.many
        output = predictor.model.objective.output
        config.problem_type = "multi_label_classification" if many else _PROBLEMS[output]
    try:
        made = auto.from_config(config).eval()
    except ValueError:
        raise refusal(FORM, f"it has no such class for {config.model_type}") from None
    base = made.base_model
    missing, _ = base.load_state_dict(encoder.model.state_dict(), strict=False)
    if any("pooler" not in name for name in missing):
        raise refusal(FORM, f"its class for {config.model_type} has other weights")
    return made


def _put(linear: nn.Module, weight: Tensor, bias: Tensor) -> None:
    with torch.no_grad():
        linear.weight.copy_(weight)  # type: ignore[operator]
        linear.bias.copy_(bias)  # type: ignore[operator]


def _loaded(predictor: Predictor, folder: Path) -> Answer:
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

    words = predictor.task.target.per_word
    auto = AutoModelForTokenClassification if words else AutoModelForSequenceClassification
    model = auto.from_pretrained(folder, trust_remote_code=False).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return partial(_tags if words else _answers, model, tokenizer, predictor)


def _answers(model: Any, tokenizer: Any, predictor: Predictor, items: Sequence[Example]) -> Answers:
    second = [[item.text_b or "" for item in items]] if predictor.task.pair else []
    given = tokenizer([item.text for item in items], *second, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**given).logits
    return from_logits(predictor, logits.float(), list(model.config.id2label.values()))


def _tags(model: Any, tokenizer: Any, predictor: Predictor, items: Sequence[Example]) -> Answers:
    """The best tag at the first piece of each word, of sentences that are not longer than the limit."""
    words = [list(item.words or ()) for item in items]
    given = tokenizer(words, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        best = model(**given).logits.argmax(-1).tolist()
    tags = []
    for row, tagged in enumerate(best):
        seen: dict[int, str] = {}
        for word, tag in zip(given.word_ids(row), tagged, strict=True):
            if word is not None:
                seen.setdefault(word, model.config.id2label[tag])
        tags.append(tuple(seen.get(word, "") for word in range(len(words[row]))))
    return Answers(tuple(tags), None)
