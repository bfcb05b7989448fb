"""What to run: frozen dataclasses, and strict YAML in and out."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from unfreeze.disk.json_files import read_yaml
from unfreeze.disk.typed import briefly
from unfreeze.errors import InputError, nearest, shown

Method = Literal["feature-extraction", "fine-tuning"]
METHODS: tuple[Method, ...] = get_args(Method)
Budget = Literal["quick", "standard", "thorough"]
Head = Literal["linear", "bcn", "esim", "crf", "bilstm-crf", "biattention"]
Pooling = Literal["mean", "max", "cls", "last"]
Pair = Literal["joint", "separate"]
Family = Literal["transformer", "elmo", "word-vectors", "sentence-vectors"]
CacheDtype = Literal["float16", "int8"]
Schedule = Literal["constant", "linear", "slanted-triangular"]


@dataclass(frozen=True)
class Recipe:
    """One full setting of an adaptation.

    Attributes:
        head: task model on top of the encoder.
        pooling: how token states become one vector for the `linear` head: their mean or maximum, or the state of the
            first (`cls`) or `last` piece.
        normalise: that vector is brought to length 1, as some sentence encoders are made to be used.
        pair: both texts of a pair in one input (`joint`), or each on its own.
        layers: feature extraction reads a learned scalar mix of all layers (`mix`), their plain mean (`mean`), or the
            layers listed (one: as it is; several: their plain mean); 0 is the embedding layer, -1 the top one.
            Fine-tuning always reads the top layer.
        epochs: passes over the training set with all layer groups; raised until `min_steps` steps are reached.
        patience: stop after this many readings of dev without a better score, counted once a score is above 0; None
            never stops early.
        batch_size: examples a step.
        warmup: share of the steps in which the rate rises (`linear`), or the triangle's cut (`slanted-triangular`).
        layer_decay: learning rate factor from one layer group to the one below (discriminative rates); 1 is off.
        head_rate: the head's learning rate as a multiple of `learning_rate`, which is the encoder's.
        gradual_unfreezing: before those epochs, one for the head alone and one more for each layer group from the top.
        unfreeze_top: so many layer groups of the encoder learn, from the top; None: all of them.
        reinit_top: this many top layers start from fresh weights.
        hidden: width of a BiLSTM direction in `bcn`, `esim`, `bilstm-crf`.
        weight_decay: AdamW's, on matrices; the frozen `linear` head has `l2` in its place.
        l2: L2 penalties of the frozen `linear` head, all trained at once, the best on dev kept.
        source: where the setting comes from.
    """

    method: Method
    head: Head
    name: str = ""
    pooling: Pooling = "mean"
    normalise: bool = False
    pair: Pair = "joint"
    layers: Literal["mix", "mean"] | tuple[int, ...] = "mix"
    learning_rate: float = 1e-3
    schedule: Schedule = "linear"
    warmup: float = 0.1
    layer_decay: float = 1.0
    head_rate: float = 1.0
    gradual_unfreezing: bool = False
    unfreeze_top: int | None = None
    epochs: int = 3
    min_steps: int = 0
    patience: int | None = None
    batch_size: int = 32
    weight_decay: float = 0.01
    dropout: float = 0.1
    clip: float | None = 1.0
    reinit_top: int = 0
    hidden: int = 300
    l2: tuple[float, ...] = (0.0,)
    source: str = ""


@dataclass(frozen=True)
class Reads:
    """How an encoder reads, as far as recipes must suit it.

    Attributes:
        family: of the encoder.
        pairs: it reads two texts in one input.
        causal: a piece's state knows nothing of the pieces after it, as in a decoder.
        wordless: why it is not for tagging; None where it is.
        pooling: how its authors make one vector of a text; None where they do not say.
        normalise: they bring that vector to length 1.
    """

    family: Family = "transformer"
    pairs: bool = True
    causal: bool = False
    wordless: str | None = None
    pooling: Pooling | None = None
    normalise: bool = False


@dataclass(frozen=True)
class Plan:
    """One question: which data, which encoder, which methods, how much effort.

    Attributes:
        data: file or folder; train, dev, test name files outright and win over what `data` holds: one or several,
            folders of one split, or patterns such as `train-*.csv`.
        encoder: name or folder of one encoder, or of several that are compared with each other.
        methods: None takes both, or feature extraction alone where the encoder cannot be fine-tuned.
        seeds: final runs of each method's chosen recipe; None takes the budget's number.
        train_size: use only so many training examples (stratified, same subset for every run).
        subset: which of the many subsets of that size.
        recipes: replaces the budget's table; each method must get the same number.
        equivalence: half-width of the region of practical equivalence, as a fraction (0.005 is half a point).
        max_length: cut inputs to so many pieces; None takes the encoder's limit.
        encoder_options: options of an encoder's family as text, such as `{"stateful": "true"}`.
        prefix: text that is put before every text, as some encoders were trained to expect (`"query: "`); None takes
            the encoder folder's own default.
        unfreeze_top: of that many layer groups from the top fine-tuning updates the weights, whatever its recipe says.
        cache_gb: the most the feature store may hold; past it states are recomputed.
        cache_dtype: what states are stored as; `int8` takes half the room, at half a 127th of the largest state of a
            layer and row as the most that a state may be off.
        drop_hopeless: of several encoders, those whose frozen probes are far behind on dev are not trained further.
    """

    data: str | None = None
    train: str | tuple[str, ...] | None = None
    dev: str | tuple[str, ...] | None = None
    test: str | tuple[str, ...] | None = None
    text: str | None = None
    text_b: str | None = None
    label: str | None = None
    task: str | None = None
    encoder: str | tuple[str, ...] = "minilm"
    methods: tuple[Method, ...] | None = None
    budget: Budget = "quick"
    seeds: int | None = None
    train_size: int | None = None
    subset: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    out: str | None = None
    recipes: tuple[Recipe, ...] = ()
    equivalence: float = 0.005
    max_length: int | None = None
    encoder_options: Mapping[str, str] = field(default_factory=dict)
    prefix: str | None = None
    unfreeze_top: int | None = None
    cache_gb: float = 8.0
    cache_dtype: CacheDtype = "float16"
    drop_hopeless: bool = False

    @property
    def encoders(self) -> tuple[str, ...]:
        """The encoders that are compared, one or several."""
        return (self.encoder,) if isinstance(self.encoder, str) else self.encoder

    @property
    def only_encoder(self) -> str:
        """The one encoder. Raises `InputError` where there are several."""
        if len(self.encoders) > 1:
            raise InputError(f"names {len(self.encoders)} encoders; one is expected here", where="--encoder")
        return self.encoders[0]

    @property
    def all_options(self) -> dict[str, str]:
        """The encoder's options with the prefix among them."""
        return {**self.encoder_options, **({} if self.prefix is None else {"prefix": self.prefix})}

    def __post_init__(self) -> None:
        if self.seeds is not None and self.seeds < 1:
            raise InputError(f"{self.seeds} seeds; at least 1 is needed", where="seeds")
        if self.train_size is not None and self.train_size < 2:
            raise InputError(f"{self.train_size} training examples; at least 2 are needed", where="train_size")
        check_length(self.max_length)
        if self.unfreeze_top is not None and self.unfreeze_top < 1:
            raise InputError(f"{self.unfreeze_top} layer groups; at least 1 is needed", where="unfreeze_top")
        for split in ("train", "dev", "test"):
            if getattr(self, split) == ():
                raise InputError("names no file; leave it out, or name one or more", where=split)
        for name in ("equivalence", "cache_gb"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{getattr(self, name)}; a number of at least 0 is needed", where=name)
        if not self.encoders or not all(self.encoders):
            raise InputError("names no encoder", where="encoder")
        if repeated := next((name for i, name in enumerate(self.encoders) if name in self.encoders[:i]), None):
            raise InputError(f"names {shown(repeated)} twice", where="encoder")
        if self.methods is not None and not self.methods:
            raise InputError(f"no method; known: {', '.join(METHODS)}", where="methods")
        counts = {m: sum(r.method == m for r in self.recipes) for m in self.methods or METHODS}
        if self.recipes and len(set(counts.values())) != 1:
            raise InputError(f"each method must get the same number of recipes, found {counts}", where="recipes")


def check_length(pieces: int | None) -> None:
    """Raise `InputError` where a limit of pieces leaves no room for a piece among the special ones."""
    if pieces is not None and pieces < 4:
        raise InputError(f"{pieces} pieces; at least 4 are needed", where="max_length")


def _parse(cls: type, values: Any, where: str) -> Any:
    """Check `values` against the fields of dataclass `cls`; the first fault becomes an `InputError` with its field."""
    from pydantic import TypeAdapter, ValidationError  # takes longer to import than all that `--help` needs

    known = {f.name for f in fields(cls)}
    if not isinstance(values, dict):
        raise InputError(f"expected a mapping of settings, found {type(values).__name__}", where=where)
    for key in values:
        if key not in known:
            raise InputError(f"unknown key '{shown(str(key))}'{nearest(str(key), known)}", where=where)
    try:
        made: Any = TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = shown(".".join(str(part) for part in first["loc"]))
        raise InputError(f"{field}: {first['msg']}, found {briefly(first['input'])}", where=where) from None
    switched = [key for key, value in values.items() if isinstance(value, bool) and getattr(made, key) is not value]
    if switched:
        found = str(values[switched[0]]).lower()
        raise InputError(f"{switched[0]}: is {found}, which is for switches; a number is wanted", where=where)
    return made


def recipe_from(values: Any, where: str = "recipe") -> Recipe:
    """A `Recipe` from plain values. Raises `InputError` on an unknown key or a wrong value."""
    return _parse(Recipe, values, where)  # type: ignore[no-any-return]


def plan_from(values: Any, where: str = "plan") -> Plan:
    """A `Plan` from plain values (as YAML gives them). Raises `InputError` on an unknown key or a wrong value."""
    if isinstance(values, dict) and isinstance(values.get("recipes"), list):
        given = enumerate(values["recipes"])
        recipes = tuple(r if isinstance(r, Recipe) else recipe_from(r, f"{where}: recipes[{i}]") for i, r in given)
        values = {**values, "recipes": recipes}
    if isinstance(values, dict) and isinstance(values.get("encoder_options"), Mapping):
        values = {**values, "encoder_options": {k: _as_text(v) for k, v in values["encoder_options"].items()}}
    if isinstance(values, dict) and isinstance(values.get("encoder"), str):
        values = {**values, "encoder": _encoders(values["encoder"])}
    return _parse(Plan, values, where)  # type: ignore[no-any-return]


def _encoders(name: str) -> str | tuple[str, ...]:
    """`a,b` as two encoders, unless that is the path of one."""
    if "," not in name or os.path.exists(name):
        return name
    return tuple(part.strip() for part in name.split(","))


def _as_text(value: Any) -> Any:
    """A switch or a number as the command line has it: YAML reads `true` and `3` as what they are."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


def read_plan(path: Path) -> Plan:
    """Read a plan file; its paths (an `encoder` is one if it is there as a file or folder) are relative to its folder.

    Raises:
        InputError: the file is missing, is no YAML, or holds an unknown key or a wrong value.
    """
    values = read_yaml(path)
    if isinstance(values, dict):
        for key in ("data", "train", "dev", "test"):
            if isinstance(values.get(key), str):
                values[key] = str(path.parent / values[key])
            elif isinstance(values.get(key), list):
                values[key] = [str(path.parent / one) if isinstance(one, str) else one for one in values[key]]
        if isinstance(values.get("encoder"), str):
            values["encoder"] = _beside(path.parent, _encoders(values["encoder"]))
        elif isinstance(values.get("encoder"), list):
            values["encoder"] = _beside(path.parent, tuple(values["encoder"]))
    try:
        return plan_from(values, str(path))
    except InputError as error:
        if (error.where or "").startswith(str(path)):
            raise
        raise InputError(str(error), where=str(path)) from None


def _beside(folder: Path, names: str | tuple[Any, ...]) -> str | tuple[Any, ...]:
    """Names of encoders, those that are files or folders beside a plan file as paths."""
    if isinstance(names, str):
        return str(folder / names) if os.path.exists(folder / names) else names
    return tuple(_beside(folder, name) if isinstance(name, str) else name for name in names)


def merged(plan: Plan, given: dict[str, Any], where: str) -> Plan:
    """`plan` with the settings `given` over it, checked. Raises `InputError` as `plan_from` does.

    Other `data` than the plan's takes the place of its train, dev and test files too.
    """
    kept = {f.name: getattr(plan, f.name) for f in fields(Plan)}
    if "data" in given:
        kept |= {"train": None, "dev": None, "test": None}
    return plan_from({**kept, **given}, where)


def plain(value: Plan | Recipe) -> dict[str, Any]:
    """Plain JSON-ready values of a plan or recipe, tuples as lists."""

    def lists(item: Any) -> Any:
        if isinstance(item, dict):
            return {k: lists(v) for k, v in item.items()}
        return [lists(v) for v in item] if isinstance(item, (list, tuple)) else item

    return lists(asdict(value))  # type: ignore[no-any-return]
