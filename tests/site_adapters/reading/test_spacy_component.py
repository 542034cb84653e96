import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import spacy
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from glsmed.shared.errors import ConfigurationError, DataError
from glsmed.site_adapters.adapter.adapter import Adapter
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.report_answers import extract_answer
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]
TEXT = "Small effusion cannot be excluded. No pneumothorax."
# Japanese needs a tokenizer that glsmed does not install; the one for Chinese parts its text into characters.
LANGUAGES = {"ja_radiology": "zh"}


def pipeline(adapter: str | Path, language: str = "en") -> Language:
    nlp = spacy.blank(language)
    nlp.add_pipe("glsmed_reader", config={"adapter": str(adapter)})
    return nlp


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline("en_radiology")


@Language.component("zork_is_an_effusion")
def zork_is_an_effusion(doc: Doc) -> Doc:
    doc.spans["glsmed"] = [Span(doc, token.i, token.i + 1, label="effusion") for token in doc if token.text == "zork"]
    return doc


@Language.component("zork_is_nothing")
def zork_is_nothing(doc: Doc) -> Doc:
    doc.spans["glsmed"] = [Span(doc, 0, 1, label="nothing")]
    return doc


def extracted(reader: Reader, text: str) -> object:
    """The findings as a line of ``extract`` has them."""
    return json.loads("{" + extract_answer(reader, text) + "}")["findings"]


def texts_of(adapter: Adapter) -> Iterator[str]:
    yield from (example.text for cue in adapter.cues.values() for example in cue.examples)
    yield from (example.text for example in adapter.examples)


@pytest.mark.parametrize("name", built_in_names())
def test_a_pipeline_gives_the_cells_of_extract_on_every_example(name: str) -> None:
    reader = Reader(load_adapter(name))
    nlp = pipeline(name, LANGUAGES.get(name, reader.adapter.language))
    texts = list(texts_of(reader.adapter))
    assert len(texts) > 50
    assert [doc._.findings for doc in nlp.pipe(texts)] == [extracted(reader, text) for text in texts]


def test_it_is_there_without_an_import_of_ours() -> None:
    code = (
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('glsmed_reader', config={'adapter': 'en_radiology'});"
        f"print(nlp({TEXT!r})._.findings['effusion']['state'])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "uncertain\n"


def test_any_tokenizer_will_do(nlp: Language) -> None:
    whole = spacy.blank("xx")
    whole.tokenizer = lambda text: Doc(whole.vocab, words=[text], spaces=[False])
    whole.add_pipe("glsmed_reader", config={"adapter": "en_radiology"})
    assert whole(TEXT)._.findings == nlp(TEXT)._.findings


def test_it_works_after_other_components() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("glsmed_reader", config={"adapter": "en_radiology"})
    doc = nlp(TEXT)
    assert [len(list(sentence)) for sentence in doc.sents] == [7, 3]
    assert set(doc._.findings) == {"effusion", "pneumothorax"}


def test_a_pipeline_that_was_saved_reads_the_same(tmp_path: Path, adapter_file: Writer) -> None:
    nlp = pipeline(adapter_file("findings: {effusion: {terms: [wet base]}}"))
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    assert loaded("No wet base.")._.findings == nlp("No wet base.")._.findings != {}


def test_displacy_shows_findings_and_cues(nlp: Language) -> None:
    doc = nlp(TEXT)
    html = displacy.render(doc, style="span", options={"spans_key": "glsmed_findings"}, jupyter=False)
    assert "pneumothorax" in html
    assert "uncertainty" in displacy.render(doc, style="span", options={"spans_key": "glsmed_cues"}, jupyter=False)


def test_marks_of_an_earlier_component_are_read() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("zork_is_an_effusion")
    nlp.add_pipe("glsmed_reader", config={"adapter": "en_radiology"})
    assert nlp("No zork.")._.findings["effusion"]["state"] == "absent"


def test_a_mark_that_the_adapter_does_not_know_is_an_error() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("zork_is_nothing")
    nlp.add_pipe("glsmed_reader", config={"adapter": "en_radiology"})
    with pytest.raises(DataError, match="component before glsmed_reader: label 'nothing'"):
        nlp("Zork.")


def test_an_adapter_that_is_not_there_is_told_as_everywhere() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'en_radiology'"):
        pipeline("en_radiolgy")


def test_the_commands_do_not_start_spacy(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"id": "1", "text": "No effusion."}\n')
    code = (
        "import sys; from glsmed.site_adapters.cli import app\n"
        f"try: app(['extract', 'en_radiology', '--in', {str(tmp_path / 'r.jsonl')!r}])\n"
        "except SystemExit: sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
