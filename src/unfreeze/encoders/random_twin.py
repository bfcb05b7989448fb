"""An encoder of the same shape with freshly drawn weights: what its architecture gives without any pretraining."""

from __future__ import annotations

import copy
from typing import Any

import torch

from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.skip_thoughts.encoder import SkipThoughtsEncoder
from unfreeze.encoders.skip_thoughts.vocabulary import Vocabulary
from unfreeze.encoders.transformer import TransformerEncoder

MOST_NUMBERS = 1 << 28  # in tables of word vectors: a gigabyte


def random_twin(encoder: Encoder, seed: int = 1) -> Encoder | None:
    """As training from nothing begins; None where nothing is known of how that is, or a table would fill the memory.

    Args:
        encoder: stays as it is.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if isinstance(encoder, TransformerEncoder):
            kind: Any = type(encoder.model)  # an encoder's half is another class than that of its configuration
            return encoder.over(kind._from_config(copy.deepcopy(encoder.model.config))).to(encoder.device)
        if isinstance(encoder, ElmoEncoder):
            twin = copy.deepcopy(encoder)
            twin.model = ElmoModel(encoder.model.cnn.size, encoder.model.lm.size).to(encoder.device).eval()
            with torch.no_grad():
                twin.model.cnn.embedding[0] = 0  # no character has this number
            return twin
        if isinstance(encoder, SkipThoughtsEncoder):
            return _random_skip_thoughts(encoder)
    return None


def _random_skip_thoughts(encoder: SkipThoughtsEncoder) -> Encoder | None:
    tables = encoder.vocabulary.tables
    if sum(table.size for table in tables.values()) > MOST_NUMBERS:
        return None
    twin = copy.deepcopy(encoder)
    for gru in twin.grus.values():
        gru.reset_parameters()
        with torch.no_grad():
            for name, parameter in gru.named_parameters():
                if name.startswith("bias_hh"):  # the published files have none
                    parameter.zero_()
    drawn: Any = {part: torch.empty(table.shape).uniform_(-0.1, 0.1).numpy() for part, table in tables.items()}
    twin.vocabulary = Vocabulary(encoder.vocabulary.words, drawn)
    return twin
