"""Square codes as pictures."""

from xml.etree import ElementTree

from carebase.auth import qr

ADDRESS = "otpauth://totp/clinic:amina%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=clinic"


def test_the_picture_needs_nothing_that_a_strict_content_policy_forbids():
    drawn = ElementTree.fromstring(qr.svg(ADDRESS))
    for element in drawn.iter():
        assert "style" not in element.attrib
        assert element.tag.rpartition("}")[2] in {"svg", "g", "path"}


def test_the_picture_can_stand_in_an_address_as_it_is():
    # Clients of GoTrue write `data:image/svg+xml;utf-8,` before it, and a # would end it there.
    assert "#" not in qr.svg(ADDRESS)


def test_the_picture_is_small():
    assert len(qr.svg(ADDRESS)) < 8_000
