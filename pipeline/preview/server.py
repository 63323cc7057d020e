"""Server: a live preview on this machine's loopback, for one person."""

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
import watchfiles
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pipeline.preview import page, questions
from pipeline.preview.questions import Question
from pipeline.preview.studio import Studio

LOOPBACK = "127.0.0.1"
QUIET_MS = 20
"""Changes closer to each other are one."""

_PAUSE_S = 0.2
_REST_S = 0.5
"""So long after an edit the errors from afar are found, which would hold up another one."""

_MOST_BYTES = 4096
_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets in only what this machine's own page asks: the Host and, if given, the Origin fit."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}".encode() for name in (LOOPBACK, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = scope["headers"]
        hosts = [value for name, value in given if name == b"host"]
        origins = [value for name, value in given if name == b"origin"]
        sites = [value for name, value in given if name == b"sec-fetch-site"]
        fine = (
            len(hosts) == 1
            and hosts[0] in self.hosts
            and all(origin in {b"http://" + host for host in self.hosts} for origin in origins)
            and all(site in (b"same-origin", b"none") for site in sites)
        )
        app = self.app if fine else Response("not for you", 403, _HEADERS)
        await app(scope, receive, send)


class Live:
    """The studio, the pages that listen to it, and the thread that builds."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.listeners: set[asyncio.Queue[str]] = set()
        self.builder = ThreadPoolExecutor(1, "build")
        self.trials = ThreadPoolExecutor(1, "trial")
        self.judge = ThreadPoolExecutor(1, "errors")
        self.stop = asyncio.Event()

    async def follow(self) -> None:
        """Build whenever a file changes, until stopped."""
        while not self.stop.is_set():
            try:
                await self._follow(self.studio.folders())
            except OSError:  # a folder went away while it was to be watched
                await asyncio.sleep(_PAUSE_S)

    async def _follow(self, folders: set[Path]) -> None:
        """Build whenever a file in these folders changes, until others matter."""
        changes = watchfiles.awatch(
            *sorted(folders),
            watch_filter=lambda _, path: self.studio.matters(path),
            step=QUIET_MS,
            recursive=False,
            stop_event=self.stop,
        )
        coming = asyncio.ensure_future(anext(changes, None))
        await asyncio.sleep(0)  # now the folders are watched: nothing later is missed
        await self._refresh(afar=False)
        while folders == self.studio.folders() and await coming:
            coming = asyncio.ensure_future(anext(changes, None))
            await self._refresh(afar=False)
            if not (await asyncio.wait({coming}, timeout=_REST_S))[0]:
                await self._refresh(afar=True)
        coming.cancel()

    async def _refresh(self, *, afar: bool) -> None:
        loop = asyncio.get_running_loop()
        before = self.studio.held.data
        if await loop.run_in_executor(self.builder, lambda: self.studio.refresh(afar=afar)):
            self.tell(news(before, self.studio.held.data))

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Follow the files while the server runs."""
        task = asyncio.create_task(self.follow())
        yield
        self.stop.set()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    def tell(self, what: dict[str, Any]) -> None:
        """Send something to all pages."""
        for listener in self.listeners:
            listener.put_nowait(json.dumps(what))

    async def events(self) -> AsyncIterator[str]:
        """What a page hears, as server-sent events (HTML Standard, section 9.2)."""
        heard: asyncio.Queue[str] = asyncio.Queue()
        self.listeners.add(heard)
        try:
            # A page that was cut off meanwhile starts from all that is shown now.
            yield _event(json.dumps(news({}, self.studio.held.data)))
            while not self.stop.is_set():
                with suppress(TimeoutError):
                    yield _event(await asyncio.wait_for(heard.get(), 1))
        finally:
            self.listeners.discard(heard)


def _event(text: str) -> str:
    return f"data: {text}\n\n"


def news(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What a page must hear to show `after` where it shows `before`."""
    old = {asset["id"]: asset for asset in before.get("assets", ())}
    changed = [asset for asset in after["assets"] if old.get(asset["id"]) != asset]
    rest = {name: value for name, value in after.items() if name not in ("assets", "token")}
    return {**rest, "changed": changed, "order": [asset["id"] for asset in after["assets"]]}


def application(live: Live, port: int) -> ASGIApp:
    """The routes, behind their guard."""
    studio = live.studio

    async def index(_: Request) -> Response:
        return HTMLResponse(page.html(studio.held.data, live=True), headers=_HEADERS)

    async def picture(request: Request) -> Response:
        png = studio.picture(request.path_params["name"])
        if png is None:
            return Response("no such picture", 404, _HEADERS)
        kept = {**_HEADERS, "Cache-Control": "private, max-age=3600, immutable"}
        return Response(png, media_type="image/png", headers=kept)

    async def events(_: Request) -> Response:
        return StreamingResponse(live.events(), media_type="text/event-stream", headers=_HEADERS)

    routes = [
        Route("/", index),
        Route("/pictures/{name}.png", picture),
        Route("/events", events),
        _asked("/try", studio, questions.attempt, live.trials),
        _asked("/look", studio, questions.look, live.trials),
        _asked("/errors", studio, questions.errors, live.judge),
    ]
    return Guard(Starlette(routes=routes, lifespan=live.lifespan), port)


def _asked(path: str, studio: Studio, question: Question, thread: ThreadPoolExecutor) -> Route:
    """A route that answers one kind of question in a thread, one at a time."""

    async def answered(request: Request) -> Response:
        if not _has_token(request, studio.token):
            return Response("not for you", 403, _HEADERS)
        try:
            answer = question(studio, await body(request))
        except ValueError as error:
            return JSONResponse({"problems": [{"message": str(error)}]}, 400, _HEADERS)
        loop = asyncio.get_running_loop()
        return JSONResponse(await loop.run_in_executor(thread, answer), headers=_HEADERS)

    return Route(path, answered, methods=["POST"])


def _has_token(request: Request, token: str) -> bool:
    given = request.headers.get("x-bitplane-token", "")
    return secrets.compare_digest(given.encode(), token.encode())


async def body(request: Request) -> Any:
    """What a request holds as JSON.

    Raises:
        ValueError: It is too long, or no JSON.
    """
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MOST_BYTES:
            raise ValueError("too long")
    return json.loads(data)


def serve(studio: Studio, port: int, opened: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Args:
        studio: What is shown; its first build is done here.
        port: Where; 0 for any that is free.
        opened: Told the address.

    Raises:
        OSError: The port cannot be had.
    """
    studio.refresh(afar=True)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen()  # who is told the address now waits, and is not refused
        number = listening.getsockname()[1]
        asyncio.run(_serve(studio, listening, number, opened))


async def _serve(
    studio: Studio, listening: socket.socket, port: int, opened: Callable[[str], None]
) -> None:
    app = application(Live(studio), port)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    opened(f"http://{LOOPBACK}:{port}/")
    await uvicorn.Server(config).serve(sockets=[listening])
