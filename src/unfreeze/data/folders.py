"""Which files are which split, by the names that people, tools and hubs give files and folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from glob import escape, glob
from itertools import combinations
from pathlib import Path

from unfreeze.data.class_folders import class_folders, class_source
from unfreeze.data.data_files import files_in, folders_in, may_be_data
from unfreeze.data.examples import SPLITS, SplitName
from unfreeze.data.hub_card import CARD, configurations
from unfreeze.data.named_files import is_pattern, lone_part, named_sources, shared_files
from unfreeze.data.saved_sets import SETS, is_saved, saved_set, saved_splits
from unfreeze.data.shards import Family, families
from unfreeze.data.sources import Source, in_order, plain_name
from unfreeze.data.split_folders import packed_in, split_folder
from unfreeze.data.split_names import WORDS, split_of
from unfreeze.errors import InputError, listed
from unfreeze.language.message import say, template

FEW = 6  # names in a message
DEEPEST = 3  # folders inside each other that are searched for one that contains the splits

Found = tuple[dict[SplitName, Source], list[str]]


def find_splits(data: Path | None, named: Mapping[SplitName, Sequence[Path]]) -> Found:
    """Files of the splits.

    Args:
        data: a file (the training file) or a folder, whose other files are looked at by name only.
        named: files, folders and patterns (`train-*.csv`) named outright; they win over what `data` contains.

    Returns:
        Split to its files, `train` always among them, and what was chosen among several, in sentences.

    Raises:
        InputError: nothing named, a missing path, no training file (the message tells what was found), or files of
            which it is not safe to say whether they belong together.
    """
    own, said = named_sources(named)
    if data is None:
        if "train" not in own:
            raise InputError("no training data; give DATA or --train FILE", where="DATA")
        return own, [*said, *shared_files(own)]
    if not data.exists():
        advice = say("; a pattern of files is given with --train") if is_pattern(data) else say("; check the path")
        raise InputError(say("no such file or folder{advice}", advice=advice), where=str(data))
    if not data.is_dir():
        if "train" in own:
            problem = say(
                "DATA is a file, and --train names another; which is it? A pattern of files needs quote marks"
            )
            raise InputError(say("{problem}: --train 'train-*.csv'", problem=problem), where=str(data))
        found, more = {"train": Source((data,)), **own}, lone_part(data)
        return found, [*more, *said, *shared_files(found)]
    found, more = _in_folder(data, own, DEEPEST)
    return found, [*more, *said, *shared_files(found)]


def _in_folder(folder: Path, own: dict[SplitName, Source], deep: int) -> Found:
    """The splits of a folder, in the first layout that it has; `own` were named and win."""
    if is_saved(folder):
        source, said = saved_set(folder)
        return {"train": source, **own}, said
    if (sets := saved_splits(folder)) is not None:
        return _with_train(folder, *_by_folder(folder, [folder / name for name in sets], own, SETS))
    if (by_card := _by_card(folder, own)) is not None:
        return by_card
    files = families(files_in(folder), frozenset(WORDS))
    folders = folders_in(folder)
    found, said = _by_name(folder, files, own)
    inside = [path for path in folders if split_of(path.name) and (files_in(path) or folders_in(path))]
    if inside:
        found, more = _by_folder(folder, inside, found, None)
        said += more
    unclear = [family for family in files if split_of(family.name) is None]
    if "train" not in found:
        alone = found.keys() <= own.keys() and len(unclear) == 1
        if alone and not class_folders(folders) and not any(_holds(path, DEEPEST) for path in folders):
            return _only_family(unclear[0], found)
        return _deeper(folder, folders, files, own, found, deep)
    if len(found) > len(own):
        aside = [path.name for path in folders if files_in(path)] if not inside else []
        said += _unused(unclear)
        said += [say(_ASIDE[len(aside) == 1], folders=listed(aside, FEW))] if aside else []
    return found, said


def _unused(files: Iterable[Family]) -> list[str]:
    names = [path.name for family in files for path in family.paths]
    return [say("Not used, as their names tell no split: {names}.", names=listed(names, FEW))] if names else []


def _with_train(folder: Path, found: dict[SplitName, Source], said: list[str]) -> Found:
    if "train" not in found:
        names = listed(sorted(found), FEW) or "none"
        raise InputError(
            say("no training set in the folder, found {names}; name one with --train", names=names), where=str(folder)
        )
    return found, said


def _by_card(folder: Path, own: Mapping[SplitName, Source]) -> Found | None:
    """The files that the folder's card names by split; None where it does not."""
    known = configurations(folder) if "train" not in own else []
    if len(known) > 1:
        shown = [f"{one.name} ({one.folder})" if one.folder != "." else one.name for one in known]
        problem = say(
            "{card} lists {known} sets: {shown}; give the folder of one, or its files with --train",
            card=CARD,
            known=len(known),
            shown=listed(shown, 12),
        )
        raise InputError(problem, where=str(folder))
    found, said = dict(own), []
    for name, patterns in known[0].files.items() if known else ():
        split = split_of(name)
        if split is None:
            said.append(
                say(
                    "Not used: {name}, of which {card} says {patterns}.",
                    name=name,
                    card=CARD,
                    patterns=listed(patterns, FEW),
                )
            )
        elif split in own:
            continue
        else:
            places = (
                name for pattern in patterns for name in glob(str(Path(escape(str(folder))) / pattern), recursive=True)
            )
            paths = [path for path in map(Path, places) if may_be_data(path)]
            if not paths:
                problem = say(
                    "{card} says that {name} is {patterns}, but no such file is there",
                    card=CARD,
                    name=name,
                    patterns=listed(patterns, FEW),
                )
                raise InputError(
                    say("{problem}; download it, or name files with --train", problem=problem), where=str(folder)
                )
            if split in found:
                problem = say(
                    "{card} has several sets for {split}; say which, as in --{split} FILE", card=CARD, split=split
                )
                raise InputError(problem, where=str(folder))
            families(paths, frozenset(WORDS), in_folder=True)
            found[split] = Source(in_order(dict.fromkeys(paths)))
    return (found, said) if found.keys() > own.keys() and "train" in found else None


