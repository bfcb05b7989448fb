"""What estimators of texts tell scikit-learn about themselves."""

from __future__ import annotations

from typing import Any


def reads_texts(tags: Any) -> Any:
    """An estimator's tags, which say that it reads texts in one column and checks them itself."""
    tags.input_tags.string = True
    tags.input_tags.one_d_array = True
    tags.input_tags.two_d_array = False
    tags.no_validation = True
    return tags
