"""A workbench over reports of a hospital that likes to write "whiff of"; all sentences are made up here."""

import random
from collections.abc import Mapping
from pathlib import Path

from glsmed.site_adapters.inputs.gold_labels import Gold
from glsmed.site_adapters.workbench.adapter_file import open_adapter_file
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.corpus import Corpus

HEAD = "# the file of this site\nadapter: st-mary\nversion: 3  # raised by hand so far\nextends: en_radiology\n"
_FINDINGS = {"effusion": "pleural effusion", "cardiomegaly": "cardiomegaly", "pneumonia": "pneumonia"}
_SAID = {
    "{} is seen.": 0.95,
    "No {}.": 0.02,
    "Possible {}.": 0.5,
    "{} cannot be excluded.": 0.2,
    "Whiff of {}.": 0.5,
}
_REST = ("The bones are intact.", "Lines are in place.", "Heart size is normal.", "Effussion.")


def drawn_reports(count: int, *, seed: int = 1) -> tuple[Mapping[str, str], Gold]:
    """Reports by id with gold labels of a third of them."""
    rng = random.Random(seed)  # noqa: S311  # no secret
    texts: dict[str, str] = {}
    gold: dict[tuple[str, str], int] = {}
    for number in range(count):
        said = {finding: rng.choice(list(_SAID)) for finding in _FINDINGS}
        lines = [_sentence(said[finding], name) for finding, name in _FINDINGS.items()]
        lines += rng.sample(_REST, 2)
        rng.shuffle(lines)
        texts[f"r{number}"] = f"INDICATION: Cough, effusion?\n\nFINDINGS: {' '.join(lines)}\n"
        if number % 3 == 0:
            gold |= {(f"r{number}", finding): int(rng.random() < _SAID[how]) for finding, how in said.items()}
    return texts, gold


def _sentence(pattern: str, name: str) -> str:
    text = pattern.format(name)
    return text[0].upper() + text[1:]


def drawn_bench(
    folder: Path, *, count: int = 60, more: Mapping[str, str] | None = None, gold: bool = True
) -> Workbench:
    """A workbench over such reports, and over ``more``; its adapter file lies in the folder."""
    path = folder / "st-mary.yaml"
    path.write_text(HEAD, encoding="utf-8")
    texts, labels = drawn_reports(count)
    corpus = Corpus({**texts, **(more or {})}, labels if gold else {})
    return Workbench(corpus, open_adapter_file(path, folder=folder))
