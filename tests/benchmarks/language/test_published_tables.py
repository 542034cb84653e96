import pytest

from glsmed.benchmarks.language.published_tables import LEXICON, TABLES, by_table
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Possible effusion.", 0.5),
        ("Effusion.", 1.0),
        ("No effusion.", 0.0),
        ("Opacity consistent with effusion.", 0.95),
        ("Probably no effusion.", 0.0),
        ("Atelectasis versus effusion versus mass.", 0.5 * 2 / 3),
    ],
)
def test_a_table_speaks_by_the_deciding_cue(text: str, expected: float) -> None:
    reader = Reader(load_adapter("en_radiology"))
    assert by_table(reader.read(text).cells["effusion"], LEXICON) == pytest.approx(expected)


def test_doubt_that_a_table_does_not_name_is_undecided() -> None:
    reader = Reader(load_adapter("en_radiology"))
    assert by_table(reader.read("Possible effusion.").cells["effusion"], {}) == 0.5


@pytest.mark.parametrize("name", TABLES)
def test_tables_keep_the_order_that_all_readers_mean(name: str) -> None:
    steps = ("very_unlikely", "unlikely", "possible", "probable", "most_likely")
    values = [TABLES[name][step] for step in steps]
    assert values == sorted(values)
