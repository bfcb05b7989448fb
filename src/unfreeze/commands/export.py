"""A bundle written in a form that other programs read, once it is known to predict the same there."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unfreeze.bundle.load import load
from unfreeze.disk.files import new_folder
from unfreeze.errors import InputError
from unfreeze.export.agreement import Agreement, check
from unfreeze.export.card import Card, write_card
from unfreeze.export.forms import form_named
from unfreeze.export.int8 import Judged, add_int8, told
from unfreeze.export.samples import awkward, labelled_items, plainly_read, sample_of, texts_of
from unfreeze.language.message import say


@dataclass(frozen=True)
class Exported:
    """A finished export.

    Attributes:
        folder: where it is. agreement: how it predicts beside the bundle.
        int8: how the model with weights in 8 bits does beside the original, if there is one.
    """

    folder: Path
    agreement: Agreement
    int8: Judged | None = None


def export(
    bundle: str | Path,
    to: str = "onnx",
    out: str | Path | None = None,
    *,
    test: str | Path | None = None,
    int8: bool = False,
    tell: Callable[[str], None] = lambda line: None,
) -> Exported:
    """Write a bundle in another form; the folder appears once the export has predicted as the bundle does.

    Args:
        to: `onnx`, `transformers` or `sentence-transformers`.
        out: a folder that does not exist yet; None takes `BUNDLE-FORM`.
        test: a file of texts to check it by; None takes those of the comparison beside the bundle, or those in it.
        int8: of `onnx` also a model with weights in 8 bits, judged on labelled test items.
        tell: told what is done, a line at a time.

    Raises:
        InputError: the form cannot be exact for this model, something is missing or cannot be read or written.
    """
    form, source = form_named(to), Path(bundle)
    if int8 and not form.smaller:
        raise InputError(say("{name} has no form in 8 bits; use --to onnx", name=form.name), where="--int8")
    folder = Path(out) if out is not None else source.with_name(f"{source.resolve().name}-{form.name}")
    if os.path.lexists(folder):
        raise InputError("already exists; choose another --out or remove it", where=str(folder))
    predictor = load(source, "cpu")
    items = sample_of(source, () if test is None else texts_of(predictor, Path(test)))
    with new_folder(folder, over=False) as new:
        tell(f"Writing {form.name} ...")
        answer = form.write(predictor, new)
        tested = [*items, *awkward(predictor, items)]
        agreement = check(predictor, answer, plainly_read(predictor, tested) if form.plainly else tested, form.name)
        judged = add_int8(predictor, new, labelled_items(predictor, source, test)) if int8 else None
        lines = tuple(filter(None, (form.note, "" if judged is None else told(judged))))
        for line in lines:
            tell(line)
        write_card(new, Card(predictor, form, agreement, folder.name, lines))
    return Exported(folder, agreement, judged)
