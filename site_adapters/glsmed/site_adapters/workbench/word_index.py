"""Which reports hold which words, so that a change of an adapter is tried on those alone that it can touch."""

from collections.abc import Iterable, Iterator, Mapping
from functools import reduce

from glsmed.site_adapters.adapter.lexicon import Lexicon
from glsmed.site_adapters.text.phrases import tokens_of


class WordIndex:
    """Words of reports, as they stand and as an adapter reads them (mended, spelled as its vocabulary).

    Args:
        texts: the reports by id.
        lexicon: of the adapter that reads them.
    """

    def __init__(self, texts: Mapping[str, str], lexicon: Lexicon) -> None:
        self._script = lexicon.script
        self._written: dict[str, set[str]] = {}
        self._read: dict[str, set[str]] = {}
        self._letters: dict[str, str] = {}  # of each report, in a script without spaces
        self.parted: set[str] = set()  # reports with a word that a line's end may part
        for report_id, text in texts.items():
            folded = lexicon.folding.fold(text)[0]
            if "-\n" in folded:
                self.parted.add(report_id)
            for token in set(tokens_of(folded, lexicon.script)):
                self._written.setdefault(token, set()).add(report_id)
            self._add_read(report_id, text, lexicon)

    def _add_read(self, report_id: str, text: str, lexicon: Lexicon) -> None:
        tokens = lexicon.read(text)
        for token in set(tokens):
            self._read.setdefault(token, set()).add(report_id)
        if self._script == "characters":
            self._letters[report_id] = "".join(tokens)

    def read_again(self, texts: Iterable[tuple[str, str]], lexicon: Lexicon) -> None:
        """Add the words of these reports as another adapter reads them."""
        for report_id, text in texts:
            self._add_read(report_id, text, lexicon)

    @property
    def words(self) -> Iterable[str]:
        """Every word as it stands in a report."""
        return self._written

    def with_word(self, word: str) -> set[str]:
        """The reports with this word, as it stands or as it is read."""
        return self._written.get(word, set()) | self._read.get(word, set())

    def with_phrase(self, phrase: str, *lexicons: Lexicon) -> set[str]:
        """The reports that may hold this phrase to one of the adapters: they hold all its words, in any form."""
        return {report_id for lexicon in lexicons for report_id in self._with_phrase(phrase, lexicon)}

    def _with_phrase(self, phrase: str, lexicon: Lexicon) -> Iterator[str]:
        tokens = lexicon.tokens(phrase)
        if not tokens:
            return
        forms = ([token, *lexicon.index.forms(token)] for token in tokens)
        holders = ({report_id for form in each for report_id in self.with_word(form)} for each in forms)
        found = reduce(set.intersection, holders)
        joined = "".join(tokens)
        yield from (one for one in found if self._script == "words" or joined in self._letters[one])
