"""Where a statement ends though no listed word ends it."""

import pytest

from tests.site_adapters.conftest import built_in_reader


@pytest.mark.parametrize(
    ("language", "text", "states"),
    [
        ("en", "No pneumothorax, small effusion.", {"pneumothorax": "absent", "effusion": "present"}),
        ("en", "No pneumothorax and the left lung shows an effusion.", {"effusion": "present"}),
        ("en", "No pneumothorax, large effusion, or nodule.", {"effusion": "absent", "nodule": "absent"}),
        ("en", "No large, moderate or small effusion.", {"effusion": "absent"}),
        ("en", "No effusion (right more than left), nodule.", {"effusion": "absent"}),
        ("de", "Kein Pneumothorax, geringer Pleuraerguss.", {"pneumothorax": "absent", "effusion": "present"}),
        ("es", "Nódulos pulmonares no se identifican.", {"nodule": "absent"}),
        ("ja", "気胸は認めませんが、胸水を認めます。", {"pneumothorax": "absent", "effusion": "present"}),
        ("ja", "胸水を認め、縦隔偏位はありません。", {"effusion": "present"}),
    ],
)
def test_a_denial_ends_with_its_statement(language: str, text: str, states: dict[str, str]) -> None:
    cells = built_in_reader(f"{language}_radiology").read(text).cells
    assert {name: cells[name].state for name in states} == states
