import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError, DataError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.line_commands import Work, run
from glsmed.site_adapters.commands.report_answers import extract_answer
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]

RULES = """
from spacy.tokens import Span

LABELS = {"zork": "effusion", "zark": "possible", "zirk": "effusion/negated", "zurk": "no_change", "zerk": "nothing"}


def mark(doc):
    doc.spans["glsmed"] = [Span(doc, t.i, t.i + 1, label=LABELS[t.lower_]) for t in doc if t.lower_ in LABELS]
    return doc


class Patterns:
    def __call__(self, doc):
        doc.spans["glsmed"] = [Span(doc, t.i, t.i + 2, label="mass") for t in doc if t.text == "grey"]
        return doc


def repeat(doc):
    if "effusion" in doc._.findings:
        doc.spans["glsmed"] = [Span(doc, t.i, t.i + 1, label="effusion/negated") for t in doc if t.text == "it"]
    return doc


def clumsy(doc):
    raise IndexError("no such token")


def nothing_back(doc):
    return None


patterns = Patterns()
number = 3
"""


@pytest.fixture
def site(adapter_file: Writer, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Path]:
    """A function from components to an adapter file that names them; the module has a name of its own in each test."""
    module = f"rules_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{module}.py").write_text(RULES, encoding="utf-8")

    def written(*names: str) -> Path:
        named = ", ".join(f'"{module}:{name}"' for name in names)
        return adapter_file(f"components: [{named}]\n")

    return written


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("There is zork.", "present"),
        ("No zork.", "absent"),
        ("Zark effusion.", "uncertain"),
        ("A zirk.", "absent"),
        ("There is zork zirk.", "present"),
    ],
)
def test_marks_are_read_like_phrases(site: Callable[..., Path], text: str, state: str) -> None:
    cells = Reader(load_adapter(site("mark"))).read(text).cells
    assert cells["effusion"].state == state


def test_evidence_lies_in_the_given_text(site: Callable[..., Path]) -> None:
    text = "IMPRESSION: The heart is normal. No Zork is there."
    cell = Reader(load_adapter(site("mark"))).read(text).cells["effusion"]
    assert [text[span.start : span.end] for span in cell.evidence] == ["Zork", "No"]


def test_a_mark_takes_the_place_of_the_phrases_it_overlaps(site: Callable[..., Path]) -> None:
    text = "A grey effusion."
    assert "effusion" in Reader(load_adapter("en_radiology")).read(text).cells
    assert set(Reader(load_adapter(site("patterns"))).read(text).cells) == {"mass"}


def test_several_components_work_together(site: Callable[..., Path]) -> None:
    cells = Reader(load_adapter(site("mark", "patterns"))).read("Zork and a grey spot.").cells
    assert set(cells) == {"effusion", "mass"}


def test_a_component_sees_the_whole_report_each_time(site: Callable[..., Path]) -> None:
    reader = Reader(load_adapter(site("mark")))
    assert reader.read("The lungs. There is zork.").cells["effusion"].state == "present"
    assert "effusion" not in reader.read("The lungs. There is.").cells
    assert reader.read("The lungs. There is zork.").cells["effusion"].state == "present"


@pytest.mark.parametrize(("text", "states"), [("Effusion? I see it not.", ["absent"]), ("I see it not.", [])])
def test_a_component_can_build_on_what_the_phrases_say(site: Callable[..., Path], text: str, states: list[str]) -> None:
    cells = Reader(load_adapter(site("repeat"))).read(text).cells
    assert [cell.state for cell in cells.values()] == states


def test_a_component_that_gives_no_doc_back_costs_its_report_alone(site: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="nothing_back failed: AttributeError"):
        Reader(load_adapter(site("nothing_back"))).read("An effusion.")


def test_cues_shows_the_marks_of_components(site: Callable[..., Path]) -> None:
    marks = list(Reader(load_adapter(site("mark"))).marks("Zark effusion."))
    assert [(mark.cue, mark.start, mark.end) for mark in marks] == [("possible", 0, 4)]


