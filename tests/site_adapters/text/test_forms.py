import pytest

from glsmed.site_adapters.text.forms import Forms

FORMS = Forms(["yes", "no", "none"])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Effusion: [ ] yes [x] no", "Effusion: no"),
        ("Effusion: [x] yes [ ] no", "Effusion: yes"),
        ("Effusion: ☐ yes ☒ no", "Effusion: no"),
        ("[ ] Effusion [x] Nodule", "Nodule"),
        ("Effusion? No.", "Effusion: No."),
        ("Effusion ..... none", "Effusion: none"),
        ("気胸〔○有・無〕", "気胸 有"),
        ("Effusion? Unclear.", "Effusion? Unclear."),
        ("No effusion.", "No effusion."),
    ],
)
def test_what_is_filled_in_stands_alone_and_nothing_moves(text: str, read: str) -> None:
    rewritten = FORMS.rewritten(text)
    assert " ".join(rewritten.split()) == read
    assert len(rewritten) == len(text)
    assert all(rewritten[at] in (letter, " ", ":", "\n") for at, letter in enumerate(text))
