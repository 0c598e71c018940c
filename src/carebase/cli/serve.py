"""`carebase serve`: PostgreSQL, web server and worker in one process tree, until a signal ends them.

The worker is a process of its own, so that reading and reasoning never delay a request.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import uvicorn
from fastapi import FastAPI

from carebase import authority, errors, observability, server
from carebase.cli import runtime
from carebase.settings import Settings
from carebase.storage import blocking, objects

DRAIN_SECONDS: Final = 20
WORKER_END_SECONDS: Final = 25
WORKER_PAUSE_SECONDS: Final = 1.0
CERTIFICATE_PAUSE_SECONDS: Final = 3600.0
LOG = observability.Log("serve")

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)

Ready = Callable[[Settings, str], Awaitable[None]]


class PortTaken(errors.SetupError):
    """Another program listens on the port."""

    code, message = "port_taken", "The port is taken."
    exit_code = 69  # EX_UNAVAILABLE of sysexits.h


class _Server(uvicorn.Server):
    """uvicorn, whose signals are ours to handle: PostgreSQL and the worker have to end after it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signal handlers as they are."""
        yield


def bind(chosen: Settings) -> socket.socket:
    """The listening socket, taken before anything is started; PortTaken when another program has it."""
    listening = socket.socket(socket.AF_INET6 if ":" in chosen.host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((chosen.host, chosen.port))
    except OSError as error:
        listening.close()
        raise PortTaken(
            details=f"{chosen.host}:{chosen.port}: {error.strerror}.", hint="Choose another: PORT=8001"
        ) from error
    return listening


async def serve(chosen: Settings, *, when_ready: Ready | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then drain and end everything that was started."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    encryption = authority.context(*authority.files(chosen)) if chosen.speaks_https else None
    with bind(chosen) as listening:
        async with runtime.owned_database(chosen) as dsn:
            # Said in a sentence, before anybody comes: a key that is missing, a place that cannot be reached.
            await blocking.run(objects.check, chosen)
            app = server.build(chosen, owner_dsn=dsn)
            web = _Server(_configured(app, encryption))
            serving = asyncio.create_task(web.serve([listening]), name="web")
            working = asyncio.create_task(_keep_worker(chosen), name="worker") if chosen.workers else None
            telling = asyncio.create_task(_tell(web, chosen, when_ready), name="ready")
            renewing = (
                asyncio.create_task(_keep_current(encryption, chosen), name="certificates") if encryption else None
            )
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            web.should_exit = True
            beside = [task for task in (telling, working, renewing, stopping) if task is not None]
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await serving
    LOG.info("stopped")


def _configured(app: FastAPI, encryption: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_context_factory=None if encryption is None else lambda *_: encryption,
    )


async def _keep_current(encryption: ssl.SSLContext, chosen: Settings) -> None:
    """Renew our own certificate in time, and take over a given one that was renewed."""
    loaded = _stamps(*authority.files(chosen))
    while True:
        await asyncio.sleep(CERTIFICATE_PAUSE_SECONDS)
        try:
            files = await asyncio.to_thread(authority.files, chosen)
            if (found := _stamps(*files)) != loaded:
                authority.load(encryption, *files)
                loaded = found
                LOG.info("certificate_renewed")
        except errors.CareError as error:
            # What was loaded goes on; half of a pair may be there already and the other half come in a moment.
            LOG.error("certificate_not_renewed", cause=error)


def _stamps(*paths: Path) -> tuple[int, ...]:
    return tuple(path.stat().st_mtime_ns for path in paths)


async def _tell(web: uvicorn.Server, chosen: Settings, when_ready: Ready | None) -> None:
    while not web.started:  # noqa: ASYNC110 (uvicorn offers no event for it)
        await asyncio.sleep(0.02)
    # What the start has made stays until the end. Looked through for garbage now and then, it would hold up every
    # request for about 0.1 s.
    gc.collect()
    gc.freeze()
    if when_ready is not None:
        await when_ready(chosen, chosen.address)


async def _keep_worker(chosen: Settings) -> None:
    """A worker process, started again when it dies; ended with its job done when this is cancelled."""
    environment = {**os.environ, "CAREBASE_DATA": str(chosen.data), "CAREBASE_WORKERS": str(chosen.workers)}
    command = [sys.executable, "-m", "carebase.cli.main", "worker", "--attached"]
    if observability.is_quiet():
        command.append("--quiet")
    while True:
        worker = await asyncio.create_subprocess_exec(*command, env=environment, start_new_session=True)
        try:
            status = await worker.wait()
        except asyncio.CancelledError:
            worker.terminate()
            try:
                await asyncio.wait_for(worker.wait(), WORKER_END_SECONDS)
            except TimeoutError:
                worker.kill()
                await worker.wait()
            raise
        LOG.warning("worker_died", status=status)
        await asyncio.sleep(WORKER_PAUSE_SECONDS)


@click.command("serve")
@runtime.data_option
@click.option("--port", type=int, help="Port of the web server (PORT, 8000).")
@click.option("--host", help="Address to listen on (HOST, 127.0.0.1).")
@click.option("--tls", is_flag=True, default=None, help="Serve HTTPS with an own certificate authority (CAREBASE_TLS).")
@click.option(
    "--tls-certificate", type=_FILE, help="Serve HTTPS with this certificate chain (CAREBASE_TLS_CERTIFICATE)."
)
@click.option("--tls-key", type=_FILE, help="Its private key (CAREBASE_TLS_KEY).")
@runtime.explained
def command(**flags: Any) -> None:
    """Serve the platform until Ctrl-C.

    Exit codes: 0 ended by a signal, 69 the port is taken, 75 something did not answer, 78 a setting is wrong.
    """
    observability.start()
    chosen = runtime.read_settings(**flags)
    runtime.run_async(serve(chosen, when_ready=_say_address))


async def _say_address(chosen: Settings, address: str) -> None:
    click.echo(f"carebase serves on {address}", err=True)
    if chosen.speaks_https and (own := authority.offered(chosen)) is not None:
        click.echo(f"install its certificate authority once on each device: {address}/install-certificate", err=True)
        click.echo(f"its fingerprint (SHA-256) is {own.sha256}", err=True)
