"""The words of the text that encoders were pretrained on, for the distance of domains. No torch here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from unfreeze.advice.terms import words_in
from unfreeze.pretraining.corpus import corpus_files, read_documents

MOST_WORDS = 5_000_000  # of a corpus; more change the frequencies of its 10,000 words little


def corpus_terms(paths: Sequence[str]) -> Counter[str]:
    """Counts of the words of a corpus: of each file as many, `MOST_WORDS` in all. Raises `InputError` as its reader."""
    counts: Counter[str] = Counter()
    files = corpus_files([Path(path) for path in paths])
    for file in files:
        left = MOST_WORDS // len(files)
        for document in read_documents([file]):
            words = [word for paragraph in document for word in words_in(paragraph)]
            counts.update(words)
            left -= len(words)
            if left <= 0:
                break
    return counts
