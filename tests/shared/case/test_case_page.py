import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.shared.case.case_page import Case, case_lines, case_page
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.words import WORDS
from glsmed.shared.case.yearly import Hospital, ModelName, Rates
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.spoken import Language, speaking
from tests.shared.case.conftest import case_of
from tests.spoken_sentences import misplaced, untranslated

PROJECT = Path(__file__).resolve().parents[3]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_is_whole_in_both_languages(hospital: Hospital, prices: Prices, language: Language) -> None:
    with speaking(language, WORDS):
        text = as_html(case_page(case_of(hospital, prices), written_at="today"))
    assert f'<html lang="{language}">' in text
    assert text.count("<svg") == 1
    assert text.count("<table>") >= 7
    assert "{" not in re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert ("見落とし" in text) == (language == "ja")


def test_the_page_holds_the_figures_of_a_year(hospital: Hospital, prices: Prices) -> None:
    lines = case_lines(case_of(hospital, prices))
    assert lines[0].split("  ")[1:] == ["no model", "the hospital's own model", "the federation's model"]
    assert next(line for line in lines if line.startswith("findings missed")) == "findings missed  240  150  138"


def test_words_from_outside_stay_words(hospital: Hospital, prices: Prices) -> None:
    foreign = prices.model_copy(update={"currency": "<b>"})
    text = as_html(case_page(case_of(hospital, foreign, owner=HOSTILE), written_at="today"))
    assert "<img" not in text
    assert "<b>" not in text
    assert "&lt;img" in text  # the control: it is there as text


def test_a_hospital_without_a_model_of_its_own_is_compared_with_none(hospital: Hospital, prices: Prices) -> None:
    models: dict[ModelName, Rates] = {"federated": hospital.models["federated"]}
    without = Hospital("sakura", hospital.findings, hospital.prevalence, models, (30, 6), (270, 294))
    assert Case("both", prices, [hospital, without], about=[]).models == ("federated",)


def test_every_sentence_that_is_said_has_japanese() -> None:
    """Those in calls; the others are in the tables that the pages above go through."""
    rooms = sorted(PROJECT.glob("*/glsmed/*/case"))
    assert len(rooms) == 3
    assert untranslated(rooms, WORDS) == []


def test_no_japanese_is_left_over_and_its_values_are_those_of_the_english() -> None:
    modules = [path for path in PROJECT.glob("*/glsmed/*/case/*.py") if path.name != "words.py"]
    texts = {text for module in modules for text in _texts(module.read_text(encoding="utf-8"))}
    assert WORDS.keys() - texts == set()
    assert misplaced(WORDS) == []


def _texts(source: str) -> Iterator[str]:
    """Every text that stands in a module, whole."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
