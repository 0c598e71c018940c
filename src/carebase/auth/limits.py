"""How many requests one caller may make: for each the time at which its allowance is whole again.

In charge of protecting the machine from one loud caller, at the price of a look into a dictionary. What is
used up is carried over restarts and to other processes by `carrying`; limits that have to be exact (passwords,
codes, mails) are `attempts` and `allowances`.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from carebase import errors
from carebase.auth import allowances

WINDOW_SECONDS: Final = 60.0
MOST_CALLERS: Final = 50_000
"""Callers kept; beyond it those who have used up least are forgotten."""
IPV6_PREFIX: Final = 64
"""Bits of an IPv6 address that name a customer; the rest each device chooses as it likes."""
ROUNDING: Final = 1e-6
"""Seconds; sums of many small parts differ from their whole by less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much a caller has used up that no other process knows of yet."""

    caller: str
    key: bytes
    seconds: float
    """As time of its allowance."""
    full_at: float


@dataclass(slots=True, kw_only=True)
class _Shared:
    """What all processes together knew at a moment."""

    at: float
    full_at: dict[str, float] = field(default_factory=dict)


class Allowance:
    """`per_minute` requests for each caller, all of which may be spent at once."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._part = WINDOW_SECONDS / per_minute
        self._room = WINDOW_SECONDS - self._part + ROUNDING
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._carried: dict[bytes, float] = {}
        self._shared = _Shared(at=clock())

    def __len__(self) -> int:
        """Callers that are kept."""
        return len(self._full_at)

    def take(self, caller: str) -> None:
        """Spend one; TooMany, with the time after which there is one again, when nothing is left.

        >>> allowance = Allowance(1, clock=lambda: 0.0)
        >>> allowance.take("amina")
        >>> allowance.take("amina")
        Traceback (most recent call last):
        carebase.errors.TooMany: Too many requests; wait a little.
        """
        now = self._clock()
        full_at = self._full_at.get(caller)
        if full_at is None:
            full_at = self._first(caller)
        if full_at < now:
            full_at = now
        elif full_at - now > self._room:
            raise errors.TooMany(retry_after_seconds=max(1, math.ceil(full_at - now - self._room)))
        self._full_at[caller] = full_at + self._part

    def expect(self, used: Mapping[bytes, float]) -> None:
        """Begin with what was used up before: by the hash of the caller, the seconds until it is whole."""
        now = self._clock()
        self._carried = {key: now + seconds for key, seconds in used.items()}

    def unshared(self, *, above_seconds: float) -> list[Use]:
        """What callers have used up since it was shared last, of those who used more than that."""
        now = self._clock()
        found = []
        for caller, full_at in self._full_at.items():
            if full_at - now <= above_seconds:
                continue
            known = self._shared.full_at.get(caller)
            # What drained away before the last time was drained there as well.
            seconds = full_at - now if known is None else full_at - max(known, self._shared.at)
            if seconds > ROUNDING:
                key = allowances.key_of(caller)
                found.append(Use(caller=caller, key=key, seconds=min(seconds, full_at - now), full_at=full_at))
        return found

    def learn(self, uses: Iterable[Use], used: Mapping[bytes, float]) -> None:
        """Take over what all processes together have used up, after `uses` were shared with them."""
        now = self._clock()
        meanwhile = {use.caller: self._full_at.get(use.caller, use.full_at) - use.full_at for use in uses}
        others, shared = dict(used), _Shared(at=now)
        for caller in {**self._shared.full_at, **meanwhile}:
            seconds = others.pop(allowances.key_of(caller), None)
            current = self._full_at.get(caller)
            if seconds is None or current is None:
                continue
            shared.full_at[caller] = now + seconds
            # Too little to be shared this time stays with us until it is more.
            here = now + seconds + meanwhile[caller] if caller in meanwhile else max(current, now + seconds)
            self._full_at[caller] = here
        self._shared = shared
        # Those who have not come here so far, or have used up too little here to be shared.
        self._carried = {key: now + seconds for key, seconds in others.items()}

    def _first(self, caller: str) -> float:
        if len(self._full_at) >= MOST_CALLERS:
            self._forget_some()
        carried = self._carried.pop(allowances.key_of(caller), 0.0) if self._carried else 0.0
        # Kept at once: a caller with nothing left is refused before anything else is noted of it.
        self._full_at[caller] = carried
        return carried

    def _forget_some(self) -> None:
        # A fifth at once, so that the next comes after many callers more.
        least = max(self._clock(), sorted(self._full_at.values())[MOST_CALLERS // 5])
        self._full_at = {caller: full_at for caller, full_at in self._full_at.items() if full_at > least}


@lru_cache(maxsize=4096)
def caller_at(address: str | None) -> str:
    """Whom the limits of an address count: the customer who has it.

    >>> caller_at("2001:db8::1") == caller_at("2001:db8::2"), caller_at("192.0.2.1") == caller_at("192.0.2.2")
    (True, False)
    >>> caller_at("::ffff:192.0.2.1"), caller_at("2001:db8::1")
    ('192.0.2.1', '2001:db8::/64')
    """
    if address is None:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)
