"""The links that mails carry.

In charge of their form: they begin with the site's configured address, whatever a request says of its host.
Pure.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from carebase.auth import redirects
from carebase.auth.policy import Policy

PAGE: Final = "/confirm"
"""Our own page that redeems a token. It shows a button first, so that programs which look through mails use no
link up."""


def own_page(policy: Policy) -> str:
    """Where a mail's link ends when no client waits for it elsewhere."""
    return f"{policy.site_address}{PAGE}"


def end(policy: Policy, asked: str | None) -> str:
    """Where a mail's link ends: at the address a client asked for where it is allowed, else at our own page.

    The site itself reads no session behind a `#`, so whoever opened the mail would be asked to sign in there.

    >>> end(Policy(), None)
    'http://localhost:8000/confirm'
    >>> end(Policy(), "http://localhost:8000/account")
    'http://localhost:8000/account'
    """
    return redirects.allowed(policy, asked, otherwise=own_page(policy))


def verify_link(policy: Policy, token: str, *, token_type: str, redirect_to: str) -> str:
    """The address that redeems a token; `token_type` is the protocol's word, such as `recovery`.

    What is to end at our own page is redeemed there: a page that works without scripts cannot read what stands
    behind a `#`.

    >>> verify_link(Policy(), "t", token_type="signup", redirect_to="http://localhost:8000")
    'http://localhost:8000/auth/v1/verify?token=t&type=signup&redirect_to=http%3A%2F%2Flocalhost%3A8000'
    >>> verify_link(Policy(), "t", token_type="recovery", redirect_to=own_page(Policy()))
    'http://localhost:8000/confirm?token=t&type=recovery'
    """
    if redirect_to == own_page(policy):
        return page_link(policy, token, token_type=token_type, redirect_to=redirect_to)
    query = urlencode({"token": token, "type": token_type, "redirect_to": redirect_to})
    return f"{policy.site_address}/auth/v1/verify?{query}"


def page_link(policy: Policy, token: str, *, token_type: str, redirect_to: str) -> str:
    """The address of our own page with a token; it leads on to `redirect_to` in the end.

    >>> page_link(Policy(), "t", token_type="signup", redirect_to="https://app.example.org/")
    'http://localhost:8000/confirm?token=t&type=signup&redirect_to=https%3A%2F%2Fapp.example.org%2F'
    """
    page = own_page(policy)
    onward = {} if redirect_to == page else {"redirect_to": redirect_to}
    return f"{page}?{urlencode({'token': token, 'type': token_type, **onward})}"
