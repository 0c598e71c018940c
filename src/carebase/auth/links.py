"""The links that mails carry.

In charge of their form: they begin with the site's configured address, whatever a request says of its host.
Pure.
"""

from __future__ import annotations

from urllib.parse import urlencode

from carebase.auth.policy import Policy


def verify_link(policy: Policy, token: str, *, token_type: str, redirect_to: str) -> str:
    """The address that redeems a token; `token_type` is the protocol's word, such as `recovery`.

    >>> verify_link(Policy(), "t", token_type="signup", redirect_to="http://localhost:8000")
    'http://localhost:8000/auth/v1/verify?token=t&type=signup&redirect_to=http%3A%2F%2Flocalhost%3A8000'
    """
    query = urlencode({"token": token, "type": token_type, "redirect_to": redirect_to})
    return f"{policy.site_address}/auth/v1/verify?{query}"
