"""Runs that gave one answer for everything, and dev sets on which nothing can be distinguished."""

from __future__ import annotations

from unfreeze.data.examples import SplitName
from unfreeze.data.measurable import JUDGED
from unfreeze.judging.read import Comparison
from unfreeze.records.comparison import RunRecord
from unfreeze.records.forecasts import likely_of
from unfreeze.records.setting import Setting
from unfreeze.tasks import metrics


def degenerate_on(comparison: Comparison, run: RunRecord) -> tuple[SplitName, ...]:
    """Splits on which a final run gave one answer for everything though their gold labels are several.

    Those of test are at hand. Of dev the record says it; that of an older version did not look at the gold labels, of
    which the audit has the counts. Over folds it is every split of which that is true in any fold.
    """
    if comparison.parts:
        each = zip(comparison.parts, comparison.runs_of[run.id], strict=True)
        found = {split for part, one in each for split in degenerate_on(part, part.records[one])}
        return tuple(split for split in JUDGED if split in found)
    gold, test = [item.label for item in comparison.items], comparison.tests[run.id]
    same = {
        "dev": run.degenerate and dev_is_several(comparison.setting),
        "test": metrics.degenerate(comparison.setting.task, gold, test.predictions, likely_of(test.forecasts)),
    }
    return tuple(split for split in JUDGED if same[split])


def several_splits(setting: Setting) -> tuple[SplitName, ...]:
    """Of dev and test those on which more than one answer can be right; test always is one."""
    return tuple(split for split in JUDGED if split != "dev" or dev_is_several(setting))


def dev_is_several(setting: Setting) -> bool:
    """Whether dev has more than one item and, as far as the audit counted them, more than one answer."""
    if setting.data.sizes.get("dev", 2) < 2:
        return False
    audited = setting.audit.splits.get("dev")
    return audited is None or setting.task.target.several(audited.labels, setting.labels.scheme)


def dev_is_blind(comparison: Comparison) -> bool:
    """Whether nothing could be chosen on dev: one answer only, by the audit, or correlations that cannot be computed.

    Predictions that vary have a correlation of just 0 only with scores that do not (an older version wrote 0 for it).
    """
    if comparison.parts:
        return all(dev_is_blind(part) for part in comparison.parts)
    setting, finals = comparison.setting, comparison.all_finals()
    if setting.task.target.counted:
        return not dev_is_several(setting)
    varied = [run for run in finals if not run.degenerate]
    return bool(varied) and all(run.dev[setting.metric] == 0 for run in varied)
