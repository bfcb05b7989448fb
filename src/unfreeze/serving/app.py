"""Paths, statuses and headers; nothing else here imports fastapi or starlette."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from unfreeze.errors import shown
from unfreeze.serving import hugging_face, kserve
from unfreeze.serving.limits import RETRY_SECONDS, Limits, RefusedError
from unfreeze.serving.metrics import CONTENT_TYPE
from unfreeze.serving.page import page_of, policy
from unfreeze.serving.questions import body_of
from unfreeze.serving.service import GONE, OURS, Service
from unfreeze.serving.worker import faults

Handler = Callable[[Request], Awaitable[Response]]
JSON = "application/json"
_SAFE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
_OFF = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}
"""FastAPI's own telemetry, which would have texts in it."""


def app_of(service: Service) -> FastAPI:
    """The application of a service that is running."""
    app = FastAPI(title="unfreeze", docs_url=None, redoc_url=None, telemetry=_OFF)
    paths = _Paths(service)
    for path, (form, handler) in paths.asked.items():
        app.add_api_route(path, handler, methods=["POST"], openapi_extra=_schema(form))
    for path, handler in paths.shown.items():
        app.add_api_route(path, handler, methods=["GET"])
    app.add_exception_handler(HTTPException, _unknown)
    app.add_middleware(_Around, service=service)
    return app


class _Paths:
    """Every path with what answers it."""

    def __init__(self, service: Service) -> None:
        self._service, self._page = service, page_of(service.model, service.limits).encode()
        self._metadata = kserve.described(service.model)
        one, infer = "/v2/models/{model}", (kserve.Request, _served(self._infer))
        predict = (hugging_face.Request, _served(self._predict))
        self.shown: Mapping[str, Handler] = {
            "/": self._show, "/health": self._ready, "/metrics": self._metrics, "/v2": self._server,
            "/v2/health/live": self._live, "/v2/health/ready": self._ready,
        } | {
            f"{path}{end}": _served(handler)
            for path in (one, f"{one}/versions/{{version}}")
            for end, handler in (("", self._model), ("/ready", self._model_ready))
        }  # fmt: skip
        self.asked: Mapping[str, tuple[type[BaseModel], Handler]] = {
            "/": predict, "/predict": predict, f"{one}/infer": infer, f"{one}/versions/{{version}}/infer": infer,
        }  # fmt: skip

    async def _predict(self, request: Request) -> Response:
        service, predictor = self._service, self._service.model.predictor
        body = body_of(await _body(request, service.limits), hugging_face.Request)
        asked = hugging_face.asked_of(body, predictor, service.limits)
        answers = await service.answers(asked.questions, request.receive)
        cut = ",".join(str(place) for place, answer in enumerate(answers) if answer.cut)
        return _json(hugging_face.reply_of(asked, answers, predictor), 200, {"unfreeze-cut": cut} if cut else None)

    async def _infer(self, request: Request) -> Response:
        self._check_model(request)
        service = self._service
        body = body_of(await _body(request, service.limits), kserve.Request)
        asked = kserve.asked_of(body, service.model.predictor, service.limits)
        answers = await service.answers(asked.questions, request.receive)
        return _json(kserve.reply_of(asked, answers, service.model))

    def _check_model(self, request: Request) -> None:
        own, known = self._service.model.name, kserve.VERSION
        model, number = request.path_params["model"], request.path_params.get("version", known)
        if model != own:
            raise RefusedError(404, f"there is no model '{shown(model)}' here; this one is called '{own}'")
        if number != known:
            raise RefusedError(404, f"there is no version '{shown(number)}' of the model; its version is {known}")

    async def _show(self, request: Request) -> Response:
        return Response(self._page, media_type="text/html", headers={"content-security-policy": policy()})

    async def _metrics(self, request: Request) -> Response:
        return Response(self._service.metrics.text(), media_type=CONTENT_TYPE)

    async def _live(self, request: Request) -> Response:
        live = self._service.worker.alive
        return _json({"live": live}, 200 if live else 503)

    async def _ready(self, request: Request) -> Response:
        return _json({"ready": self._service.ready}, 200 if self._service.ready else 503)

    async def _server(self, request: Request) -> Response:
        return _json({"name": "unfreeze", "version": version("unfreeze"), "extensions": []})

    async def _model(self, request: Request) -> Response:
        self._check_model(request)
        return _json(self._metadata)

    async def _model_ready(self, request: Request) -> Response:
        self._check_model(request)
        ready = self._service.ready
        return _json({"name": self._service.model.name, "ready": ready}, 200 if ready else 503)


def _served(handler: Handler) -> Handler:
    """A handler whose refusals and faults are replies."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as refused:
            return _refusal(refused)
        except ClientDisconnect:
            return _refusal(RefusedError(GONE, "the client is gone"))
        except Exception as error:
            print(faults(error), file=sys.stderr, flush=True)
            return _refusal(RefusedError(500, OURS))

    return answer


def _refusal(refused: RefusedError) -> Response:
    headers = {"retry-after": str(RETRY_SECONDS)} if refused.retry else {}
    return _json({"error": refused.problem}, refused.status, headers)


async def _unknown(request: Request, error: HTTPException) -> Response:
    """Paths and methods that there are not."""
    told = {404: f"there is nothing at {request.url.path[:80]}", 405: f"{request.method} is not possible here"}
    return _json({"error": told.get(error.status_code, str(error.detail))}, error.status_code, error.headers)


def _json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(body.encode("utf-8", "replace"), status, headers, JSON)


async def _body(request: Request, limits: Limits) -> bytes:
    """The body of a request in JSON. Raises `RefusedError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise RefusedError(415, f"the body must be JSON and say so: content-type {JSON}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "compressed bodies are not read")
    too_large = RefusedError(413, f"the body is larger than {limits.body:,} bytes")
    given = request.headers.get("content-length", "")
    if given.isdecimal() and int(given) > limits.body:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for part in request.stream():
                body += part
                if len(body) > limits.body:
                    raise too_large
    except TimeoutError:
        raise RefusedError(408, f"the body was not here after {limits.seconds:g} s") from None
    return bytes(body)


def _schema(form: type[BaseModel]) -> dict[str, Any]:
    """What a request is, for `/openapi.json`."""
    schema = form.model_json_schema()
    return {"requestBody": {"required": True, "content": {JSON: {"schema": _inlined(schema, schema.pop("$defs", {}))}}}}


def _inlined(schema: Any, named: Mapping[str, Any]) -> Any:
    """A schema with what it refers to in place of the references, which would be looked for at the document's root."""
    if isinstance(schema, list):
        return [_inlined(part, named) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(named[schema["$ref"].rpartition("/")[2]], named)
    return {name: _inlined(part, named) for name, part in schema.items()}


class _Around:
    """Counts every request, adds the headers of all replies, and ends connections while the server is leaving."""

    def __init__(self, app: Any, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sent(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                more = _SAFE | ({"connection": "close"} if self._service.leaving else {})
                message["headers"] = [*message["headers"], *((k.encode(), v.encode()) for k, v in more.items())]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            self._service.metrics.request(route, status, time.perf_counter() - began)
