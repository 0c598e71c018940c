"""What a client calls itself, in words that a mail may carry.

In charge of a closed set: whoever signs in chooses what it sends, and none of that is ever put into a mail.
"""

from __future__ import annotations

from typing import Final

PROGRAMS: Final = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"), ("supabase-py", "supabase-py"), ("supabase-js", "supabase-js"),
)  # fmt: skip
"""What the header has in it, and the program's name. Browsers name those they descend from, so order counts."""
SYSTEMS: Final = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
UNKNOWN: Final = {"fr": "un programme inconnu", "en": "an unknown program"}
ON: Final = {"fr": "sur", "en": "on"}


def in_words(agent: str, *, language: str) -> str:
    """The program and system that a User-Agent names.

    >>> in_words("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", language="fr")
    'Firefox sur Linux'
    >>> in_words("Visit https://evil.example now", language="en")
    'an unknown program'
    """
    program = next((name for part, name in PROGRAMS if part in agent), None)
    system = next((name for part, name in SYSTEMS if part in agent), None)
    if program and system:
        return f"{program} {ON[language]} {system}"
    return program or system or UNKNOWN[language]
