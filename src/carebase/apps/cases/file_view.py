"""What the page of a file shows: the page as a picture, and the marked line in words.

In charge of finding the line that a statement points at; `documents` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from carebase.apps.cases import case_view, pointing
from carebase.apps.cases import result as results
from carebase.apps.cases.pointing import Mark, StatementView
from carebase.apps.cases.result import Box
from carebase.records.files import CaseFile
from carebase.web.messages import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherLine:
    """Something else that the draft takes from this page."""

    text: str
    address: str
    place: str
    """The line in short; empty where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One page (or frame) of a file."""

    case_address: str
    file_name: str
    title: str
    image_address: str
    image_text: str
    """The alternative text of the picture."""
    original_address: str
    is_image: bool
    statement: StatementView | None
    """The statement that was followed here."""
    quotes: tuple[str, ...]
    """The marked words of this page, one entry a line."""
    others: tuple[OtherLine, ...]
    """Everything else that the draft takes from this page."""
    previous_address: str | None
    next_address: str | None
    position: str
    """Which page of how many, in words."""


def file_view(
    t: Reader,
    *,
    case_id: str,
    file: CaseFile,
    page: int,
    mark: Mark | None,
    analysis: Mapping[str, Any] | None,
    files: Sequence[CaseFile],
) -> FileView:
    """The view of one page; a `mark` that names no statement of the analysis marks nothing."""
    result = None if analysis is None else results.read(analysis)
    said = None if result is None or mark is None else results.find(result, mark.statement)
    kept = None if said is None else mark
    points = pointing.Pointing(t, case_id, names={one.file_id: one.file_name for one in files})
    here = [] if result is None else _on_page(result, file_id=file.file_id, page=page)
    pages = file.page_count or 1
    image = case_view.is_image(file.file_type)
    address = pointing.page_address(case_id, file_id=file.file_id, page=page)
    return FileView(
        case_address=f"/cases/{case_id}",
        file_name=file.file_name,
        title=t("page-title", file=file.file_name, page=str(page)),
        image_address=f"{address}.png" + ("" if kept is None else kept.query),
        image_text=t("image-text", file=file.file_name)
        if image
        else t("page-text", page=str(page), file=file.file_name),
        original_address=f"/api/cases/{case_id}/files/{quote(file.file_id, safe='')}",
        is_image=image,
        statement=None if said is None else points.statement(said),
        quotes=() if said is None else tuple(place.quote for place in places_on(said, file.file_id, page=page)),
        others=tuple(
            _other(t, one, address=address, place=places_on(one, file.file_id, page=page)[0])
            for one in here
            if said is None or one.id != said.id
        ),
        previous_address=_turn(case_id, file, page=page - 1, mark=kept),
        next_address=_turn(case_id, file, page=page + 1, mark=kept),
        position=t("page-position", page=page, pages=pages),
    )


def box_of(analysis: Mapping[str, Any] | None, *, file_id: str, page: int, mark: Mark | None) -> Box | None:
    """The box to mark on a page, in points from its top-left corner; None to mark nothing."""
    if analysis is None or mark is None:
        return None
    said = results.find(results.read(analysis), mark.statement)
    if said is None:
        return None
    places = [place for place in places_on(said, file_id, page=page) if place.box is not None]
    wanted = next((place for place in places if place.line == mark.line), places[0] if places else None)
    return None if wanted is None else wanted.box


def places_on(said: results.Said, file_id: str, *, page: int) -> list[results.Place]:
    """The places of a statement that stand on one page."""
    return [place for place in said.places if place.file == file_id and place.page == page]


def _other(t: Reader, said: results.Said, *, address: str, place: results.Place) -> OtherLine:
    return OtherLine(
        text=said.text,
        address=address + Mark(said.id, place.line).query,
        place="" if place.line is None else t("page-line", line=str(place.line)),
    )


def _on_page(result: results.Result, *, file_id: str, page: int) -> list[results.Said]:
    # A line is often said in several sections; the first (alerts come first) is enough here.
    found: dict[int, results.Said] = {}
    for said in result.statements():
        places = places_on(said, file_id, page=page)
        if said.id and places:
            found.setdefault(places[0].line or 0, said)
    return [found[line] for line in sorted(found)]


def _turn(case_id: str, file: CaseFile, *, page: int, mark: Mark | None) -> str | None:
    if not 1 <= page <= (file.page_count or 1):
        return None
    return pointing.page_address(case_id, file_id=file.file_id, page=page, mark=mark)
