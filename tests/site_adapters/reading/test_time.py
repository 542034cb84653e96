"""Reading takes time in proportion to the text, whatever the text: no pattern of words makes it grow faster."""

import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.line_commands import Work, run
from glsmed.site_adapters.commands.report_answers import cues_answer, extract_answer
from glsmed.site_adapters.reading.reader import Reader

FACTOR = 8
MOST_GROWTH = 32  # linear is 8, quadratic 64; between them the machine's other work
FLOOR_SECONDS = 0.02
TRIES = 3  # other work on the machine only adds time; what grows too fast does so at every try
SEEDS = {
    "en_radiology": (
        "effusion",
        "no",
        "cannot be excluded",
        "versus",
        "or",
        "possible",
        "but",
        "IMPRESSION",
        "the",
        "of",
    ),
    "de_radiology": (
        "Pleuraerguss",
        "kein",
        "nicht auszuschließen",
        "versus",
        "oder",
        "V.a.",
        "aber",
        "BEFUND",
        "der",
        "x",
    ),
    "es_radiology": (
        "derrame",
        "no",
        "no se puede descartar",
        "versus",
        "o",
        "posible",
        "pero",
        "HALLAZGOS",
        "el",
        "de",
    ),
    "ja_radiology": ("胸水", "なし", "否定できない", "または", "疑い", "が", "所見", "の", "認めない", "左"),
}
SIGNS = (" ", ". ", ", ", ": ", "\n", "- ", "? ", "(", "é", "\x00", "\t", "/", "1. ")
HOSTILE = {
    "only findings": "effusion ",
    "findings in doubt": "effusion cannot be excluded ",
    "cues without findings": "possible ",
    "denied list": "no effusion, ",
    "alternatives": "effusion or pneumonia or ",
    "differentials": "effusion versus mass versus ",
    "terminators": "but effusion ",
    "headers": "IMPRESSION: ",
    "colons": ":",
    "abbreviations": "dr. ",
    "numbers": "1. ",
    "decimals": "1.2.3. ",
    "line breaks": "\n",
    "blank lines": "\n ",
    "open lines": "no evidence of\n",
    "wrapped lines": "effusion\nno ",
    "bullets": "- effusion\n",
    "spaces": " ",
    "fillers": "small left mild ",
    "questions": "effusion? ",
    "brackets": "((( ",
    "one long word": "a",
    "one long compound": "xxxatelektase",
    "accents": "é",
    "marks without letters": "\u0301",
    "other scripts": "胸水ж",
    "emoji": "😀",
    "control characters": "\x00\x07",
}
HOSTILE_FORMS = {
    "check boxes": "[x] effusion [ ] mass ",
    "open brackets in lines": "[x\n(",
    "circled answers": "(○ effusion ● mass) ",
    "items in one line": "1. effusion 2. mass ",
    "dotted lines": "effusion ........ no ",
    "answered questions": "effusion? no. ",
    "slips": "efussion cardiomegally ",
    "misheard words": "in on at plural ",
    "parted words": "effu-\nsion ",
    "words run together": "noeffusion",
    "digits": "7",
    "capitals": "CHEST FILM FINDINGS ",
    "dashed headers": "Findings - ",
    "headers in brackets": "【所見】",
    "sections that are no evidence": "COMPARISON:\n\n",
    "two sides": "left effusion, right none, ",
    "parts of cues": "neither nor excluded ",
}
MEGABYTE = 1_000_000


@cache
def _reader(name: str) -> Reader:
    return Reader(load_adapter(name))


def _seconds(read: Callable[[str], object], text: str) -> float:
    """The least processor time of two runs."""
    times = []
    for _ in range(2):
        start = time.process_time()
        read(text)
        times.append(time.process_time() - start)
    return min(times)


def _assert_growth(longer: Callable[[], float], shorter: Callable[[], float]) -> None:
    """That the seconds of the longer text are within bounds of those of the shorter one."""
    assert any(longer() < MOST_GROWTH * max(shorter(), FLOOR_SECONDS) for _ in range(TRIES))


def _assert_linear(name: str, unit: str, copies: int) -> None:
    reader = _reader(name)

    def read(text: str) -> None:
        reader.read(text)
        list(reader.marks(text))

    _assert_growth(lambda: _seconds(read, unit * copies * FACTOR), lambda: _seconds(read, unit * copies))


@pytest.mark.parametrize("name", built_in_names())
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_linear_time(name: str, unit: str) -> None:
    _assert_linear(name, unit, copies=1_000)


@pytest.mark.parametrize("unit", HOSTILE_FORMS.values(), ids=HOSTILE_FORMS.keys())
def test_hostile_forms_take_linear_time(unit: str) -> None:
    _assert_linear("en_radiology", unit, copies=500)


@pytest.mark.parametrize(
    "sentence",
    [
        "There is a {0} mm nodule in the left lobe, but no effusion. ",
        "possible nodule of {0} mm, no new mass or large effusion, ",
        "FINDINGS {0}: effusion {0} mm\n",
    ],
    ids=["sentences", "one sentence", "sections"],
)
def test_a_report_of_a_megabyte_takes_linear_time(sentence: str) -> None:
    """No two sentences are alike and each text is read once, so that nothing is remembered."""

    def seconds(text: str) -> float:
        reader = Reader(_reader("en_radiology").adapter)
        start = time.process_time()
        reader.read(text)
        return time.process_time() - start

    text = "".join(sentence.format(number) for number in range(MEGABYTE // len(sentence)))
    _assert_growth(lambda: seconds(text), lambda: seconds(text[: len(text) // FACTOR]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_repeated_wording_takes_linear_time(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(SEEDS)))
    parts = st.sampled_from([*SEEDS[name], *SIGNS])
    unit = "".join(data.draw(st.lists(parts, min_size=1, max_size=8)))
    _assert_linear(name, unit, copies=500)


def test_many_findings_and_cues_take_linear_time(tmp_path: Path) -> None:
    """10,000 mentions in the scope of as many cues, with as many findings in the adapter."""

    def adapter(findings: int) -> Reader:
        terms = "\n".join(f"  f{number}: {{terms: [zork{number}]}}" for number in range(findings))
        path = tmp_path / f"{findings}.yaml"
        path.write_text(f"adapter: many\nextends: en_radiology\nfindings:\n{terms}\n", encoding="utf-8")
        return Reader(load_adapter(path))

    def text(findings: int) -> str:
        return " ".join(f"possible zork{number} cannot be excluded," for number in range(findings))

    few, many = adapter(125), adapter(1_000)
    _assert_growth(lambda: _seconds(many.read, text(10_000)), lambda: _seconds(few.read, text(1_250)))
    assert len(many.read(text(1_000)).cells) == 1_000


@pytest.mark.parametrize(("answer", "copies"), [(extract_answer, 210_000), (cues_answer, 20_000)])
def test_a_report_of_megabytes_is_read(answer: Callable[[Reader, str], str], copies: int) -> None:
    text = "There is a small effusion, but no pneumothorax. " * copies
    line = json.dumps({"id": 1, "text": text}).encode()
    (outcome,) = run(Work(_reader("en_radiology"), answer), [line], workers=1)
    assert outcome.broken == []
    assert len(outcome.answers) == 1


def test_a_text_without_any_end_is_read_in_pieces() -> None:
    cells = _reader("en_radiology").read("word " * 100_000 + "no pneumothorax").cells
    assert cells["pneumothorax"].state == "absent"
