"""The command that serves a bundle over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from unfreeze.plan import Plan
from unfreeze.terminal.options import Device


def serve(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="The bundle folder of a comparison, or its URL.")],
    host: Annotated[str, typer.Option(metavar="HOST", help="0.0.0.0 for requests from other machines.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="0: any that is free.")] = 8000,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the model in URLs.  [default: of the bundle's folder]")
    ] = None,
    device: Device = None,
    max_body: Annotated[int, typer.Option(metavar="BYTES", help="Of a request.")] = 1 << 20,
    max_texts: Annotated[int, typer.Option(metavar="N", help="Of a request.")] = 256,
    max_length: Annotated[int, typer.Option(metavar="N", help="Characters of a text or pair.")] = 20_000,
    max_waiting: Annotated[int, typer.Option(metavar="N", help="Texts that wait, of all requests.")] = 1024,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Until a request is given up.")] = 30.0,
    drain: Annotated[
        float, typer.Option(metavar="SECONDS", help="Taking connections after SIGTERM, not ready any more.")
    ] = 1.0,
) -> None:
    """Serve a bundle over HTTP, with a page to try it: Hugging Face's and KServe's requests, /metrics."""
    from unfreeze.commands.serve import serve as run
    from unfreeze.serving.limits import Limits

    limits = Limits(max_body, max_texts, max_length, max_waiting, timeout)
    run(
        bundle, host=host, port=port, name=name, device=device or Plan.device, limits=limits, drain=drain,
        tell=typer.echo,
    )  # fmt: skip
