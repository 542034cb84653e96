import dataclasses

import pytest

from glsmed.client.monitoring.console_lines import console_line
from glsmed.client.monitoring.site_events import Ended, Failed, Sent, SiteEvent, Trained

TRAINED = Trained(round=3, rounds=50, steps=100, images=3200, seconds=41.2, loss=0.314, sent_bytes=44_700_000)

ENDED = "the study has ended, your model is in /srv/shipped, with its model card."
FAILED = (
    "round 3: the centre's request (train) failed here with DataError; "
    "the reason is in logs/resident.log of the state folder"
)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (TRAINED, "round 3 of 50: trained 100 steps in 41 s, loss 0.31; update sent (44.7 MB)"),
        (
            dataclasses.replace(TRAINED, epsilon=1.234),
            "round 3 of 50: trained 100 steps in 41 s, loss 0.31; update sent (44.7 MB); epsilon 1.23 spent",
        ),
        (Failed("train", "3", "DataError"), FAILED),
        (Ended("/srv/shipped"), f"{ENDED} `glsmed-client train-local` would show what this site reaches alone"),
        (Ended("/srv/shipped", "It ranks better."), f"{ENDED} It ranks better."),
        (Sent("train", 44_700_000), ""),
    ],
)
def test_events_in_words(event: SiteEvent, line: str) -> None:
    assert console_line(event) == line
