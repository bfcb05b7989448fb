"""The forms that a bundle can be exported to: the only list; nothing slow here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unfreeze.errors import InputError, nearest
from unfreeze.halves import half_named
from unfreeze.language.message import say

if TYPE_CHECKING:
    from unfreeze.bundle.load import Predictor
    from unfreeze.export.agreement import Answer


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes:
        writer: module and name of what writes it: `(predictor, folder) -> Answer`.
        smaller: whether `export.int8` can make a smaller model of it.
        plainly: sentences to be tagged are read in one window, and words without a piece get no tag.
        note: what a card says of it.
        library: that reads it, as the Hugging Face hub calls it. use: lines of Python that predict with it.
    """

    name: str
    writer: str
    library: str
    use: str
    smaller: bool = False
    plainly: bool = False
    note: str = ""

    def write(self, predictor: Predictor, folder: Path) -> Answer:
        """Write a folder; gives what predicts from there. Raises `InputError` where this form cannot be exact."""
        answer: Answer = half_named(self.writer)(predictor, folder)
        return answer


FORMS = {
    form.name: form
    for form in (
        Form(
            "onnx",
            "unfreeze.export.onnx_form:write_onnx",
            "onnx",
            "import predict\n\nprint(predict.predict(TEXTS))",
            smaller=True,
        ),
        Form(
            "transformers",
            "unfreeze.export.transformers_form:write_transformers",
            "transformers",
            "from transformers import pipeline\n\nprint(pipeline(model=FOLDER)(TEXTS))",
            plainly=True,
            note="A tagger's sentences must not be longer than the encoder's limit; the tag of a word is that of its "
            "first piece, and a word that the tokenizer drops has none.",
        ),
        Form(
            "sentence-transformers",
            "unfreeze.export.sentence_form:write_sentence_model",
            "sentence-transformers",
            "from sentence_transformers import SentenceTransformer\n\n"
            "logits = SentenceTransformer(FOLDER).encode(TEXTS, convert_to_tensor=True)",
            note="`encode` gives logits, in the order of the labels: a softmax makes probabilities of them. Of a "
            "regression it gives scores; of label sets a sigmoid makes probabilities.",
        ),
    )
}


def form_named(name: str) -> Form:
    """The form of this name. Raises `InputError` naming the nearest known one."""
    if name not in FORMS:
        raise InputError(say("unknown form '{name}'{name2}", name=name[:60], name2=nearest(name, FORMS)), where="--to")
    return FORMS[name]
