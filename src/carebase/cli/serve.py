"""`carebase serve`: PostgreSQL, web server and worker in one process tree, until a signal ends them.

The worker is a process of its own, so that reading and reasoning never delay a request.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
import uvicorn

from carebase import errors, observability, server
from carebase.cli import runtime
from carebase.settings import Settings

DRAIN_SECONDS: Final = 20
WORKER_END_SECONDS: Final = 25
WORKER_PAUSE_SECONDS: Final = 1.0
LOG = observability.Log("serve")

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
    with bind(chosen) as listening:
        async with runtime.owned_database(chosen) as dsn:
            app = server.build(chosen, owner_dsn=dsn)
            web = _Server(
                uvicorn.Config(
                    app,
                    loop="none",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    proxy_headers=False,
                    timeout_graceful_shutdown=DRAIN_SECONDS,
                )
            )
            serving = asyncio.create_task(web.serve([listening]), name="web")
            working = asyncio.create_task(_keep_worker(chosen), name="worker") if chosen.workers else None
            telling = asyncio.create_task(_tell(web, chosen, when_ready), name="ready")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            web.should_exit = True
            for task in (telling, working, stopping):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*(task for task in (telling, working, stopping) if task), return_exceptions=True)
            await serving
    LOG.info("stopped")


async def _tell(web: uvicorn.Server, chosen: Settings, when_ready: Ready | None) -> None:
    while not web.started:  # noqa: ASYNC110 (uvicorn offers no event for it)
        await asyncio.sleep(0.02)
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
@runtime.explained
def command(data: Path | None, port: int | None, host: str | None) -> None:
    """Serve the platform until Ctrl-C.

    Exit codes: 0 ended by a signal, 69 the port is taken, 75 something did not answer, 78 a setting is wrong.
    """
    observability.start()
    chosen = runtime.read_settings(data=data, port=port, host=host)
    runtime.run_async(serve(chosen, when_ready=_say_address))


async def _say_address(_: Settings, address: str) -> None:
    click.echo(f"carebase serves on {address}", err=True)
