"""Everything that the package imports while it runs, imported once, so that forked children need not."""

from __future__ import annotations

import importlib
import pkgutil
import sys

SLOW = (
    "altair", "h5py", "nltk", "pyarrow.parquet", "pyarrow.csv", "scipy.stats", "scipy.optimize", "sklearn.linear_model",
    "sklearn.feature_extraction.text", "sklearn.metrics", "torch", "transformers", "transformers.models.auto",
    "transformers.models.bert.modeling_bert", "transformers.models.modernbert.modeling_modernbert", "vl_convert",
    "yaml", "zstandard", "bz2", "lzma", "gzip", "rich.console", "rich.progress", "torch._dynamo", "torch._inductor",
)  # fmt: skip


def import_all() -> None:
    """Import the package whole, and the parts of others that it imports late."""
    import unfreeze

    for module in pkgutil.walk_packages(unfreeze.__path__, "unfreeze."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:  # a package that only some commands need, and that is not here
                if (error.name or "").startswith("unfreeze"):
                    raise
                print(f"{module.name}: {error}", file=sys.stderr)
    for name in SLOW:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"{name}: {error}", file=sys.stderr)