def _by_name(folder: Path, files: Sequence[Family], own: Mapping[SplitName, Source]) -> Found:
    """Splits whose files stand in the folder itself."""
    found, said = dict(own), []
    counted: dict[SplitName, Family] = {}
    for split in SPLITS:
        candidates = sorted((f for f in files if split_of(f.name) == split), key=_plainness)
        if split in own or not candidates:
            continue
        chosen, *others = candidates
        for other in others:
            _check_apart(folder, split, chosen, other)
        found[split] = Source(chosen.paths)
        counted[split] = chosen
        if others:
            names = ", ".join(path.name for other in others for path in other.paths)
            said.append(
                say(
                    "{split}: {name} was taken, not {names}; --{split} FILE chooses.",
                    split=split,
                    name=chosen.paths[0].name,
                    names=names,
                )
            )
    _check_folds(folder, counted)
    return found, said


def _plainness(family: Family) -> tuple[int, int, str]:
    """Sort key: the name with the fewest words, then the shortest, is the split; others are its variants."""
    return len(re.split(r"[^0-9A-Za-z]+", family.name)), len(family.name), family.name


def _check_apart(folder: Path, split: SplitName, chosen: Family, other: Family) -> None:
    """Refuse to choose between names that say nothing of which is the whole: both may belong together."""
    stems = [plain_name(Path(family.name)).stem for family in (chosen, other)]
    same = stems[0] == stems[1]
    if (same and chosen.parted != other.parted) or (not same and _plainness(chosen)[:2] == _plainness(other)[:2]):
        both = f"{chosen.paths[0].name} and {other.paths[0].name}"
        problem = say(
            "{both} may both be {split}; name one, or all that belong together, as in --{split} '{split}*'",
            both=both,
            split=split,
        )
        raise InputError(problem, where=str(folder))


def _check_folds(folder: Path, chosen: Mapping[SplitName, Family]) -> None:
    """Refuse files numbered alike in two splits, which may be folds of one set: put together they would overlap."""
    bare = {split: family for split, family in chosen.items() if len(family.paths) > 1 and not family.counted}
    for first, second in combinations(bare, 2):
        if len(bare[first].paths) == len(bare[second].paths):
            names = f"{bare[first].paths[0].name}, ... and {bare[second].paths[0].name}, ..."
            problem = say(
                "{names} may be folds, or parts of each split; name the files with --{first} and --{second}",
                names=names,
                first=first,
                second=second,
            )
            raise InputError(
                say("{problem} (--{first} '{first}*' takes all)", problem=problem, first=first), where=str(folder)
            )


