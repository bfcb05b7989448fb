"""Which files of a folder may be data: not pages, programs, archives, or what systems and tools leave beside them."""

from __future__ import annotations

from pathlib import Path

from unfreeze.data.sources import in_order, unpacked

_PAGES = frozenset(
    {".md", ".rst", ".html", ".htm", ".pdf", ".py", ".sh", ".ipynb", ".yaml", ".yml", ".png", ".jpg", ".svg"}
)
_ARCHIVES = frozenset({".zip", ".tar", ".tgz", ".tbz2", ".txz", ".rar", ".7z"})
_LEFT = frozenset(
    {".lock", ".crc", ".md5", ".sha1", ".sha256", ".asc", ".sig", ".tmp", ".temp", ".bak", ".old", ".orig", ".swp",
     ".log", ".ini", ".part", ".partial", ".crdownload", ".incomplete", ".download"}
)  # fmt: skip
"""Of locks, checksums, copies, and of downloads that did not end."""
_NAMES = frozenset(
    {
        "thumbs.db",
        "desktop.ini",
        "dataset_info.json",
        "dataset_infos.json",
        "dataset_dict.json",
        "state.json",
        "makefile",
    }
)
_PAGE_NAMES = ("readme", "licence", "license", "changelog", "citation", "copying")
_FOLDERS = frozenset({"__macosx", "__pycache__", "node_modules"})


def files_in(folder: Path) -> tuple[Path, ...]:
    """The files of a folder that may be data, by their names as people count."""
    return in_order(filter(may_be_data, _entries(folder)))


def may_be_data(path: Path) -> bool:
    """Whether a path is a file that may be data, by its name."""
    return path.is_file() and not _is_hidden(path) and _is_no_other(path)


def folders_in(folder: Path) -> tuple[Path, ...]:
    """The folders inside one that people may have put there."""
    return in_order(p for p in _entries(folder) if p.is_dir() and not _is_hidden(p) and p.name.lower() not in _FOLDERS)


def archives_in(folder: Path) -> tuple[Path, ...]:
    """Files that contain other files, which are not unpacked here."""
    return in_order(path for path in _entries(folder) if path.is_file() and not _is_hidden(path) and _is_archive(path))


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_hidden(path: Path) -> bool:
    """Names by which systems, editors and Spark hide files: `.DS_Store`, `._train.csv`, `~$train.xlsx`, `_SUCCESS`."""
    return path.name.startswith((".", "_", "~", "#")) or path.name.endswith(("~", "#"))


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() in _ARCHIVES or unpacked(path).suffix.lower() == ".tar"


def _is_no_other(path: Path) -> bool:
    name, inner = path.name.lower(), unpacked(path)
    kept_states = name.startswith("cache-") and path.suffix.lower() == ".arrow"  # what `datasets` computed once
    named = name in _NAMES or kept_states or inner.stem.lower().startswith(_PAGE_NAMES)
    return not named and inner.suffix.lower() not in _PAGES | _LEFT and not _is_archive(path)
