"""An encoder of the same shape with weights drawn anew: what its architecture gives without any pretraining."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from unfreeze.encoders.elmo.encoder import ElmoEncoder
from unfreeze.encoders.elmo.model import ElmoModel
from unfreeze.encoders.protocol import Encoder
from unfreeze.encoders.skip_thoughts.encoder import SkipThoughtsEncoder
from unfreeze.encoders.transformer import TransformerEncoder


def random_twin(encoder: Encoder, seed: int = 1) -> Encoder | None:
    """As training from nothing begins; None where nothing is known of how that is.

    Args:
        encoder: stays as it is.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if isinstance(encoder, TransformerEncoder):
            from transformers import AutoModel

            config: Any = encoder.model.config
            model = AutoModel.from_config(copy.deepcopy(config))
            return TransformerEncoder(encoder.name, model, encoder.tokenizer, encoder.max_length).to(encoder.device)
        if isinstance(encoder, ElmoEncoder):
            twin = copy.deepcopy(encoder)
            twin.model = ElmoModel(encoder.model.cnn.size, encoder.model.lm.size).to(encoder.device).eval()
            with torch.no_grad():
                twin.model.cnn.embedding[0] = 0  # no character has this number
            return twin
        if isinstance(encoder, SkipThoughtsEncoder):
            return _random_skip_thoughts(encoder)
    return None


def _random_skip_thoughts(encoder: SkipThoughtsEncoder) -> Encoder:
    twin = copy.deepcopy(encoder)
    for gru in twin.grus.values():
        assert isinstance(gru, nn.GRU)
        gru.reset_parameters()
        with torch.no_grad():
            for name, parameter in gru.named_parameters():
                if name.startswith("bias_hh"):  # the published files have none
                    parameter.zero_()
    tables: Any = twin.vocabulary.tables
    for part, table in list(tables.items()):
        tables[part] = torch.empty(table.shape).uniform_(-0.1, 0.1).numpy()
    return twin
