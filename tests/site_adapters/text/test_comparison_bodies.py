"""Where findings begin behind a header that compares with an earlier examination."""

import pytest

from glsmed.site_adapters.text.bodies import Bodies, Section


def _bodies() -> Bodies:
    return Bodies(
        {"comparison": 0.0, "indication": 0.0, "body": 1.0},
        reads_as_findings=lambda sentence: "effusion" in sentence or "胸水" in sentence,
        tells_of_now=lambda sentence: "effusion" in sentence and "then" not in sentence,
        asks=lambda _: False,
    )


def _parts(text: str, role: str) -> list[tuple[str, str]]:
    return [(part.role, text[part.start : part.end]) for part in _bodies().parted(text, [Section(role, 0, len(text))])]


@pytest.mark.parametrize(
    ("text", "role", "parts"),
    [
        ("No effusion. Clear.", "comparison", [("comparison", ""), ("body", "No effusion. Clear.")]),
        ("No effusion then.", "comparison", [("comparison", "No effusion then.")]),
        ("No effusion.", "indication", [("indication", "No effusion.")]),
        ("2021年。胸水なし。", "comparison", [("comparison", "2021年。"), ("body", "胸水なし。")]),
    ],
)
def test_the_first_sentence_is_a_finding_where_it_tells_of_now(
    text: str, role: str, parts: list[tuple[str, str]]
) -> None:
    assert _parts(text, role) == parts
