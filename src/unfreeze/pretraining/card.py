"""A model card for an encoder that was pretrained here: what it is, what it has read, how to make it again."""

from __future__ import annotations

from pathlib import Path

from unfreeze.disk.files import write_text
from unfreeze.inert import in_markdown
from unfreeze.pretraining.page import command, losses_told
from unfreeze.pretraining.record import Record

CARD = "README.md"
_KINDS = {"mlm": "A BERT (masked-LM)", "bilm": "An ELMo (language model of both directions)",
          "skip-thoughts": "Skip-thoughts of one direction"}  # fmt: skip


def write_card(folder: Path, record: Record) -> None:
    """Write the card of a finished run."""
    settings, last = record.settings, record.curve[-1]
    begun = f"continued from {settings.start}" if settings.start else "from scratch"
    sizes = ", ".join(f"{name} {value}" for name, value in record.sizes.items())
    rows = [
        ("kind", f"{_KINDS[settings.objective]}, trained {begun}"),
        ("date", record.date),
        ("text", ", ".join(f"`{path}`" for path in settings.corpus)),
        ("licence", "that of the text"),
        ("read", f"{last['tokens']:,} {record.unit} of {record.tokens:,}, in {last['step']:,} steps"),
        ("held-out loss", f"{losses_told(record)}, on text that was not trained on"),
        ("sizes", sizes),
        ("parameters", f"{record.parameters:,}, what only the objective needs among them"),
        ("training", f"{last['seconds'] / 3600:.1f} h on {record.machine}, {record.precision}"),
    ]
    table = (f"| {name} | {in_markdown(value)} |" for name, value in rows)
    lines = [f"# {in_markdown(folder.name)}", "", "| | |", "| --- | --- |", *table, "", "Made by:", ""]
    block = command(settings).replace("\n", "\n    ")  # a path may contain a line break
    write_text(folder / CARD, "\n".join([*lines, f"    {block}", ""]))
