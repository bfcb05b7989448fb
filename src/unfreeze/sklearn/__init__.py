"""Encoders for scikit-learn: features for its pipelines, and contract tests for any estimator of texts."""

from unfreeze.sklearn.checks import check_text_estimator
from unfreeze.sklearn.features import EncoderFeatures

__all__ = ["EncoderFeatures", "check_text_estimator"]
