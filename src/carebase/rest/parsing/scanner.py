"""A place in a text, and what was looked for there in vain.

In charge of positions, of going back to try something else, and of the sentence that says what was expected instead
of what is written. Clients know that sentence from PostgREST, so the rules of what it lists are its parser's: a miss
counts until something is read after it; among misses the furthest counts; misses at one place are listed together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

from carebase.rest import errors

MAX_DEPTH = 32
"""How deep embeds stand in embeds and groups in groups."""

MAX_PARTS = 1_500
"""How many columns, embeds, conditions, groups and order terms one request names."""

_CONTROLS = (
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a", "b", "t", "n", "v", "f", "r", "SO", "SI",
    "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US",
)  # fmt: skip
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BLANK = re.compile(r"[ \t]*")
_IDENTIFIER = re.compile(r"(?:[A-Za-z0-9_ $]|[^\W\d_])*+")
_NAME = re.compile(r"[A-Za-z0-9_ $]+(?:-(?!>)[A-Za-z0-9_ $]+)*+")


class Miss(Exception):
    """What stands here is not what is looked for; met only by the grammar, which tries something else or gives up."""


Vain: TypeAlias = tuple[int, str, bool]
"""One look-up in vain: the character in the way, what was wanted (empty: nothing with a name), and whether that
character was refused as such, rather than found instead of another."""

Mark: TypeAlias = tuple[int, int, tuple[Vain, ...]]
"""A place to come back to: where, how far look-ups went in vain, and which those were."""


class Budget:
    """How many parts a request may still name."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_PARTS

    def spend(self) -> None:
        """Count one part; TooComplex when there were too many."""
        self.left -= 1
        if self.left < 0:
            raise errors.TooComplex("parts", limit=MAX_PARTS)


