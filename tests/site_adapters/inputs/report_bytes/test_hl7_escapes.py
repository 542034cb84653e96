import pytest

from glsmed.site_adapters.inputs.report_bytes.hl7_escapes import resolve_hl7_escapes


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (r"No effusion.\.br\Heart normal.", "No effusion.\nHeart normal."),
        (r"No effusion.\.sp2\Heart\.sk3\normal.\.ce\End", "No effusion.\nHeart normal.\nEnd"),
        (r"No effusion.\X0D0A\Heart normal.\X0A\End.", "No effusion.\nHeart normal.\nEnd."),
        (r"\H\IMPRESSION\N\: 5 \T\ 6 \S\ \F\ \R\ \E\.", "IMPRESSION: 5 & 6 ^ | ~ \\."),
        (r"\.in+4\\.ti-2\No effusion.", "No effusion."),
        ("see C:\\reports\\Brown\\text", "see C:\\reports\\Brown\\text"),
        ("AP\\lateral", "AP\\lateral"),
    ],
)
def test_escapes_become_what_they_stand_for(sent: str, text: str) -> None:
    assert resolve_hl7_escapes(sent) == text
