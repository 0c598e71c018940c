"""A client for programs that open and follow cases over the network, on supabase-py.

In charge of the calls of the original service's wrapper and of saying what went wrong in one error. It speaks to the
data API of any deployment and needs nothing else of this package; supabase-py comes with `carebase[client]`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, cast

if TYPE_CHECKING:
    import supabase

Case = dict[str, Any]
"""One row of `public.cases`, by column."""

TIMEOUT_SECONDS: Final = 30.0


class SupabaseClientError(Exception):
    """A call did not succeed; `code` and `hint` are the server's where it answered."""

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.hint = message, code, hint


class _Executable(Protocol):
    def execute(self) -> Any: ...


class SupabaseCaseClient:
    """Opens cases, reads them and sets their status.

    With the service key it acts for every doctor and passes by row policies: keep it on servers. With the anon key it
    acts for the person that `client.supabase.auth` signs in.
    """

    def __init__(self, url: str | None = None, key: str | None = None) -> None:
        """Where they are not given, `url` is SUPABASE_URL and `key` SUPABASE_SERVICE_ROLE_KEY of the environment."""
        self.url = url or os.environ.get("SUPABASE_URL")
        self.key = key or os.environ.get("SUPABASE_SERVICE_ROLE_KEY")
        if not self.url or not self.key:
            raise SupabaseClientError(
                "The server's address and a key are needed.",
                hint="Give url and key, or set SUPABASE_URL and SUPABASE_SERVICE_ROLE_KEY.",
            )
        try:
            import httpx  # noqa: PLC0415 - supabase-py's own; only programs that use this client have it
            import supabase  # noqa: PLC0415 - as above
        except ModuleNotFoundError as error:
            raise SupabaseClientError(
                "supabase-py is not installed.", hint="Run: pip install 'carebase[client]'"
            ) from error
        # What can go wrong on the way; kept here, since these names exist only where supabase-py is installed.
        self._refusal = supabase.PostgrestAPIError
        self._failures = (httpx.HTTPError, httpx.InvalidURL)
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS)
        options = supabase.ClientOptions(httpx_client=self._http)
        try:
            self.supabase: supabase.Client = supabase.create_client(self.url, self.key, options)
        except supabase.SupabaseException as error:
            self._http.close()
            raise SupabaseClientError(f"The address or the key is not one: {error}") from error

    async def create_new_case(  # noqa: PLR0917 - programs of the original service may name them or not
        self,
        case_id: str,
        user_id: str,
        patient_name: str,
        patient_age: int,
        patient_gender: str,
        case_summary: str | None = None,
    ) -> Case:
        """Open a case of the doctor `user_id` and return it."""
        row = {
            "case_id": case_id,
            "doctor_id": user_id,
            "patient_name": patient_name,
            "patient_age": patient_age,
            "patient_gender": patient_gender,
            "case_summary": case_summary,
        }
        rows = await self._rows("open the case", lambda: self.supabase.table("cases").insert(row))
        return _only(rows, case_id)

    async def get_all_cases(self, user_id: str) -> list[Case]:
        """The cases of the doctor `user_id`, newest first; as many as the server gives in one answer."""
        return await self._rows(
            "read the cases",
            lambda: self.supabase.table("cases").select("*").eq("doctor_id", user_id).order("created_at", desc=True),
        )

    async def get_case_by_id(self, case_id: str) -> Case:
        """The case; SupabaseClientError with the code `case_not_found` where there is none for this caller."""
        rows = await self._rows(
            "read the case", lambda: self.supabase.table("cases").select("*").eq("case_id", case_id)
        )
        return _only(rows, case_id)

    async def update_case_status(self, case_id: str, status: str) -> Case:
        """Set the status and return the case.

        The server takes only a status that a stored result supports; another is refused with its code CA409.
        """
        rows = await self._rows(
            "set the status", lambda: self.supabase.table("cases").update({"status": status}).eq("case_id", case_id)
        )
        return _only(rows, case_id)

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    async def _rows(self, deed: str, query: Callable[[], _Executable]) -> list[Case]:
        try:
            # supabase-py waits for its answer; meanwhile the caller's loop goes on.
            answer = await asyncio.to_thread(lambda: query().execute())
        except self._refusal as refusal:
            raise SupabaseClientError(
                f"Could not {deed}: {refusal.message}", code=refusal.code, hint=refusal.hint
            ) from refusal
        except self._failures as failure:
            raise SupabaseClientError(f"Could not {deed}: the server does not answer ({failure}).") from failure
        return cast("list[Case]", answer.data)


def _only(rows: list[Case], case_id: str) -> Case:
    if not rows:
        raise SupabaseClientError(f"There is no case {case_id} for this caller.", code="case_not_found")
    return rows[0]
