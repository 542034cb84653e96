from pathlib import Path
from typing import get_args

from glsmed.client import monitoring, site_page
from glsmed.client.egress.query_budget import RequestKind
from glsmed.client.site_page.words import WORDS
from tests.spoken_sentences import misplaced, untranslated

FOLDERS = [Path(str(room.__file__)).parent for room in (site_page, monitoring)]


def test_every_sentence_has_japanese() -> None:
    computed = {*get_args(RequestKind), "Update", "HelloReply", "EvaluationReply"}
    assert sorted(computed - set(WORDS)) == []
    assert untranslated(FOLDERS, WORDS) == []


def test_japanese_has_the_places_of_its_english() -> None:
    assert misplaced(WORDS) == []
