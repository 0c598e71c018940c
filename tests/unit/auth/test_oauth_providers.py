"""The operator's file of outside providers is read when the server starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from carebase import server
from carebase.settings import BadSetting, Settings


@pytest.mark.parametrize(
    ("text", "why"), [("[hospital", "TOML"), ('[hospital]\nclient_id = "c"\n', "issuer"), (None, "providers.toml")]
)
def test_a_file_that_cannot_be_used_stops_the_start_with_a_reason(tmp_path: Path, text: str | None, why: str) -> None:
    file = tmp_path / "providers.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(BadSetting) as caught:
        server.build(Settings(data=tmp_path, secret="s" * 40, oidc_providers=file), owner_dsn="")
    assert "CAREBASE_OIDC_PROVIDERS" in str(caught.value)
    assert why in str(caught.value)
