"""How numbers and names are written for people. Scores come in as fractions and are shown as points, 0 to 100."""

from __future__ import annotations

from unfreeze.language.message import joined, say, template
from unfreeze.recipe import Recipe
from unfreeze.tasks.metrics import metric_named

MINUS = "\N{MINUS SIGN}"


def points(fraction: float | None, digits: int = 1) -> str:
    """A score in points: 0.8731 is `87.3`; a dash when there is none."""
    return "\N{EN DASH}" if fraction is None else f"{100 * fraction:.{digits}f}".replace("-", MINUS)


def signed(fraction: float, digits: int = 2) -> str:
    """A difference of scores in points with its sign: 0.0046 is `+0.46`."""
    return f"{100 * fraction:+.{digits}f}".replace("-", MINUS)


def unit(metric: str) -> str:
    """What stands behind a score in points: per cent for shares, nothing for correlations."""
    return "\N{NO-BREAK SPACE}%" if metric_named(metric).unit == "share" else ""


def metric_name(metric: str) -> str:
    """A metric's name in words."""
    return metric_named(metric).words


def mean_std(metric: str, mean: float, std: float) -> str:
    """`90.0 ± 2.6 %` for scores; a squared error is not a share and stays as it is."""
    if metric_named(metric).unit == "none":
        return f"{mean:.3f} ± {std:.3f}"
    return f"{points(mean)} ± {points(std)}{unit(metric)}"


def axis_title(metric: str, split: str) -> str:
    """Title of a score axis, such as `test accuracy (%)` or `dev Pearson correlation (× 100)`."""
    scale = "%" if metric_named(metric).unit == "share" else "× 100"
    return say("{split} {metric} ({scale})", split=say(split), metric=metric_name(metric), scale=scale)


SPLITS = template("train"), template("dev"), template("test")
"""Names of splits that `say` is given as they are."""


def seconds(value: float) -> str:
    """A duration: `0.04 s`, `3.2 s`, `48 s`, `3 min 20 s`, `1 h 05 min`."""
    if value < 59.5:
        return f"{value:.{2 if value < 0.995 else 1 if value < 9.95 else 0}f} s" if value else "0 s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes:02d} min"


def megabytes(value: float) -> str:
    """A size given in megabytes: `0.03 MB`, `4.1 MB`, `91 MB`, `1.4 GB`."""
    if value >= 1000:
        return f"{value / 1000:.1f} GB"
    return f"{value:.{2 if value < 0.995 else 1 if value < 9.95 else 0}f} MB"


def count(value: int) -> str:
    """A whole number with its thousands apart: `22,713,216`."""
    return f"{value:,}"


def settings(recipe: Recipe) -> str:
    """The settings of a recipe that tell it from its neighbours, on one line."""
    return joined(recipe.details, " · ")
