"""Square codes as pictures that a page can show under a strict content policy.

In charge of the drawing: no style attribute, no script, and no character that ends an address, because clients of
GoTrue put the picture into one as it is.
"""

from __future__ import annotations

import io
from typing import Final

import segno

PIXELS_PER_MODULE: Final = 4


def svg(text: str) -> str:
    """The text as a square code in SVG: black on white, with the quiet zone around it.

    >>> svg("otpauth://totp/x").startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        scale=PIXELS_PER_MODULE,
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        nl=False,
        dark="black",
        light="white",
    )
    # segno writes colours as #000 and #fff, and in an address everything after a # is lost.
    return drawn.getvalue().decode().replace('"#000"', '"black"').replace('"#fff"', '"white"')
