"""``glsmed_reader``: the reader as a component of any spaCy pipeline.

Installing glsmed registers it, so no import is needed::

    nlp = spacy.blank("en")
    nlp.add_pipe("glsmed_reader", config={"adapter": "en_radiology"})
    doc = nlp("Small effusion cannot be excluded.")
    doc._.findings["effusion"]["state"]  # "uncertain"

It gives the same cells as ``glsmed-adapter extract`` whatever tokenizer the pipeline has, for it reads ``doc.text``.
:mod:`glsmed.site_adapters.reading.spacy_annotations` lists what it sets. Spans that an earlier component put under
``doc.spans["glsmed"]`` are read as marks of the adapter's own components are
(:mod:`glsmed.site_adapters.adapter.components`).
"""

from spacy.language import Language
from spacy.tokens import Doc

from glsmed.site_adapters.adapter.components import marks_on
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.spacy_annotations import annotate

NAME = "glsmed_reader"


class ReaderComponent:
    """Reads the text of a Doc and writes onto it what it says."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with findings, assertions and cues.

        Raises:
            DataError: the adapter does not know a mark of an earlier component, or a component of its own failed.
        """
        adapter = self.reader.adapter
        marked = marks_on(doc, adapter, component=f"before {NAME}")
        annotate(doc, self.reader.read_in_full(doc.text, marked), adapter)
        return doc


@Language.factory(
    NAME,
    assigns=["doc._.findings", "doc._.assertions", "doc._.cues", "doc.spans"],
)
def make_reader_component(nlp: Language, name: str, adapter: str) -> ReaderComponent:  # noqa: ARG001  # spaCy gives both
    """A component that reads with one adapter.

    Args:
        nlp: the pipeline.
        name: of the component in the pipeline.
        adapter: a built-in vocabulary or the path of an adapter file. A pipeline that is saved keeps this reference,
            not the file.

    Raises:
        ConfigurationError: with every fault of the adapter.
    """
    return ReaderComponent(Reader(load_adapter(adapter)))
