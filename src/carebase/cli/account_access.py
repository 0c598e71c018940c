"""The accounts of a deployment for as long as a command takes, beside a running server or without one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from carebase import errors
from carebase.auth.accounts import Accounts
from carebase.auth.policy import Policy
from carebase.auth.tokens import Tokens
from carebase.cli import runtime
from carebase.database.embedded import Embedded
from carebase.database.pool import Login, Pools
from carebase.settings import Settings


class NotAccepted(errors.SetupError):
    """The address, the password, the name or the role cannot be taken."""

    code, message = "not_accepted", "That cannot be made or changed so."
    exit_code = 65  # EX_DATAERR of sysexits.h


@asynccontextmanager
async def opened(chosen: Settings) -> AsyncIterator[Accounts]:
    """The accounts; what the steps refuse becomes NotAccepted."""
    login = frozenset({Login.AUTH_SERVICE})
    async with (
        _database(chosen) as dsn,
        Pools(owner_dsn=dsn, secret=chosen.secret, logins=login) as pools,
    ):
        accounts = Accounts(pools, tokens=Tokens.of(chosen), secret=chosen.secret, policy=Policy.of(chosen))
        try:
            yield accounts
        except errors.SetupError:
            raise
        except errors.CareError as error:
            if error.status >= 500:
                raise
            raise NotAccepted(details=error.details or error.message, hint=error.hint) from error
        finally:
            accounts.close()


@asynccontextmanager
async def _database(chosen: Settings) -> AsyncIterator[str]:
    """The database of a running carebase; without one, the embedded server for as long as this takes."""
    if chosen.database_url is None and (running := await Embedded(chosen.data).reach()):
        yield running.dsn()
        return
    async with runtime.owned_database(chosen) as dsn:
        yield dsn
