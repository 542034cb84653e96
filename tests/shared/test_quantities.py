import pytest

from glsmed.shared.quantities import bytes_in_words, seconds_in_words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (44_700_000, "44.7 MB"), (3_210_000_000, "3.2 GB")],
)
def test_bytes(count: int, words: str) -> None:
    assert bytes_in_words(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (41.2, "41 s"),
        (99.0, "99 s"),
        (100.0, "2 min"),
        (5_900, "98 min"),
        (7_200, "2 h"),
        (12_000, "3 h 20 min"),
    ],
)
def test_seconds(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words
