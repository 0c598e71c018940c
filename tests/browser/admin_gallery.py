"""The administrator's pages with made-up people, for the gallery."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from carebase.apps.account.views import Form, Mistake, Option
from carebase.apps.admin import views
from carebase.apps.admin.views import Check, EntryRow, Fact, PersonRow
from carebase.web import rendering
from carebase.web.messages import Reader

NUMBER = "3f0e7f5a-93a1-4a8c-b0f2-6d1f5b8f7c11"
WHEN = {"fr": "12 mars 2026, 09:41 (Africa/Douala)", "en": "12 Mar 2026, 09:41 (Africa/Douala)"}
Made = Callable[[Reader, bool], object]


def overview(t: Reader, _: bool) -> object:
    return views.OverviewView(
        facts=(
            Fact(
                name=t("admin-fact-versions"),
                text=t("admin-versions", carebase="1.0.0", postgresql="18.4", python="3.11.7"),
            ),
            Fact(name=t("admin-fact-queue"), text=t("admin-queue", waiting=3, doing=1, failed=2), is_warning=True),
            Fact(name=t("admin-fact-people"), text=t("admin-people", total=41, asking=2)),
            Fact(name=t("admin-fact-room"), text=t("admin-room", free=62.9, percent=25)),
            Fact(name=t("admin-fact-checkpoint"), text=t("admin-checkpoint-age", minutes=12)),
            Fact(name=t("admin-fact-certificate"), text=t("admin-good-until", until="2026-05-12", days=61)),
            Fact(name=t("admin-fact-second-factor"), text=t("admin-second-factor-optional"), is_warning=True),
        )
    )


def a_row(t: Reader, *, email: str, is_closed: bool = False, wish: str | None = None) -> PersonRow:
    return PersonRow(
        id=NUMBER,
        name="Ruth Ndomé",
        email=email,
        role=t("role-none") if wish else t("role-nurse"),
        wish=wish,
        state=t("admin-state-disabled" if is_closed else "admin-state-open"),
        is_closed=is_closed,
        last=WHEN[t.language],
    )


def roles(t: Reader) -> tuple[Option, ...]:
    return tuple(
        Option(value=role, text=t(f"role-{role}"), is_selected=role == "nurse")
        for role in ("none", "admin", "attending", "nurse", "patient", "specialist")
    )


def people(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="email", text=t("refusal-email")),) if wrong else ()
    return views.PeopleView(
        form=Form(values={"email": "nobody"} if wrong else {}, mistakes=mistakes),
        done=None if wrong else t("admin-done-invited"),
        rows=(
            a_row(t, email="une-adresse-plutot-longue-de-quelquun@hopital-central.example.org"),
            a_row(t, email="ruth@example.org", wish=t("role-nurse")),
            a_row(t, email="left@example.org", is_closed=True),
        ),
        total=t("admin-people-total", count=130),
        roles=roles(t),
        earlier_page=1,
        later_page=3,
    )


def person(t: Reader, wrong: bool) -> object:
    return views.PersonView(
        form=Form(mistakes=(Mistake(field="role", text=t("admin-person-own")),) if wrong else ()),
        done=None,
        row=a_row(t, email="ruth@example.org", wish=t("role-nurse")),
        facts=(
            Fact(name=t("admin-person-role"), text=t("role-none")),
            Fact(name=t("admin-person-wish"), text=t("role-nurse"), is_warning=True),
            Fact(name=t("admin-person-state"), text=t("admin-state-open")),
            Fact(name=t("admin-person-id"), text=NUMBER),
        ),
        roles=roles(t),
        is_own=wrong,
        may_reset=not wrong,
    )


def record(t: Reader, wrong: bool) -> object:
    rows = tuple(
        EntryRow(
            address=f"/admin/audit/entries/1773304860000000/{number}",
            at=WHEN[t.language],
            who="dr@example.org",
            action=action,
            relation="public.patients",
            rows=t("admin-keys-more", keys=NUMBER, count=4),
            is_client_word=action == "VIEW",
        )
        for number, action in ((7, "read"), (8, "UPDATE"), (9, "VIEW"))
    )
    mistakes = (
        Mistake(field="person", text=t("admin-person-unknown")),
        Mistake(field="since", text=t("admin-day-wrong")),
    )
    check = Check(
        text=t("admin-check-broken", began=WHEN[t.language], row=8)
        if wrong
        else t("admin-check-intact", began=WHEN[t.language], rows=91_204, vouched=91_000),
        is_running=False,
        is_wrong=wrong,
        faults=("Row 8: its hash is not that of its content.",) if wrong else (),
    )
    return views.RecordView(
        form=Form(values={"person": "dr@example.org"}, mistakes=mistakes if wrong else ()),
        done=None,
        rows=None if wrong else rows,
        next_at="2026-03-12T08:41:00+00:00",
        next_seq="7",
        check=check,
        checkpoints=tuple(
            Fact(name=WHEN[t.language], text=t("admin-checkpoint-checkpoint", seq=seq)) for seq in (91_000, 80_500)
        ),
        checkpoint_age=t("admin-checkpoint-age", minutes=12),
        formats=(
            Option(value="csv", text=t("admin-format-csv"), is_selected=True),
            Option(value="jsonl", text=t("admin-format-jsonl")),
        ),
    )


def entry(t: Reader, wrong: bool) -> object:
    return views.EntryView(
        facts=(
            Fact(name=t("admin-entry-number"), text="8"),
            Fact(name=t("admin-entry-at"), text=WHEN[t.language]),
            Fact(name=t("admin-entry-who"), text="dr@example.org"),
            Fact(name=t("admin-entry-action"), text="UPDATE"),
            Fact(
                name=t("admin-entry-agent"),
                text="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ),
        ),
        patients=(NUMBER,),
        before=None if wrong else '{\n  "phone": "+237600000001"\n}',
        after=None if wrong else '{\n  "phone": "+237600000002"\n}',
        is_change=True,
    )


PAGES: dict[str, tuple[str, Made]] = {
    "/admin": ("overview", overview),
    "/admin/users": ("people", people),
    f"/admin/users/{NUMBER}": ("person", person),
    "/admin/audit": ("record", record),
    "/admin/audit/entries/1773304860000000/8": ("entry", entry),
}
"""By address: the template, and what it shows."""
WITH_MISTAKES = [path for path in PAGES if path != "/admin"]
"""Those that look otherwise after a mistake, or where less may be seen."""


def routes(renderer: rendering.Renderer) -> list[Route]:
    """A route for each page; with `?wrong=1` as it is after a mistake."""

    def shown(template: str, made: Made) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            view = made(renderer.reader(request), "wrong" in request.query_params)
            return renderer.page(request, f"admin/{template}.html", view=view)

        return page

    return [Route(path, shown(template, made)) for path, (template, made) in PAGES.items()]