class Scanner:
    """Reads one text from left to right."""

    __slots__ = ("_furthest", "_name", "_name_at", "_vain", "at", "budget", "text")

    def __init__(self, text: str, *, budget: Budget | None = None) -> None:
        self.text = text
        self.at = 0
        self.budget = budget or Budget()
        self._furthest = -1
        self._vain: tuple[Vain, ...] = ()
        self._name_at = -1
        self._name: tuple[str, Mark] | None = None

    # --- places ----------------------------------------------------------------------------------------------------

    def go(self, to: int) -> None:
        """Read up to there; what was missed before no longer counts."""
        self.at = to
        self._furthest = -1
        self._vain = ()

    def again(self) -> None:
        """One more of a row has been read: what was missed at its end no longer counts."""
        self.go(self.at)

    def mark(self) -> Mark:
        """This place."""
        return self.at, self._furthest, self._vain

    def back(self, to: Mark) -> None:
        """Return to a place and remember what was missed behind it."""
        self.at, furthest, vain = to
        if furthest > self._furthest:
            self._furthest, self._vain = furthest, vain
        elif furthest == self._furthest and self._vain[: len(vain)] != vain:
            self._vain = vain + self._vain

    def miss(self, wanted: str, *, culprit: int | None = None, at: int | None = None, is_odd: bool = False) -> None:
        """Remember that `wanted` is not here, because of the character at `culprit`."""
        at = self.at if at is None else at
        if at >= self._furthest:
            vain = (at if culprit is None else culprit, wanted, is_odd)
            self._vain = (*self._vain, vain) if at == self._furthest else (vain,)
            self._furthest = at

    def miss_instead(self, wanted: str, *, since: Mark) -> None:
        """Say `wanted` in place of all that was wanted since the mark, where nothing has been read since."""
        _, furthest, vain = since
        before = () if self._furthest > furthest else vain
        mine = self._vain[len(before) :]
        if mine:
            kept = tuple((culprit, "", is_odd) for culprit, _, is_odd in mine)
            self._vain = (*before, *kept, (mine[0][0], wanted, False))

    # --- reading ---------------------------------------------------------------------------------------------------

    def sees(self, token: str) -> bool:
        """Whether `token` stands here, without reading it."""
        return self.text.startswith(token, self.at)

    def accept(self, token: str, *, wanted: str | None = None) -> bool:
        """Read `token` if it stands here."""
        if self.text.startswith(token, self.at):
            self.go(self.at + len(token))
            return True
        self.miss(wanted or shown(token), culprit=self._difference(token))
        return False

    def need(self, token: str, *, wanted: str | None = None) -> None:
        """Read `token`, or Miss."""
        if not self.accept(token, wanted=wanted):
            raise Miss

    def begin(self, token: str) -> bool:
        """Read `token` if it stands here; where only its beginning does, Miss."""
        if self.sees(token):
            self.go(self.at + len(token))
            return True
        if self.sees(token[0]):
            self.go(self.at)
            self.miss(shown(token), culprit=self._difference(token))
            raise Miss
        self.miss(shown(token))
        return False

    def blank(self) -> bool:
        """Read blanks; whether there were any."""
        found = _BLANK.match(self.text, self.at)
        has_moved = found is not None and found.end() > self.at
        if found and has_moved:
            self.go(found.end())
        return has_moved

    def comma(self) -> bool:
        """Read a comma and the blanks around it; blanks without a comma are a Miss."""
        has_moved = self.blank()
        if self.accept(","):
            self.blank()
            self.miss("")
            return True
        if has_moved:
            raise Miss
        return False

    def stop(self, *closers: str) -> None:
        """Be before one of `closers` or at the end, or Miss."""
        for closer in closers:
            if self.sees(closer):
                return
            self.miss(shown(closer))
        is_at_end = self.at == len(self.text)
        self.miss("end of input", is_odd=not is_at_end)
        if not is_at_end:
            raise Miss

    def quoted(self) -> str:
        """Read what stands between double quotes, a backslash in front of what is meant as it is."""
        if not self.sees('"'):
            self.miss(shown('"'))
            raise Miss
        found = _QUOTED.match(self.text, self.at)
        if found is None:
            self.go(len(self.text))
            if (len(self.text) - len(self.text.rstrip("\\"))) % 2 == 0:
                self.miss(shown("\\"))
                self.miss(shown('"'))
            else:
                self.miss("")
            raise Miss
        self.go(found.end())
        text = found[1]
        return _ESCAPED.sub(r"\1", text) if "\\" in text else text

    def identifier(self) -> str:
        """Read letters, digits, `_`, `$` and blanks; blanks around do not count.

        >>> Scanner(" first name ,").identifier()
        'first name'
        """
        stop = self._past_identifier()
        start = self.at
        if stop > start:
            self.go(stop)
        self.miss("letter")
        self.miss("digit")
        if stop == start:
            raise Miss
        return self.text[start:stop].strip()

    def name(self) -> str:
        """Read a column's, table's or constraint's name, in double quotes where it has other characters.

        >>> Scanner("full-name->x").name(), Scanner('"a.b"').name()
        ('full-name', 'a.b')
        """
        if self._name_at == self.at and self._name is not None:
            name, (self.at, self._furthest, self._vain) = self._name
            return name
        start = self.at
        name = self.quoted() if self.sees('"') else self._dashed()
        self._name_at, self._name = start, (name, self.mark())
        return name

    def _dashed(self) -> str:
        found = _NAME.match(self.text, self.at)
        following = self.text[found.end() : found.end() + 1] if found else ""
        if found and following.isascii() and following != "-":
            self.go(found.end())
            parts = found[0].split("-")
            if len(parts) == 1:
                self.miss("letter")
                self.miss("digit")
            self.miss(shown("-"))
            return "-".join(map(str.strip, parts))
        if self._past_identifier() == self.at:
            self.miss("field name (* or [a..z0..9_$])")
            raise Miss
        name = self.identifier()
        while self.dash():
            self.budget.spend()
            name = f"{name}-{self.identifier()}"
            self.again()
        return name

    def dash(self) -> bool:
        """Read a dash that is no arrow."""
        if self.sees("->"):
            self.miss("", culprit=self.at + 1, at=self.at + 2, is_odd=True)
            return False
        if self.accept("-"):
            self.miss(shown(">"))
            return True
        return False

    def _past_identifier(self) -> int:
        found = _IDENTIFIER.match(self.text, self.at)
        if found is None or found[0].isascii():
            return found.end() if found else self.at
        # Numbers that are no digits belong to a word for `re`, but to no name here.
        odd = (at for at, c in enumerate(found[0], self.at) if not (c.isascii() or c.isalpha()))
        return next(odd, found.end())

    def _difference(self, token: str) -> int:
        at = self.at
        if self.text[at : at + 1] != token[0]:
            return at
        for character in token:
            if self.text[at : at + 1] != character:
                break
            at += 1
        return at

    # --- saying ----------------------------------------------------------------------------------------------------

    def refusal(self, what: str) -> errors.Unreadable:
        """What to tell the client; `what` is the part of the request, with its text."""
        odd = [shown_character(self.text[culprit]) for culprit, _, is_odd in self._vain if is_odd]
        found = [culprit for culprit, _, is_odd in self._vain if not is_odd]
        said = []
        if odd:
            said.append(f"unexpected {_listed(odd)}")
        elif found:
            culprit = self.text[found[0] : found[0] + 1]
            said.append(f"unexpected {shown(culprit) if culprit else 'end of input'}")
        listed = _listed([wanted for _, wanted, _ in self._vain if wanted])
        if listed:
            said.append(f"expecting {listed}")
        line, column = self._position(max(self._furthest, self.at))
        details = " ".join(said).replace("\n", " ") or "unknown parse error"
        return errors.Unreadable(f'"{what}" (line {line}, column {column})', details=details)

    def _position(self, at: int) -> tuple[int, int]:
        before = self.text[:at]
        line = before.rpartition("\n")[2]
        return before.count("\n") + 1, len(line.expandtabs(8)) + 1


@lru_cache(maxsize=256)
def shown(token: str) -> str:
    """A text as PostgREST prints it in its sentences.

    >>> print(shown("->"), shown('"'), shown("é"))
    "->" "\\"" "\\233"
    """
    return f'"{"".join(_escaped(character, quote=chr(34)) for character in token)}"'


def shown_character(character: str) -> str:
    """A character refused as such, in single quotes."""
    return f"'{_escaped(character, quote=chr(39))}'"


def _escaped(character: str, *, quote: str) -> str:
    number = ord(character)
    if character in {quote, "\\"}:
        return f"\\{character}"
    if number < 32:
        return f"\\{_CONTROLS[number]}"
    if number == 127:
        return "\\DEL"
    return character if number < 127 else f"\\{number}"


def _listed(words: list[str]) -> str:
    once = list(dict.fromkeys(words))
    return " or ".join(filter(None, (", ".join(once[:-1]), once[-1]))) if once else ""
