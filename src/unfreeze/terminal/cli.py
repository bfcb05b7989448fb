"""The command line: every command, and what becomes of an error. Nothing slow is imported before it is needed."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from unfreeze.errors import InputError, user_fault
from unfreeze.language.choice import from_environment, speaking, told
from unfreeze.language.message import say
from unfreeze.terminal.doctor import doctor, print_version
from unfreeze.terminal.encoders import convert, encode, encoders
from unfreeze.terminal.examples import examples
from unfreeze.terminal.exports import export
from unfreeze.terminal.languages import Language, with_language
from unfreeze.terminal.pretraining import pretrain
from unfreeze.terminal.questions import check, compare, jobs, predict, probe, report
from unfreeze.terminal.serving import serve
from unfreeze.terminal.studies import study
from unfreeze.terminal.tracking import log

COMMANDS = (
    compare, jobs, probe, check, report, log, predict, serve, export, encoders, encode, pretrain, study, convert,
    examples, doctor,
)  # fmt: skip
OURS = say("This is a fault of unfreeze, not of your input; please report it together with the lines above.")

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
for command in COMMANDS:
    app.command()(with_language(command))


@app.callback()
def everything(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and end.")
    ] = False,
    language: Language = None,
) -> None:
    """Keep the pretrained encoder frozen, or fine-tune it? Answers it for your labelled text."""


def main() -> None:
    """Run the command line: 0 done, 1 a fault of ours, 2 bad input (one line, no traceback), 130 interrupted."""
    # Threads that wait long at a barrier, spinning, make every step several times slower as soon as another program
    # takes a core; threads that sleep at once cost a fifth of the speed on a machine of one's own. Wait briefly.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    with speaking(from_environment()):
        try:
            app()
        except Exception as error:
            fault = error if isinstance(error, InputError) else user_fault(error)
            if fault is None:
                error.add_note(told(OURS))
                raise
            print(f"unfreeze: {told(fault)}", file=sys.stderr)
            sys.exit(2)


if __name__ == "__main__":
    main()
