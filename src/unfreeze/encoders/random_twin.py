"""An encoder of the same shape with freshly drawn weights: what its architecture gives without any pretraining."""

from __future__ import annotations

import torch

from unfreeze.encoders.protocol import Encoder


def random_twin(encoder: Encoder, seed: int = 1) -> Encoder | None:
    """As training from nothing begins; None where nothing is known of how that is, or a table would fill the memory.

    Args:
        encoder: stays as it is.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return encoder.redrawn()
