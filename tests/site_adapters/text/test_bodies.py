from collections.abc import Sequence

import pytest

from glsmed.site_adapters.text.bodies import BODY, Bodies, Section

BODIES = Bodies(
    {"indication": 0, "comparison": 0, "findings": 1},
    reads_as_findings=lambda sentence: "effusion" in sentence or "胸水" in sentence,
    tells_of_now=lambda sentence: "effusion" in sentence and "then" not in sentence,
    asks=lambda sentence: "?" in sentence,
)


def roles(text: str, sections: Sequence[Section]) -> list[tuple[str, str]]:
    return [(part.role, text[part.start : part.end].strip()) for part in BODIES.parted(text, sections)]


@pytest.mark.parametrize(
    ("role", "text", "parts"),
    [
        ("indication", "Cough.\n\nClear lungs.", [("indication", "Cough."), (BODY, "Clear lungs.")]),
        ("indication", "Cough.\nAn effusion.", [("indication", "Cough."), (BODY, "An effusion.")]),
        ("comparison", "None. An effusion.", [("comparison", "None."), (BODY, "An effusion.")]),
        ("comparison", "No effusion. Clear.", [("comparison", ""), (BODY, "No effusion. Clear.")]),
        ("comparison", "No effusion then.", [("comparison", "No effusion then.")]),
        ("comparison", "2021年。胸水なし。", [("comparison", "2021年。"), (BODY, "胸水なし。")]),
        ("indication", "No effusion.", [("indication", "No effusion.")]),
        ("indication", "Cough.\n\nIs it worse?", [("indication", "Cough.\n\nIs it worse?")]),
        ("indication", "Cough.\nFever.", [("indication", "Cough.\nFever.")]),
        ("findings", "Clear.\n\nAn effusion.", [("findings", "Clear.\n\nAn effusion.")]),
    ],
)
def test_a_section_that_is_no_evidence_ends_where_findings_begin(
    role: str, text: str, parts: list[tuple[str, str]]
) -> None:
    assert roles(text, [Section(role, 0, len(text))]) == parts


def test_a_later_section_of_findings_keeps_the_earlier_one_whole() -> None:
    text = "Cough.\n\nAn effusion. Clear."
    sections = [Section("indication", 0, 20), Section("findings", 20, len(text))]
    assert roles(text, sections)[0] == ("indication", "Cough.\n\nAn effusion.")
