"""The pages of cases."""

from __future__ import annotations

from pathlib import Path

from carebase.web import rendering, static

HERE = Path(__file__).parent


def renderer(names: static.Names) -> rendering.Renderer:
    """The templates and sentences of these pages."""
    return rendering.Renderer(names=names, templates=[HERE / "templates"], locales=[HERE / "locales"])
