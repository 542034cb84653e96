"""Section headers in brackets of their own, as Japanese reports have them."""

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(scope="module")
def japanese() -> Reader:
    return Reader(load_adapter("ja_radiology"))


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("【所見】胸水あり。", ["findings"]),
        ("［診断］胸水。", ["impression"]),
        ("＜診断＞胸水。", ["impression"]),
        ("（診断）\n胸水。", ["impression"]),
        ("【所見】：胸水。", ["findings"]),
        ("【所見】\n胸水。\n【診断】胸水。", ["findings", "impression"]),
        (
            "【既往歴】胸水。【所見】胸水。診断：胸水。【検査目的】胸水。",
            ["history", "findings", "impression", "indication"],
        ),
        ("胸水（診断）胸水。", ["body", "body"]),
        ("[左]胸水。", ["body"]),
    ],
)
def test_which_section_each_mention_stands_in(japanese: Reader, text: str, sections: list[str]) -> None:
    assert [one.section for one in japanese.statements(text) if one.assertion.finding == "effusion"] == sections
