"""Which role a header gives its section, in the forms in which reports have it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


def section(reader: Reader, text: str) -> str:
    (statement,) = (one for one in reader.statements(text) if one.assertion.finding == "effusion")
    return statement.section


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("IMPRESSION:", "impression"),
        ("IMPRESION:", "impression"),
        ("**IMPRESSION**", "impression"),
        ("[IMPRESSION]", "impression"),
        ("Findings -", "findings"),
        ("CLINICAL HX:", "indication"),
        ("INDICATION/HISTORY:", "indication"),
        ("IMPRESSION (PRELIMINARY READ):", "impression"),
        ("Zebra:", "body"),
    ],
)
def test_a_header_is_known_in_its_forms(english: Reader, header: str, role: str) -> None:
    assert section(english, f"{header} Small effusion.") == role


def test_a_label_that_names_a_finding_is_no_header(english: Reader) -> None:
    assert section(english, "IMPRESSION: Clear.\nEffusion history: small.") == "impression"


@pytest.mark.parametrize("header", ["WHAT WE SAW:", "WHAT WE SAW"])
@pytest.mark.parametrize("text", ["WHAT WE SAW: Effusion.", "WHAT WE SAW\nEffusion."])
def test_the_adapter_may_write_a_header_with_its_colon_or_without(
    adapter_file: Callable[..., Path], header: str, text: str
) -> None:
    reader = Reader(load_adapter(adapter_file(f'sections: {{findings: ["{header}"]}}')))
    assert section(reader, text) == "findings"
