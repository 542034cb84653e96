from pathlib import Path
from typing import get_args

from glsmed.server import reporting
from glsmed.server.monitoring.study_status import ShownState
from glsmed.server.reporting.parts.words import WORDS
from glsmed.server.reporting.results import METRIC_WORDS as METRICS
from glsmed.shared.protocol.metric_names import MISSING_REASONS
from tests.spoken_sentences import misplaced, spoken_sentences

FOLDER = Path(reporting.__file__).parent


def test_every_sentence_has_japanese() -> None:
    states = {str(name) for part in get_args(ShownState) for name in get_args(part)}
    computed = {
        *states,
        *METRICS.values(),
        *MISSING_REASONS.values(),
        "test",
        "validation",
        "mean",
        "median",
        "admitted",
    }
    assert sorted((spoken_sentences([FOLDER]) | computed) - set(WORDS)) == []


def test_japanese_has_the_places_of_its_english() -> None:
    assert misplaced(WORDS) == []
