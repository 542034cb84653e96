"""The Japanese and Spanish vocabularies against public gold: no less than they reached when they were written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.benchmarks.corpora.jmed import read_jmed
from glsmed.benchmarks.corpora.nubes import read_nubes, sentences_of
from glsmed.benchmarks.language.jmed_score import score_jmed
from glsmed.benchmarks.language.nubes_score import score_nubes
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


def test_spanish_cues_and_scopes(real_data: Callable[[str], Path]) -> None:
    sentences = sentences_of(read_nubes(real_data("nubes_es")))
    numbers = score_nubes(Reader(load_adapter("es_radiology")), sentences)
    assert numbers["negation_f1"] >= 0.92
    assert numbers["uncertainty_f1"] >= 0.80
    assert numbers["scope_f1"] >= 0.80


@pytest.mark.parametrize(("task", "bar"), [("lymph_node_metastasis", 0.90), ("distant_metastasis", 0.85)])
def test_japanese_metastases(real_data: Callable[[str], Path], task: str, bar: float) -> None:
    numbers = score_jmed(Reader(load_adapter("ja_radiology")), read_jmed(real_data("jmed_ja")))
    assert numbers[f"{task}_f1"] >= bar
