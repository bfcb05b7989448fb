"""LoRA: the encoder stays as it is, low-rank products beside its linear layers and a small head learn.

How adapters are made and merged is in `unfreeze.encoders.adapters`. A run keeps adapters and head; what predicts is a
plain encoder with the products added to its weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from unfreeze.encoders.adapters import (
    FILE,
    LowRank,
    adapted_copy,
    adapters_of,
    check_adapters,
    merged_copy,
    read_adapters,
    save_adapters,
    target_layers,
)
from unfreeze.encoders.protocol import Batch, Encoder, Inputs, LayerStates
from unfreeze.encoders.transformer import TransformerEncoder
from unfreeze.errors import InputError
from unfreeze.features.extract import Features
from unfreeze.features.layout import Form
from unfreeze.language.message import say
from unfreeze.layers.dropout import swap_dropout
from unfreeze.methods.lora_recipes import LoraRecipe
from unfreeze.methods.moving import step_bytes, stored_below, top_head, train_moving
from unfreeze.methods.task_heads import TagHead, TextHead
from unfreeze.methods.trained import Trained
from unfreeze.methods.trainer import Given, Trainer, parts
from unfreeze.methods.work import adapted_run
from unfreeze.tasks.kinds import Task
from unfreeze.training.objectives import Objective

ADAPTER = "adapter"  # of a bundle's folder and of the names of weights


class LoraModel(nn.Module):
    """An adapted copy of an encoder and a head on its top layer."""

    encoder: TransformerEncoder

    def __init__(self, encoder: Encoder, recipe: LoraRecipe, objective: Objective, seed: int) -> None:
        super().__init__()
        plain = _transformer(encoder)
        layers = target_layers(plain, recipe.targets, recipe.unfreeze_top)
        if not layers:
            raise InputError(
                say("{name} has no layers for adapters among those that may learn", name=plain.name), where="lora"
            )
        self.encoder = adapted_copy(plain, _low_rank(recipe), layers, seed)
        swap_dropout(self.encoder)
        self.adapter = adapters_of(self.encoder)
        self.head = top_head(recipe, objective, encoder.width).to(encoder.device)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """Parameters of adapters by layer group, bottom to top, then the head's."""
        return [*self.adapter.groups(self.encoder), list(self.head.parameters())]

    def weights(self) -> dict[str, Tensor]:
        """What is kept: tensors of adapters and head, on the CPU."""
        kept = nn.ModuleDict({ADAPTER: self.adapter, "head": self.head}).state_dict()
        return {name: tensor.detach().cpu() for name, tensor in kept.items()}


def adapt(recipe: LoraRecipe, given: Given, seed: int, stored: tuple[Features, Features] | None) -> Trained:
    """Train adapters in a copy of the encoder together with a fresh head; the encoder given stays as it is.

    Args:
        stored: see `train_moving`.
    """
    encoder = given.encoder

    def make(inputs: Inputs) -> LoraModel:
        return LoraModel(encoder, recipe, given.objective, seed)

    model, moved = train_moving(make, recipe, given, seed, stored, encoder.layers - 1)
    layers = encoder.piece_work()
    added = [adapted - own for adapted, own in zip(model.encoder.piece_work(), layers, strict=True)]
    of_head = sum(p.numel() for p in model.head.parameters())
    resumes = recipe.unfreeze_top is not None and bool(encoder.resumes())

    def counted(epochs: int, readings: int) -> int:
        return adapted_run(layers, added, of_head, epochs, readings, moved.train, moved.on_dev, resumes)

    return Trained(model.weights(), moved.fit, 0, moved.dev, None, counted)


class LoraTrainer(Trainer[LoraRecipe]):
    """Trains adapters of its own for each run."""

    def reads(self, recipe: LoraRecipe, task: Task, encoder: Encoder) -> tuple[Form, ...]:
        """See `Trainer.reads`: states stand for the layers below the lowest adapter."""
        return ("tokens",) if recipe.unfreeze_top is not None and encoder.resumes() else ()

    def memory(self, recipe: LoraRecipe, encoder: Encoder, pieces: int) -> int:
        """See `Trainer.memory`: the weights are shared, but for copies in bf16."""
        return encoder.sizes()[1] // 2 + step_bytes(encoder, pieces)

    def train(self, recipe: LoraRecipe, given: Given, seeds: Sequence[int]) -> list[Trained]:
        """See `Trainer.train`."""
        return [adapt(recipe, given, seed, stored_below(given)) for seed in seeds]

    def head(self, recipe: LoraRecipe, objective: Objective, encoder: Encoder) -> TextHead | TagHead:
        """See `Trainer.head`."""
        return top_head(recipe, objective, encoder.width)

    def moved(
        self, encoder: Encoder, recipe: LoraRecipe, weights: Mapping[str, Tensor]
    ) -> tuple[Encoder, Mapping[str, Tensor]]:
        """See `Trainer.moved`."""
        of_adapter, of_head = parts(weights, ADAPTER, "head")
        if not of_adapter:
            return encoder, weights
        return merged_copy(_transformer(encoder), _low_rank(recipe), of_adapter), of_head

    def save(
        self, folder: Path, pretrained: Encoder, moved: Encoder, recipe: LoraRecipe, weights: Mapping[str, Tensor]
    ) -> Encoder:
        """See `Trainer.save`: the pretrained encoder, and the adapters beside it."""
        pretrained.save(folder / "encoder")
        (folder / ADAPTER).mkdir()
        save_adapters(folder / ADAPTER, _low_rank(recipe), parts(weights, ADAPTER, "head")[0])
        return pretrained

    def opened(self, folder: Path, encoder: Encoder, recipe: LoraRecipe, remedy: str) -> Encoder:
        """See `Trainer.opened`."""
        state, plain = read_adapters(folder / ADAPTER, remedy), _transformer(encoder)
        check_adapters(plain, _low_rank(recipe), state, str(folder / ADAPTER / FILE), remedy)
        return merged_copy(plain, _low_rank(recipe), state)

    def encode(self, encoder: Encoder, recipe: LoraRecipe, task: Task, batch: Batch) -> LayerStates:
        """See `Trainer.encode`."""
        return encoder.encode(batch, all_layers=False)


def _low_rank(recipe: LoraRecipe) -> LowRank:
    return LowRank(recipe.rank, recipe.alpha, recipe.targets, recipe.adapter_dropout, recipe.rank_stabilised)


def _transformer(encoder: Encoder) -> TransformerEncoder:
    if not isinstance(encoder, TransformerEncoder):
        raise InputError(say("{name} cannot have adapters: it is not a transformer", name=encoder.name), where="lora")
    return encoder


LORA = LoraTrainer()
