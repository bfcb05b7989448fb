"""Encoders for scikit-learn: features for its pipelines, estimators, and contract tests for any estimator of texts."""

from unfreeze.sklearn.checks import check_text_estimator
from unfreeze.sklearn.features import EncoderFeatures
from unfreeze.sklearn.models import UnfreezeClassifier, UnfreezeRegressor, UnfreezeTagger

__all__ = ["EncoderFeatures", "UnfreezeClassifier", "UnfreezeRegressor", "UnfreezeTagger", "check_text_estimator"]
