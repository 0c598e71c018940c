"""The refusals of the data API, in PostgREST's shape."""

from __future__ import annotations

from carebase.rest import errors


def codes() -> list[type[errors.RestError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.RestError)]


def test_every_refusal_has_a_code_and_a_status():
    for kind in codes():
        assert kind.code[:3] in {"PGR", "220"}
        assert 300 <= kind.status < 600


def test_a_refusal_is_answered_in_four_words():
    assert errors.SchemaRefused("secret", exposed=["public"]).as_json() == {
        "code": "PGRST106",
        "details": None,
        "hint": "Only the following schemas are exposed: public",
        "message": "Invalid schema: secret",
    }


def test_details_may_be_a_list():
    refused = errors.AmbiguousRelationship("Several", listing=[{"cardinality": "one-to-many"}])
    assert refused.as_json()["details"] == [{"cardinality": "one-to-many"}]


def test_what_the_client_wrote_stays_out_of_a_log():
    assert "Ada" not in str(errors.NotEmbedded("Ada"))
