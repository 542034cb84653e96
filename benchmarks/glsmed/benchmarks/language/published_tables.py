"""Phrase tables that were published, as fixed probabilities by cue: what a site would have without calibration.

The words of a table are mapped to the cue that holds them; cues that a table does not name take its nearest word. Plain
presence is 1 and plain denial 0 in all of them.
"""

from collections.abc import Mapping

from glsmed.site_adapters.reading.cells import Cell

# Panicek & Hricak 2016, standard lexicon: consistent with > .90, suspicious or probable .75, possible .50,
# less likely .25, unlikely < .10.
LEXICON = {
    "consistent_with": 0.95,
    "compatible_with": 0.95,
    "most_likely": 0.9,
    "probable": 0.75,
    "thought": 0.75,
    "suspected": 0.75,
    "strongly_suspected": 0.75,
    "highly_suggests": 0.75,
    "suggests": 0.75,
    "possible": 0.5,
    "possibly": 0.5,
    "may_represent": 0.5,
    "could_represent": 0.5,
    "questionable": 0.5,
    "query": 0.5,
    "borderline": 0.5,
    "versus": 0.5,
    "differential_diagnosis": 0.5,
    "at_most": 0.25,
    "if_any": 0.25,
    "cannot_exclude": 0.25,
    "cannot_safely_exclude": 0.25,
    "cannot_entirely_exclude": 0.25,
    "less_likely": 0.25,
    "unlikely": 0.1,
    "very_unlikely": 0.05,
}
# Lunguage++ (2511.04506): ranking of 42 hedges on the scale that its two anchors set.
LUNGUAGE = {
    **LEXICON,
    "consistent_with": 0.79,
    "most_likely": 0.84,
    "probable": 0.78,
    "suspected": 0.65,
    "highly_suggests": 0.69,
    "suggests": 0.67,
    "possible": 0.46,
    "possibly": 0.46,
    "may_represent": 0.52,
    "could_represent": 0.41,
    "questionable": 0.46,
    "versus": 0.31,
    "differential_diagnosis": 0.25,
    "if_any": 0.21,
    "cannot_exclude": 0.35,
    "cannot_safely_exclude": 0.25,
    "cannot_entirely_exclude": 0.25,
    "less_likely": 0.17,
    "unlikely": 0.17,
}
# Shinagare et al. 2020 (Brigham): middle of each range.
BRIGHAM = {
    **LEXICON,
    "most_likely": 0.95,
    "probable": 0.83,
    "possible": 0.5,
    "may_represent": 0.5,
    "could_represent": 0.5,
    "unlikely": 0.15,
    "less_likely": 0.15,
    "very_unlikely": 0.03,
}
# General English, 46 readers.
WORDS = {
    **LEXICON,
    "most_likely": 0.86,
    "probable": 0.72,
    "possible": 0.43,
    "possibly": 0.43,
    "unlikely": 0.2,
    "less_likely": 0.2,
    "very_unlikely": 0.1,
}
TABLES: Mapping[str, Mapping[str, float]] = {
    "lexicon": LEXICON,
    "lunguage": LUNGUAGE,
    "brigham": BRIGHAM,
    "words": WORDS,
}
ALL_OR_NOTHING = {"uncertain_is_1": 1.0, "uncertain_is_0": 0.0}
_UNKNOWN_DOUBT = 0.5


def by_table(cell: Cell, table: Mapping[str, float]) -> float:
    """P(finding) of a cell by a fixed table."""
    if cell.state != "uncertain":
        return table.get(cell.cue, 1.0) if cell.state == "present" else 0.0
    return table.get(cell.cue, _UNKNOWN_DOUBT) * cell.share
