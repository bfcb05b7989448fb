"""A recipe, one full setting of a method: what all methods' recipes share; and the traits of an encoder they must suit.

Each method has a dataclass of its own recipes in `unfreeze.methods`, with its own settings beside these.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from unfreeze.disk.settings import settings_from
from unfreeze.disk.typed import TOLD
from unfreeze.errors import InputError, listed, nearest, shown
from unfreeze.language.message import say, template

Budget = Literal["quick", "standard", "thorough"]
Head = Literal["linear", "bcn", "esim", "crf", "bilstm-crf", "biattention"]
Pooling = Literal["mean", "max", "cls", "last"]
Pair = Literal["joint", "separate"]
Family = Literal["transformer", "elmo", "word-vectors", "sentence-vectors"]
CacheDtype = Literal["float16", "int8"]
Schedule = Literal["constant", "linear", "slanted-triangular"]
_OLD = frozenset(
    (
        *("method", "head", "name", "pooling", "pair", "layers", "learning_rate", "schedule", "warmup"),
        *("layer_decay", "head_rate", "gradual_unfreezing", "unfreeze_top", "epochs", "min_steps", "patience"),
        *("batch_size", "weight_decay", "dropout", "clip", "reinit_top", "hidden", "l2", "source"),
    )
)
"""What version 0.1 wrote of every recipe, whatever its method."""
Targets = Literal["attention", "all-linear"]
"""Linear layers of an encoder: projections to queries and values, or all."""
MethodName = str
"""As in plans, run folders and `result.json`; `unfreeze.methods.table` knows which there are."""


@dataclass(frozen=True)
class Recipe:
    """One full setting of a method, as far as it has what every method has.

    Attributes:
        method: name of the method.
        head: task model on top of the encoder.
        pooling: how token states become one vector for the `linear` head: their mean or maximum, or the state of the
            first (`cls`) or `last` piece.
        normalise: that vector is brought to length 1, as some sentence encoders are made to be used.
        pair: both texts of a pair in one input (`joint`), or each on its own.
        epochs: passes over the training set with all layer groups; raised until `min_steps` steps are reached.
        patience: stop after this many readings of dev without a better score, counted once a score is above 0; None
            never stops early.
        batch_size: examples per step.
        warmup: share of the steps in which the rate rises (`linear`), or the triangle's cut (`slanted-triangular`).
        weight_decay: AdamW's, on matrices.
        hidden: width of a BiLSTM direction in `bcn`, `esim`, `bilstm-crf`.
        source: where the setting comes from.
    """

    method: MethodName = field(default="", init=False)
    head: Head
    name: str = ""
    pooling: Pooling = "mean"
    normalise: bool = False
    pair: Pair = "joint"
    learning_rate: float = 1e-3
    schedule: Schedule = "linear"
    warmup: float = 0.1
    epochs: int = 3
    min_steps: int = 0
    patience: int | None = None
    batch_size: int = 32
    weight_decay: float = 0.01
    dropout: float = 0.1
    clip: float | None = 1.0
    hidden: int = 300
    source: str = ""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        """Where a file holds a recipe, its method decides which fields it has."""
        if cls is not Recipe:
            return handler(source)
        from pydantic_core import PydanticCustomError, core_schema

        def read(values: Any) -> Recipe:
            try:
                return values if isinstance(values, Recipe) else recipe_from(values, "")
            except InputError as error:
                raise PydanticCustomError(TOLD, "{problem}", {"problem": str(error)}) from None

        return core_schema.no_info_plain_validator_function(read)

    @property
    def brief(self) -> str:
        """As a person would name it: `linear head, slanted-triangular schedule`."""
        return say("{head} head, {schedule} schedule", head=say(self.head), schedule=say(self.schedule))

    @property
    def details(self) -> tuple[str, ...]:
        """The settings that tell it from its neighbours, in words."""
        parts = (
            say("{head} head", head=say(self.head)),
            say("{pooling} pooling", pooling=say(self.pooling)) if self.head == "linear" else "",
            say("vectors of length 1") if self.normalise else "",
            *self._details_of_reading,
            say("{epochs} epochs", epochs=self.epochs),
            say("batch {size}", size=self.batch_size),
            say("rate {rate:g}", rate=self.learning_rate),
            say("{schedule} schedule", schedule=say(self.schedule)),
            *self._details_of_training,
            say("texts encoded separately") if self.pair == "separate" else "",
        )
        return tuple(part for part in parts if part)

    @property
    def _details_of_reading(self) -> tuple[str, ...]:
        """What of its own settings decides what the head reads."""
        return ()

    @property
    def _details_of_training(self) -> tuple[str, ...]:
        """What of its own settings decides how it trains."""
        return ()


_SPOKEN = (
    template("linear"), template("constant"), template("slanted-triangular"), template("mean"), template("max"),
    template("mix"),
)  # fmt: skip
"""Values of settings that `say` is given as they are."""


def recipe_from(values: Any, where: str = "recipe") -> Recipe:
    """A recipe from plain values: those of its method's dataclass, and `method`.

    Of a recipe as version 0.1 wrote it, what belongs to other methods is passed over.

    Raises:
        InputError: an unknown key, a key of another method, or a wrong value.
    """
    if not isinstance(values, dict):
        raise InputError(say("expected a mapping of settings, found {name}", name=type(values).__name__), where=where)
    kinds = _kinds(Recipe)
    known = {name: {f.name for f in fields(kind)} for name, kind in kinds.items()}
    every = set().union(*known.values())
    for key in values:
        if key not in every:
            raise InputError(
                say("unknown key '{key}'{key2}", key=shown(str(key)), key2=nearest(str(key), every)), where=where
            )
    if "method" not in values:
        raise InputError(say("method: is missing; known: {kinds}", kinds=", ".join(kinds)), where=where)
    method = values["method"]
    if method not in kinds:
        raise InputError(
            say(
                "method: unknown method '{method}'{method2}",
                method=shown(str(method)),
                method2=nearest(str(method), kinds),
            ),
            where=where,
        )
    foreign = [key for key in values if key not in known[method]]
    if foreign and not _OLD.issubset(values):
        owners = [name for name, own in known.items() if foreign[0] in own]
        raise InputError(
            say(
                "'{foreign}' is a setting of {owners}, not of {method}",
                foreign=foreign[0],
                owners=listed(owners),
                method=method,
            ),
            where=where,
        )
    own = {key: value for key, value in values.items() if key != "method" and key not in foreign}
    return settings_from(kinds[method], own, where)


def _kinds(kind: type[Recipe]) -> dict[MethodName, type[Recipe]]:
    """The dataclass of each method's recipes, of the methods that are imported."""
    found = {kind.method: kind} if kind.method else {}
    for below in kind.__subclasses__():
        found |= _kinds(below)
    return found


@dataclass(frozen=True)
class Traits:
    """An encoder, as far as recipes must suit it.

    Attributes:
        layers: layer states, that of the embeddings among them.
        width: of a layer state.
        family: which table of recipes suits it.
        pairs: it reads two texts in one input.
        causal: a piece's state knows nothing of the pieces after it, as in a decoder.
        wordless: why it is not for tagging; None where it is.
        pooling: how its authors make one vector of a text; None where they do not say.
        normalise: they bring that vector to length 1.
        fixed: why its weights cannot be trained, as the end of "cannot be fine-tuned: ..."; None where they can.
        adaptable: kinds of its linear layers that low-rank adapters can be put on.
    """

    layers: int
    width: int
    family: Family = "transformer"
    pairs: bool = True
    causal: bool = False
    wordless: str | None = None
    pooling: Pooling | None = None
    normalise: bool = False
    fixed: str | None = None
    adaptable: tuple[Targets, ...] = ("attention", "all-linear")
