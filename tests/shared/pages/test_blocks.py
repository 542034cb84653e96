import pytest

from glsmed.shared.pages.blocks import bounded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("late", "late"),
        ("two\n\nlines\tand\x1b[31m more", "two lines and [31m more"),
        ("\u202edrawkcab\u2066", "drawkcab"),
        ("x" * 300, "x" * 199 + "…"),
        (7, "7"),
    ],
)
def test_words_from_elsewhere_stay_one_short_line(text: object, shown: str) -> None:
    assert bounded(text) == shown


def test_japanese_and_accents_stay() -> None:
    assert bounded("胸水の疑い, no se puede descartar: á") == "胸水の疑い, no se puede descartar: á"
