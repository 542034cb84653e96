"""Which statement of a report decides a finding."""

import pytest

from glsmed.site_adapters.reading.reader import Reader


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("FINDINGS: Effusion.\nIMPRESSION: No effusion.", "absent"),
        ("FINDINGS: No effusion.\nIMPRESSION: Effusion.", "present"),
        ("FINDINGS: Effusion. No effusion.", "present"),
        ("FINDINGS: Effusion. The effusion has resolved.", "absent"),
        ("FINDINGS: Possible effusion. No effusion.", "absent"),
        ("FINDINGS: Small effusion.\nIMPRESSION: No new effusion.", "present"),
        ("FINDINGS: Right effusion.\nIMPRESSION: The left effusion has resolved.", "present"),
        ("IMPRESSION: Effusion.\nADDENDUM: There is no effusion.", "absent"),
        ("PRELIMINARY REPORT: Effusion.\nFINDINGS: No effusion.", "absent"),
    ],
)
def test_the_weightier_then_the_later_statement_decides_unless_it_is_of_something_else(
    english: Reader, text: str, state: str
) -> None:
    assert english.read(text).cells["effusion"].state == state


def test_what_a_weightier_section_cannot_judge_has_no_cell(english: Reader) -> None:
    text = "FINDINGS: {}\nIMPRESSION: {}"
    assert "effusion" not in english.read(text.format("Effusion.", "Effusion cannot be assessed.")).cells
    assert "effusion" in english.read(text.format("Effusion cannot be assessed.", "Effusion.")).cells
