"""How many requests one caller may make: a bucket of tokens for each, kept by this process alone.

In charge of protecting the machine from one loud caller. Limits that must survive a restart (wrong
passwords) are kept in the database by `accounts`.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from carebase import errors

MOST_CALLERS: Final = 50_000
"""Buckets kept; beyond it the one unused for longest is forgotten, and it would be the fullest."""


class Allowance:
    """A budget of `per_minute` for each caller, all of which may be spent at once."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(per_minute)
        self._per_second = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> None:
        """Spend one; TooMany, with the time after which there is one again, when nothing is left.

        >>> allowance = Allowance(1, clock=lambda: 0.0)
        >>> allowance.take("amina")
        >>> allowance.take("amina")
        Traceback (most recent call last):
        carebase.errors.TooMany: Too many requests; wait a little.
        """
        now = self._clock()
        left, then = self._buckets.pop(caller, (self._size, now))
        left = min(self._size, left + (now - then) * self._per_second)
        if left < 1:
            self._buckets[caller] = (left, now)
            raise errors.TooMany(retry_after_seconds=max(1, math.ceil((1 - left) / self._per_second)))
        self._buckets[caller] = (left - 1, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
