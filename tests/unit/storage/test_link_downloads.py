"""Downloads by links pass by the routes; everything else below their address does not."""

from __future__ import annotations

import pytest

from carebase.storage import link_downloads

BELOW = "/storage/v1/object/sign/"


@pytest.mark.parametrize(
    ("method", "path", "is_for_link"),
    [
        ("GET", BELOW + "labdocs/a/b c.pdf", True),
        ("HEAD", BELOW + "labdocs/a", True),
        ("POST", BELOW + "labdocs/a", False),
        ("GET", BELOW + "labdocs", False),
        ("GET", BELOW + "labdocs/", False),
        ("GET", BELOW + "/a", False),
        ("GET", "/storage/v1/object/labdocs/sign/a", False),
        ("GET", "/storage/v1/object/upload/sign/labdocs/a", False),
    ],
)
def test_only_a_download_of_an_object_is_for_a_link(method, path, is_for_link):
    assert link_downloads.is_for_link({"type": "http", "method": method, "path": path}) is is_for_link


def test_what_is_no_request_is_not():
    assert not link_downloads.is_for_link({"type": "lifespan"})
    assert not link_downloads.is_for_link({"type": "websocket", "path": BELOW + "labdocs/a"})
