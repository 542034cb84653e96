"""Words for anything abnormal say something of a finding only where they are denied."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

BODY = """
findings: {consolidation: {worded: {general: [abnormality in the lungs]}}}
cues: [{id: general, kind: conditional}]
"""


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("No abnormality in the lungs.", "absent"),
        ("There is an abnormality in the lungs.", None),
        ("Probable abnormality in the lungs.", None),
    ],
)
def test_only_a_denial_counts(adapter_file: Callable[..., Path], text: str, state: str | None) -> None:
    cells = Reader(load_adapter(adapter_file(BODY))).read(text).cells
    assert (cells["consolidation"].state if "consolidation" in cells else None) == state
