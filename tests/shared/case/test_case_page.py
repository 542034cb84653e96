import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import glsmed.shared.case.japanese as japanese
from glsmed.shared.case.case_page import Case, case_lines, case_page
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.words import Language, Words
from glsmed.shared.case.yearly import Hospital, ModelName, Rates
from glsmed.shared.pages.html_page import as_html
from tests.shared.case.conftest import case_of

PACKAGES = Path(japanese.__file__).resolve().parents[4]
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_is_whole_in_both_languages(hospital: Hospital, prices: Prices, language: Language) -> None:
    text = as_html(case_page(case_of(hospital, prices), Words(language), written_at="today"))
    assert f'<html lang="{language}">' in text
    assert text.count("<svg") == 1
    assert text.count("<table>") >= 7
    assert "{" not in re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert ("見落とし" in text) == (language == "ja")


def test_the_page_holds_the_figures_of_a_year(hospital: Hospital, prices: Prices) -> None:
    lines = case_lines(case_of(hospital, prices), Words("en"))
    assert lines[0].split("  ")[1:] == ["no model", "the hospital's own model", "the federation's model"]
    assert next(line for line in lines if line.startswith("findings missed")) == "findings missed  240  150  138"


def test_words_from_outside_stay_words(hospital: Hospital, prices: Prices) -> None:
    foreign = prices.model_copy(update={"currency": "<b>"})
    text = as_html(case_page(case_of(hospital, foreign, owner=HOSTILE), Words("en"), written_at="today"))
    assert "<img" not in text
    assert "<b>" not in text
    assert "&lt;img" in text  # the control: it is there as text


def test_a_hospital_without_a_model_of_its_own_is_compared_with_none(hospital: Hospital, prices: Prices) -> None:
    models: dict[ModelName, Rates] = {"federated": hospital.models["federated"]}
    without = Hospital("sakura", hospital.findings, hospital.prevalence, models, (30, 6), (270, 294))
    assert Case("both", prices, [hospital, without], about=[]).models == ("federated",)


def _said(source: str) -> Iterator[str]:
    """Every text that stands in the case's modules, whole."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_no_japanese_is_left_over_and_its_values_are_those_of_the_english() -> None:
    modules = [
        *PACKAGES.glob("shared/glsmed/shared/case/case_*.py"),
        PACKAGES / "client/glsmed/client/case/site_case.py",
        PACKAGES / "server/glsmed/server/case/consortium.py",
    ]
    said = {text for module in modules for text in _said(module.read_text(encoding="utf-8"))}
    assert japanese.JAPANESE.keys() - said == set()
    for english, words in japanese.JAPANESE.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", words)), english


def test_every_sentence_that_is_said_has_japanese() -> None:
    """A call ``say("…")`` with a text of its own; the others are in the tables that the pages above go through."""
    modules = [*PACKAGES.glob("*/glsmed/*/case/*.py")]
    assert len(modules) > 10
    said = {text for module in modules for text in _calls(module.read_text(encoding="utf-8"))}
    assert len(said) > 20
    assert said - japanese.JAPANESE.keys() == set()


def _calls(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(text)), *_]):
                yield text
