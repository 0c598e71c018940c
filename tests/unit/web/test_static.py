"""Built files under names that change with their content."""

import gzip
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from carebase.errors import SetupError
from carebase.web import static


async def fetched(folder: Path, *paths: str, encoding: str = "gzip") -> list[httpx.Response]:
    app = Starlette(routes=[Mount("/static", static.mount(folder))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://care.example") as client:
        return [await client.get(path, headers={"accept-encoding": encoding}) for path in paths]


def test_a_name_leads_to_the_file_that_was_built(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"files": {"app.css": "app-0123.css"}}))
    assert static.built(tmp_path).url("app.css") == "/static/app-0123.css"


def test_without_a_build_the_operator_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as told:
        static.built(tmp_path)
    assert "make assets" in str(told.value.hint)


async def test_built_files_may_be_kept_for_ever_and_missing_ones_not(tmp_path: Path) -> None:
    (tmp_path / "app-0123.css").write_text("a{}")
    found, missing = await fetched(tmp_path, "/static/app-0123.css", "/static/app.css")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert missing.status_code == 404
    assert "immutable" not in missing.headers.get("cache-control", "")


async def test_a_browser_that_can_unpack_gets_the_packed_file(tmp_path: Path) -> None:
    (tmp_path / "app-0123.css").write_text("a{}")
    (tmp_path / "app-0123.css.gz").write_bytes(gzip.compress(b"a{}"))
    (packed,) = await fetched(tmp_path, "/static/app-0123.css")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == "text/css; charset=utf-8"
    assert packed.text == "a{}"
    (plain,) = await fetched(tmp_path, "/static/app-0123.css", encoding="identity")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"


async def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "secret").write_text("s")
    for answer in await fetched(tmp_path / "dist", "/static/../secret", "/static/%2e%2e/secret", "/static/..%2fsecret"):
        assert answer.status_code == 404
