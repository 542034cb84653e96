from glsmed.site_adapters.reading.cells import Cell, Span

CELL = Cell(
    finding="effusion",
    state="uncertain",
    probability=0.123456,
    spread=0.0987654,
    strength=4,
    cue="possible",
    family="possibility",
    section="impression",
    share=1.0,
    evidence=(Span(3, 11, "mention"), Span(0, 2, "cue")),
)


def test_a_cell_is_told_with_four_decimals_and_its_evidence() -> None:
    assert CELL.as_dict() == {
        "state": "uncertain",
        "probability": 0.1235,
        "spread": 0.0988,
        "cue": "possible",
        "section": "impression",
        "evidence": [{"start": 3, "end": 11, "role": "mention"}, {"start": 0, "end": 2, "role": "cue"}],
    }
