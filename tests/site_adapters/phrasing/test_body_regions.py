"""A word that needs a region ("metastasis") means the finding of the region that was named last."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

BODY = """
findings:
  nodal: {terms: [node metastasis], regions: [node, mediastinum], in_region: [metastasis]}
  distant: {terms: [liver metastasis], regions: [liver, adrenal], in_region: [metastasis]}
"""


@pytest.fixture
def reader(adapter_file: Callable[..., Path]) -> Reader:
    return Reader(load_adapter(adapter_file(BODY)))


def states(reader: Reader, text: str) -> dict[str, str]:
    cells = reader.read(text).cells
    return {name: cells[name].state for name in ("nodal", "distant") if name in cells}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metastasis.", {}),
        ("Large node, metastasis suspected.", {"nodal": "uncertain"}),
        ("Lesion in the liver, metastasis suspected.", {"distant": "uncertain"}),
        ("Node unchanged, in the liver a metastasis.", {"distant": "present"}),
        ("Large node. Metastasis suspected.", {"nodal": "uncertain"}),
        ("Node metastasis, perhaps. New metastasis.", {"nodal": "present"}),
        ("Large node. Bones intact. Metastasis suspected.", {}),
        ("Liver lesion.\nFINDINGS: Metastasis suspected.", {}),
        ("Large node. No metastasis in the liver.", {"distant": "absent"}),
    ],
)
def test_the_region_named_last_decides_to_the_end_of_the_next_sentence(
    reader: Reader, text: str, expected: dict[str, str]
) -> None:
    assert states(reader, text) == expected


def test_a_sentence_is_remembered_with_its_region(reader: Reader) -> None:
    assert states(reader, "Large node. Metastasis suspected.") == {"nodal": "uncertain"}
    assert states(reader, "Liver lesion. Metastasis suspected.") == {"distant": "uncertain"}
    assert states(reader, "Metastasis suspected.") == {}


@pytest.mark.parametrize(
    "text", ["Liver: possible metastasis. Adrenal: no metastasis.", "No liver metastasis. Possible liver metastasis."]
)
def test_being_in_one_region_stands_against_denial_in_another(reader: Reader, text: str) -> None:
    assert states(reader, text) == {"distant": "uncertain"}


def test_words_that_need_a_region_need_one_in_the_file(adapter_file: Callable[..., Path]) -> None:
    with pytest.raises(ConfigurationError, match="has in_region but no regions"):
        load_adapter(adapter_file("findings: {nodal: {terms: [nodal], in_region: [metastasis]}}"))