def _by_folder(folder: Path, inside: Iterable[Path], found: Mapping[SplitName, Source], told_by: str | None) -> Found:
    """Splits that have a folder each, but for those found already."""
    new, said = dict(found), []
    taken: dict[SplitName, Path] = {}
    order = {split: at for at, split in enumerate(SPLITS)}
    for path in sorted(in_order(inside), key=lambda path: order.get(split_of(path.name) or "train", 0)):
        split = split_of(path.name)
        if split is None:
            said.append(say("Not used: {name}, whose name tells no split.", name=path.name))
        elif told_by and not path.is_dir():
            raise InputError(
                say("{told_by} names {name}, which is not there; copy it whole", told_by=told_by, name=path.name),
                where=str(folder),
            )
        elif split in found:
            said.append(
                say(
                    "{split}: the folder {name} was not read; --{split} {name} chooses it.", split=split, name=path.name
                )
            )
        elif split in taken:
            names = f"{taken[split].name} and {path.name}"
            raise InputError(
                say("the folders {names} may both be {split}; say which with --{split}", names=names, split=split),
                where=str(folder),
            )
        else:
            taken[split] = path
            new[split], more = split_folder(path)
            said += more
            if path.name.lower().startswith("partial"):
                said.append(
                    say(
                        "Warning: {split}: {name} contains only the first part of the set.", split=split, name=path.name
                    )
                )
    return new, said


def _only_family(family: Family, found: Mapping[SplitName, Source]) -> Found:
    if len(family.paths) > 1:
        said = say("train: {paths:,} parts of one file, the only data of the folder.", paths=len(family.paths))
    else:
        said = say("train: {name}, the only file of the folder.", name=family.paths[0].name)
    return {"train": Source(family.paths), **found}, [said]


def _deeper(
    folder: Path,
    folders: Sequence[Path],
    files: Sequence[Family],
    own: dict[SplitName, Source],
    found: Mapping[SplitName, Source],
    deep: int,
) -> Found:
    """Splits of the one folder inside that contains some; or what was found instead, as an error."""
    alone = found.keys() == own.keys()
    classes = class_folders(folders) if alone and all(f.name.endswith(".txt") for f in files) else {}
    if classes:
        source, said = class_source(folder, classes)
        return {"train": source, **own}, said
    holding = [path for path in folders if _holds(path, deep)] if alone and deep else []
    if not holding and alone and not files and deep:
        holding = [path for path in folders if files_in(path)]
    if len(holding) == 1:
        inner, said = _in_folder(holding[0], own, deep - 1)
        return inner, [say("Read from the folder {name}.", name=holding[0].name), *_unused(files), *said]
    if len(holding) > 1:
        names = listed([path.name for path in holding], 12)
        raise InputError(say("contains several sets: {names}; give the folder of one", names=names), where=str(folder))
    names = listed(sorted(path.name for family in files for path in family.paths), 12) or say("no files")
    inside = say("; and the folders {name}", name=listed([path.name for path in folders], FEW)) if folders else ""
    problem = say(
        "no training file in the folder, found {names}{inside}{folder}; name one with --train",
        names=names,
        inside=inside,
        folder=packed_in(folder),
    )
    raise InputError(problem, where=str(folder))


def _holds(folder: Path, deep: int) -> bool:
    """Whether splits are in a folder, or in one inside, as its names tell."""
    if is_saved(folder) or (folder / SETS).is_file():
        return True
    inside = folders_in(folder)
    if any(split_of(family.name) for family in families(files_in(folder), frozenset(WORDS))):
        return True
    return any(split_of(path.name) for path in inside) or (deep > 0 and any(_holds(path, deep - 1) for path in inside))


_ASIDE = {
    True: template("Not looked into: the folder {folders}."),
    False: template("Not looked into: the folders {folders}."),
}
"""By whether there is one alone."""
