"""The figures of a soak, as JSON and for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fuzz import OUTCOMES
from ledger import Ledger


def write_figures(out: Path, ledger: Ledger) -> int:
    """Write `soak.json` and `soak.md`; 1 where anything is wrong, else 0."""
    figures = {
        "kills": _kills(ledger, "kills"), "machines": _kills(ledger, "machines"), "inputs": _inputs(ledger),
        "starts": _starts(ledger), "disks": _disks(ledger),
    }  # fmt: skip
    faults = [fault for line in ledger.lines for fault in line["faults"]]
    (out / "soak.json").write_text(json.dumps({**figures, "faults": len(faults)}, indent=1) + "\n", encoding="utf-8")
    (out / "soak.md").write_text(_page(figures, ledger), encoding="utf-8")
    return int(bool(faults))


def _kills(ledger: Ledger, part: str) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(line["name"] for line in ledger.of(part)):
        lines = ledger.of(part, name)
        rows.append({
            "command": name, "series": len(lines), "kills": sum(len(line["kills"]) for line in lines),
            "series with faults": sum(bool(line["faults"]) for line in lines),
        })  # fmt: skip
    return rows


def _inputs(ledger: Ledger) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(line["name"] for line in ledger.of("inputs")):
        lines = ledger.of("inputs", name)
        counts = {outcome: sum(line["counts"].get(outcome, 0) for line in lines) for outcome in OUTCOMES}
        rows.append({"reader": name, **counts})
    return rows


def _starts(ledger: Ledger) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(line["name"] for line in ledger.of("starts")):
        lines = ledger.of("starts", name)
        keys = ("tries", "inside", "refused", "nobody inside", "two inside")
        counts = {key: sum(line["counts"].get(key, 0) for line in lines) for key in keys}
        rows.append({"folder": name, **counts, "faults": sum(len(line["faults"]) for line in lines)})
    return rows


def _disks(ledger: Ledger) -> list[dict[str, Any]]:
    rows = []
    for kind in dict.fromkeys(line["name"].partition(",")[0] for line in ledger.of("disks")):
        lines = [line for line in ledger.of("disks") if line["name"].startswith(f"{kind},")]
        times, faulty = sum(len(line["kills"]) for line in lines), sum(bool(line["faults"]) for line in lines)
        rows.append({"trouble": kind, "series": len(lines), "times": times, "series with faults": faulty})
    return rows


def _page(figures: dict[str, list[dict[str, Any]]], ledger: Ledger) -> str:
    parts = ["# Soak\n"]
    for title, rows in figures.items():
        if rows:
            parts += [f"## {title.capitalize()}\n", _table([*rows, _sum(rows)])]
    faults = [(line, fault) for line in ledger.lines for fault in line["faults"]]
    if faults:
        parts.append("## Faults\n")
        parts += [f"- {line['part']}, {line['name']}, seed {line['seed']}: `{' '.join(fault.split())[:400]}`" for line,
                  fault in faults]  # fmt: skip
    return "\n".join(parts) + "\n"


def _sum(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: "all" if isinstance(value, str) else sum(row[key] for row in rows) for key, value in rows[0].items()}


def _table(rows: list[dict[str, Any]]) -> str:
    keys = list(rows[0])
    lines = [" | ".join(keys), " | ".join("---" if key == keys[0] else "---:" for key in keys)]
    lines += [
        " | ".join(f"{row[key]:,}" if isinstance(row[key], int) else str(row[key]) for key in keys) for row in rows
    ]
    return "\n".join(f"| {line} |" for line in lines) + "\n"