def test_a_script_of_characters_gives_a_token_a_character(site: Callable[..., Path], tmp_path: Path) -> None:
    site("mark")
    (tmp_path / "ja.yaml").write_text(
        "adapter: ja\nlanguage: ja\ngrammar: {script: characters}\nsection_weights: {body: 1}\n"
        "findings: {effusion: {terms: [胸水]}}\n"
        "cues:\n- {id: affirmed, kind: affirmation}\n"
        "- {id: negated, kind: negation, phrases: [なし], scope: backward}\n"
        "components: ['japanese_rules:mark']\n",
        encoding="utf-8",
    )
    (tmp_path / "japanese_rules.py").write_text(
        "from spacy.tokens import Span\n"
        "def mark(doc):\n"
        "    at = doc.text.index('水貯留')\n"
        "    doc.spans['glsmed'] = [Span(doc, at, at + 3, label='effusion')]\n"
        "    return doc\n",
        encoding="utf-8",
    )
    cell = Reader(load_adapter(tmp_path / "ja.yaml")).read("右に水貯留なし").cells["effusion"]
    assert cell.state == "absent"
    assert [(span.start, span.end) for span in cell.evidence] == [(2, 5), (5, 7)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("marc", "has no callable 'marc'; did you mean 'mark'?"),
        ("number", "has no callable 'number'"),
    ],
)
def test_a_component_that_is_not_there_is_a_fault(site: Callable[..., Path], name: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_adapter(site(name))
    (fault,) = caught.value.faults
    assert (fault.line, fault.key) == (3, "components[0]")
    assert message in fault.message


def test_every_module_that_cannot_be_imported_is_a_fault_with_its_remedy(adapter_file: Writer) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_adapter(adapter_file("components: ['no_such.rules:a', 'nor_such:b']\n"))
    assert [fault.key for fault in caught.value.faults] == ["components[0]", "components[1]"]
    assert "put it beside this file" in caught.value.faults[0].message


def test_a_name_without_an_attribute_is_refused(adapter_file: Writer) -> None:
    with pytest.raises(ConfigurationError, match=r"components\[0\]"):
        load_adapter(adapter_file("components: [my_hospital.rules]\n"))


@pytest.mark.parametrize(
    ("name", "message"),
    [("clumsy", "failed: IndexError: no such token"), ("mark", "'nothing' is neither a finding nor a cue")],
)
def test_a_component_that_fails_costs_its_report_alone(site: Callable[..., Path], name: str, message: str) -> None:
    reader = Reader(load_adapter(site(name)))
    with pytest.raises(DataError, match=message):
        reader.read("A zerk.")
    lines = [b'{"id": 1, "text": "A zerk."}', b'{"id": 2, "text": ""}']
    (outcome,) = run(Work(Reader(load_adapter(site("mark"))), extract_answer), lines, workers=1)
    assert [number for number, _ in outcome.broken] == [1]
    assert len(outcome.answers) == 1


def test_worker_processes_load_components_themselves(site: Callable[..., Path]) -> None:
    work = Work(Reader(load_adapter(site("mark"))), extract_answer)
    (outcome,) = run(work, [b'{"id": 1, "text": "No zork."}'], workers=2)
    assert '"state": "absent"' in outcome.answers[0]


def test_the_digest_changes_with_the_source_of_a_component(site: Callable[..., Path], tmp_path: Path) -> None:
    path = site("mark")
    before = load_adapter(path).digest
    (module,) = tmp_path.glob("rules_*.py")
    module.write_text(RULES + "# another rule\n", encoding="utf-8")
    assert load_adapter(path).digest != before


def test_without_components_spacy_is_not_imported() -> None:
    code = (
        "import sys; from glsmed.site_adapters.adapter.loader import load_adapter;"
        "from glsmed.site_adapters.reading.reader import Reader;"
        "Reader(load_adapter('en_radiology')).read('No effusion.'); sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
