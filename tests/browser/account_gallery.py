"""The pages of accounts with made-up people, for the gallery."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from carebase.apps.account import views
from carebase.apps.account.views import Form, Mistake, Option
from carebase.auth import preferences, qr
from carebase.web import rendering
from carebase.web.messages import Reader

URI = "otpauth://totp/localhost:amina%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=localhost"
CODES = tuple(f"{first}CDE-FGHJ-KMNP" for first in "ACDEFGHJKM")
WHEN = {"fr": "12 mars 2026, 09:41 (Africa/Douala)", "en": "12 Mar 2026, 09:41 (Africa/Douala)"}
Made = Callable[[Reader, bool], object]


def sign_in(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="email", text=t("refusal-credentials")),) if wrong else ()
    ways = (
        views.Way(address="/login/with/google", text=t("sign-in-with", provider="Google")),
        views.Way(address="/login/mail", text=t("sign-in-by-mail")),
        views.Way(address="/login/code", text=t("sign-in-by-paper")),
        views.Way(address="/forgot", text=t("sign-in-forgot")),
        views.Way(address="/register", text=t("sign-in-register")),
    )
    return views.SignInView(
        form=Form(values={"email": "dr@example.org"} if wrong else {}, mistakes=mistakes),
        next_address="/cases",
        notice=None if wrong else t("sign-in-said-idle"),
        name_label=t("sign-in-email"),
        ways=ways,
    )


def paper_sign_in(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="name", text=t("refusal-paper")),) if wrong else ()
    return views.PaperSignInView(form=Form(mistakes=mistakes), next_address="/cases")


def by_mail(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="email", text=t("refusal-email")),) if wrong else ()
    return views.ByMailView(form=Form(mistakes=mistakes), next_address="/cases")


def second_factor(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="code", text=t("refusal-factor-code")),) if wrong else ()
    factors = (
        Option(value="1", text="Téléphone du service", is_selected=True),
        Option(value="2", text=t("factor-kind-codes")),
    )
    return views.SecondFactorView(
        form=Form(mistakes=mistakes),
        next_address="/cases",
        notice=None if wrong else t("second-factor-again"),
        factors=factors if wrong else factors[:1],
    )


def register(t: Reader, wrong: bool) -> object:
    mistakes = (
        Mistake(field="email", text=t("refusal-email")),
        Mistake(field="password", text=t("refusal-password-length", shortest=10)),
    )
    roles = tuple(
        Option(value=role, text=t(f"role-{role}"), is_selected=role == "patient")
        for role in ("patient", "attending", "nurse", "specialist")
    )
    return views.RegisterView(form=Form(mistakes=mistakes if wrong else ()), is_open=True, shortest=10, roles=roles)


def closed(t: Reader, wrong: bool) -> object:
    return views.RegisterView(form=Form(), is_open=False, shortest=10, roles=())


def forgot(t: Reader, wrong: bool) -> object:
    return views.ForgotView(form=Form(mistakes=(Mistake(field="email", text=t("refusal-email")),) if wrong else ()))


def sent(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="code", text=t("refusal-code")),) if wrong else ()
    return views.SentView(
        form=Form(values={"email": "amina@example.org"}, mistakes=mistakes),
        kind="recovery",
        explanation=t("sent-recovery-explanation"),
        code_minutes=10,
        is_again=not wrong,
    )


def confirm(t: Reader, wrong: bool) -> object:
    return views.ConfirmView(
        title=t("confirm-signup-title"),
        explanation=t("confirm-signup-explanation"),
        button=t("confirm-signup-button"),
        action="/confirm",
    )


def signed_up(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="password", text=t("signed-up-wrong")),) if wrong else ()
    return views.SignedUpView(form=Form(mistakes=mistakes), email="amina@example.org", action="/confirm")


def said(t: Reader, wrong: bool) -> object:
    return views.SaidView(
        title=t("over-title"), explanation=t("over-explanation"), address="/forgot", link=t("over-link")
    )


def password(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="password", text=t("refusal-password-common")),) if wrong else ()
    return views.PasswordView(
        form=Form(mistakes=mistakes),
        title=t("invitation-title"),
        explanation=t("invitation-explanation"),
        action="/invitation",
        email="amina@example.org",
        shortest=10,
        asks_name=True,
    )


def profile(t: Reader, wrong: bool) -> object:
    mistakes = (
        Mistake(field="current_password", text=t("refusal-current-password")),
        Mistake(field="phone", text=t("refusal-phone")),
    )
    mistakes = mistakes if wrong else ()
    return views.ProfileView(
        form=Form(values={"full_name": "Amina Njoya-Ngatchou"}, mistakes=mistakes),
        done=None if wrong else t("done-profile"),
        email="amina@example.org",
        new_email="amina.njoya@example.org",
        phone="+237677123456",
        has_phones=True,
        may_change_phone=True,
        role=t("role-attending"),
        has_password=True,
    )


def language(t: Reader, wrong: bool) -> object:
    options = (Option(value="fr", text="Français", is_selected=True), Option(value="en", text="English"))
    return views.ChoiceView(
        form=Form(),
        done=t("done-language"),
        name="language",
        title=t("language-title"),
        hint=t("language-hint"),
        options=options,
        example=None,
    )


def time_zone(t: Reader, wrong: bool) -> object:
    options = tuple(
        Option(value=zone, text=zone, is_selected=zone == "Africa/Douala") for zone in preferences.time_zones()
    )
    return views.ChoiceView(
        form=Form(),
        done=None,
        name="time_zone",
        title=t("timezone-title"),
        hint=t("timezone-hint"),
        options=options,
        example=t("timezone-now", now=WHEN[t.language]),
    )


def security(t: Reader, wrong: bool) -> object:
    since = WHEN[t.language]
    rows = (
        views.FactorRow(id="1", name="Téléphone du service", kind=t("factor-kind-totp"), since=since),
        views.FactorRow(id="2", name=t("factor-kind-codes"), kind=t("factor-kind-codes"), since=since),
    )
    mistakes = (Mistake(field="password", text=t("refusal-password-personal")),) if wrong else ()
    return views.SecurityView(
        form=Form(mistakes=mistakes),
        done=None if wrong else t("done-password"),
        has_password=True,
        shortest=10,
        factors=() if wrong else rows,
        is_factor_required=wrong,
        recovery_left=t("codes-left", count=9),
        identities=(views.IdentityRow(id="3", name="Google", email="amina@example.org"),),
        offered=(Option(value="custom:hospital", text="Hospital"),),
    )


def sessions(t: Reader, wrong: bool) -> object:
    when = WHEN[t.language]

    def row(number: int, device: str) -> views.SessionRow:
        return views.SessionRow(
            id=str(number),
            device=device,
            address="192.0.2.17",
            began=when,
            used=when,
            ends=when,
            level=t("session-level-two"),
            is_this=number == 1,
        )

    rows = (row(1, "Firefox sur Linux"), row(2, "Chrome sur Android"))
    return views.SessionsView(done=t("done-session-ended"), rows=rows, has_others=True)


def codes(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="sign_in", text=t("codes-sign-in-refused")),) if wrong else ()
    return views.CodesView(
        form=Form(mistakes=mistakes),
        recovery_left=t("codes-left", count=1),
        sign_in_left=t("codes-left", count=0),
        may_recover=not wrong,
        may_sign_in_by_paper=True,
    )


def sheet(t: Reader, wrong: bool) -> object:
    return views.SheetView(
        title=t("sheet-recovery-title"),
        explanation=t("sheet-recovery-explanation"),
        holder="amina@example.org",
        good_until=t("sheet-until", when=WHEN[t.language]),
        codes=CODES,
        next_address="/cases",
    )


def patient_codes(t: Reader, wrong: bool) -> object:
    return views.PatientCodesView(
        patient="Thérèse Mbarga",
        action="/patients/1/codes",
        left=t("codes-left", count=3),
        back_address="/cases",
        refusal=t("patient-codes-refused") if wrong else None,
    )


def patient_sheet(t: Reader, wrong: bool) -> object:
    return views.SheetView(
        title=t("patient-codes-title", patient="Thérèse Mbarga"),
        explanation=t("patient-sheet-explanation"),
        holder="Thérèse Mbarga",
        good_until=t("sheet-until", when=WHEN[t.language]),
        codes=CODES,
        next_address="/patients/1/codes",
        where=t("sheet-where", address="https://carebase.hopital.example/login/code"),
    )


def new_factor(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="name", text=t("refusal-factor-name")),) if wrong else ()
    return views.NewFactorView(form=Form(mistakes=mistakes), next_address="/cases", notice=t("new-factor-required"))


def app(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="code", text=t("refusal-factor-code")),) if wrong else ()
    secret = "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    return views.EnrollView(
        form=Form(mistakes=mistakes),
        factor_id="1",
        next_address="/cases",
        picture=qr.svg(URI),
        secret=secret,
        uri=URI,
        codes=(),
    )


def paper(t: Reader, wrong: bool) -> object:
    return views.EnrollView(
        form=Form(), factor_id="1", next_address="/cases", picture=None, secret="", uri="", codes=CODES
    )


def first_run(t: Reader, wrong: bool) -> object:
    mistakes = (Mistake(field="password", text=t("refusal-password-length", shortest=10)),) if wrong else ()
    return views.FirstRunView(form=Form(mistakes=mistakes), shortest=10)


def certificate(t: Reader, wrong: bool) -> object:
    site = "https://carebase.hopital.example"
    return views.CertificateView(
        sha256=":".join(["A1", "B2", "C3", "D4"] * 8),
        good_until="12/03/2028",
        site=site,
        picture=qr.svg(f"{site}/install-certificate"),
    )


PAGES: dict[str, tuple[str, Made, bool]] = {
    "/login": ("sign_in", sign_in, False),
    "/login/code": ("paper_sign_in", paper_sign_in, False),
    "/login/mail": ("by_mail", by_mail, False),
    "/login/mfa": ("second_factor", second_factor, False),
    "/register": ("register", register, False),
    "/register/closed": ("register", closed, False),
    "/forgot": ("forgot", forgot, False),
    "/confirm/code": ("sent", sent, False),
    "/confirm": ("confirm", confirm, False),
    "/confirm/signed-up": ("signed_up", signed_up, False),
    "/confirm/over": ("said", said, False),
    "/invitation": ("password", password, True),
    "/account/profile": ("profile", profile, True),
    "/account/language": ("language", language, True),
    "/account/timezone": ("timezone", time_zone, True),
    "/account/security": ("security", security, True),
    "/account/sessions": ("sessions", sessions, True),
    "/account/codes": ("codes", codes, True),
    "/account/sheet": ("sheet", sheet, True),
    "/patients/1/codes": ("patient_codes", patient_codes, True),
    "/patients/1/sheet": ("patient_sheet", patient_sheet, True),
    "/account/factors/new": ("new_factor", new_factor, True),
    "/account/factors/app": ("enroll", app, True),
    "/account/factors/paper": ("enroll", paper, True),
    "/first-run": ("first_run", first_run, False),
    "/install-certificate": ("certificate", certificate, False),
}
"""By address: the template, what it shows, and whether somebody is signed in."""
WITH_MISTAKES = [
    *(
        "/login",
        "/login/code",
        "/login/mail",
        "/login/mfa",
        "/register",
        "/forgot",
        "/confirm/code",
        "/confirm/signed-up",
        "/first-run",
        "/invitation",
        "/patients/1/codes",
    ),
    *("/account/profile", "/account/security", "/account/codes", "/account/factors/new", "/account/factors/app"),
]
"""Those that look otherwise after a mistake."""


def routes(renderer: rendering.Renderer) -> list[Route]:
    """A route for each page; with `?wrong=1` as it is after a mistake."""

    def shown(template: str, made: Made, *, is_signed_in: bool) -> Callable[[Request], Response]:
        def page(request: Request) -> Response:
            view = made(renderer.reader(request), "wrong" in request.query_params)
            return renderer.page(request, f"account/{template}.html", view=view, is_signed_in=is_signed_in)

        return page

    def stay(request: Request) -> Response:
        return Response(status_code=204)

    return [
        *(
            Route(path, shown(template, made, is_signed_in=is_signed_in))
            for path, (template, made, is_signed_in) in PAGES.items()
        ),
        Route("/account/stay", stay, methods=["POST"]),
        Route("/logout", stay, methods=["POST"]),
    ]
