"""A bundle served over HTTP until the process is asked to end."""

from __future__ import annotations

import gc
from collections.abc import Callable

from unfreeze.bundle.load import load
from unfreeze.errors import InputError, check_packages
from unfreeze.language.message import say
from unfreeze.serving.limits import Limits
from unfreeze.serving.model import Model, name_of

PACKAGES = ("fastapi", "uvicorn", "prometheus_client")
DRAIN = 1.0
"""Seconds after its end was asked for in which a server takes new connections."""


def serve(
    bundle: str,
    *,
    host: str,
    port: int,
    name: str | None = None,
    device: str = "auto",
    limits: Limits = Limits(),
    drain: float = DRAIN,
    tell: Callable[[str], None],
) -> None:
    """Answer requests until SIGTERM or Ctrl-C; then answer those that have come in, and return.

    Args:
        port: 0 takes any that is free.
        name: of the model; that of the bundle's folder where it is None.
        drain: seconds in which new connections are still taken once the end was asked for.
        tell: gets the address when requests are answered.

    Raises:
        InputError: a package is missing, the port is taken, the bundle cannot be loaded, an option is invalid.
    """
    check_packages(PACKAGES, "serve", where="serve")
    from unfreeze.serving.server import Server, bound, url_of
    from unfreeze.serving.service import Service

    limits.check()
    if drain < 0:
        raise InputError(say("is {drain:g}; it must be 0 or more", drain=drain), where="--drain")
    named = name_of(bundle, name)
    with bound(host, port) as listener:
        model = Model(load(bundle, device), named)
        model.warm_up()
        gc.collect()
        gc.freeze()  # what is loaded stays; to look through it again takes half a second, in which nobody is answered
        service = Service(model, limits)
        service.worker.start()
        Server(service, listener, drain).serve_until_asked(
            lambda: tell(f"{url_of(listener)}  (model {named}, {model.predictor.task.kind}; Ctrl-C ends)")
        )
        service.worker.close(limits.seconds)
