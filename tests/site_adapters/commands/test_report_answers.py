import json

from glsmed.site_adapters.commands.report_answers import cues_answer, extract_answer
from glsmed.site_adapters.reading.reader import Reader

TEXT = "Small effusion cannot be excluded."


def test_extract_tells_every_key_of_the_contract(english: Reader) -> None:
    answer = json.loads("{" + extract_answer(english, TEXT) + "}")
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    assert answer == {
        "adapter": english.adapter.label,
        "findings": {
            "effusion": {
                "state": "uncertain",
                "probability": round(prior.mean, 4),
                "spread": round(prior.spread, 4),
                "cue": "cannot_exclude",
                "section": "body",
                "evidence": [{"start": 6, "end": 14, "role": "mention"}, {"start": 15, "end": 33, "role": "cue"}],
            }
        },
    }


def test_extract_tells_the_cells_that_are_read(english: Reader) -> None:
    text = "FINDINGS: Small left effusion.  Likely pneumonia.\nIMPRESSION: No edema. Pneumonia cannot be assessed."
    reading = english.read(text)
    assert set(reading.cells) == {"effusion", "edema"}
    assert reading.not_assessable == {"pneumonia"}
    answer = json.loads("{" + extract_answer(english, text) + "}")
    assert answer["findings"] == {name: cell.as_dict() for name, cell in reading.cells.items()}


def test_cues_tells_every_key_of_the_contract(english: Reader) -> None:
    answer = json.loads("{" + cues_answer(english, TEXT) + "}")
    prior = english.adapter.cues["cannot_exclude"].prior
    assert prior is not None
    cue = {"start": 15, "end": 33, "kind": "uncertainty", "cue": "cannot_exclude", "probability": prior.mean}
    assert answer == {"cues": [{**cue, "scope": [0, 33]}]}
