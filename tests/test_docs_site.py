"""The documentation site, the tutorial, and pages in Japanese: commands exist, and are the same in both languages."""

import importlib
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from glsmed.benchmarks.demo_cli import app as demo
from glsmed.client.cli import app as client
from glsmed.server.cli import app as centre
from glsmed.shared.case.words import WORDS as CASE_WORDS
from glsmed.shared.files.documents import parse_document, read_document
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.cli import app as adapter
from glsmed.site_adapters.reading.reader import Reader

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"
PROGRAMS = {"flwr-server": centre, "glsmed-client": client, "glsmed-adapter": adapter, "glsmed-demo": demo}
GUIDES = [("docs/tutorial.md", "docs/tutorial.ja.md"), ("docs/poc.md", "docs/poc.ja.md")]
TWINS = [("README.md", "README.ja.md"), GUIDES[0]]
PAGES = ["README.md", "README.ja.md", *(page for guide in GUIDES for page in guide), "docs/case.md"]


def fences(text: str) -> list[tuple[str, str]]:
    """The language and the content of each block of a page."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Every command of ours in a page's blocks and in its text, without its comment."""
    lines = [line for kind, block in fences(text) if kind in ("", "sh") for line in block.splitlines()]
    spoken = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    ours = (line for line in (*lines, *spoken) if line.split(" ", 1)[0] in PROGRAMS)
    return [shlex.split(line, comments=True) for line in ours]


def _told(words: list[str]) -> Iterator[str]:
    """What of a command does not exist: words that are no command, and options that ``--help`` does not list."""
    place: Any = typer.main.get_command(PROGRAMS[words[0]])
    known = _options(place)
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("--"):
            if word not in known:
                yield word
            elif known[word]:
                next(rest, None)
        elif isinstance(place, click.Group):
            if word not in place.commands:
                yield word
                return
            place = place.commands[word]
            known = {**known, **_options(place)}


def _options(command: Any) -> Mapping[str, bool]:
    """The options that ``--help`` lists, and whether a value follows."""
    given = [one for one in command.params if one.param_type_name == "option"]
    return {name: not (one.is_flag or one.count) for one in given for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one_that_help_lists(page: str) -> None:
    found = commands((PROJECT / page).read_text(encoding="utf-8"))
    assert found
    assert [(" ".join(words), wrong) for words in found for wrong in _told(words)] == []


@pytest.mark.parametrize("line", ["flwr-server inti x", "glsmed-client --site a check --offline", "glsmed-demo drew"])
def test_a_command_that_is_not_there_is_seen(line: str) -> None:
    assert list(_told(line.split()))


@pytest.mark.parametrize(("english", "japanese"), TWINS)
def test_both_languages_have_the_same_commands_and_settings(english: str, japanese: str) -> None:
    texts = [(PROJECT / page).read_text(encoding="utf-8") for page in (english, japanese)]
    blocks = [_blocks(text) for text in texts]
    assert blocks[0] == blocks[1]
    assert len(blocks[0]) >= 20


@pytest.mark.parametrize(("english", "japanese"), GUIDES)
def test_a_guide_has_the_same_steps_in_both_languages(english: str, japanese: str) -> None:
    texts = [(PROJECT / page).read_text(encoding="utf-8") for page in (english, japanese)]
    assert commands(texts[0]) == commands(texts[1])
    assert _shape(texts[0]) == _shape(texts[1])
    assert f"[{Path(japanese).name}]" in texts[0]
    assert f"[{Path(english).name}]" in texts[1]


def test_the_japanese_guide_quotes_the_words_of_the_page_for_management() -> None:
    quoted = set(re.findall("「([^」]+)」", (DOCS / "poc.ja.md").read_text(encoding="utf-8")))
    own, federated = CASE_WORDS["the hospital's own model"], CASE_WORDS["the federation's model"]
    assert quoted == {
        CASE_WORDS["Labels that are needed"],
        CASE_WORDS["{one} less {other}"].format(one=federated, other=own),
    }


def _shape(text: str) -> list[str]:
    """The headings' levels and the rows of tables, in their order."""
    return re.findall(r"^(#+ |\|)", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)


def _blocks(text: str) -> list[str]:
    """Lines that somebody types or copies: commands without comments, and the settings of the tutorial."""
    lines = [(kind, line.strip()) for kind, block in fences(text) for line in block.splitlines()]
    typed = [re.sub(r"\s+#.*$", "", line) for _, line in lines if line.split(" ", 1)[0] in (*PROGRAMS, "make")]
    is_tutorial = any(kind == "sh" for kind, _ in lines)
    return [*typed, *(line for kind, line in lines if kind == "yaml" and is_tutorial)]


def test_the_tutorial_s_steps_up_to_training_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that is cheap is typed as it stands, with fewer patients; what trains and reads images is left out."""
    monkeypatch.chdir(tmp_path)
    prints: dict[str, str] = {}
    for kind, block in fences((DOCS / "tutorial.md").read_text(encoding="utf-8")):
        if kind == "yaml":
            _edit(block)
        for words in filter(_is_cheap, commands(f"```sh\n{block}```\n") if kind == "sh" else ()):
            read_out = ["--fingerprint", prints[words[-1].split("/")[0]]] if "admit" in words else []
            _type([*words, *read_out], monkeypatch)
            said = capsys.readouterr().out
            if "enroll" in words:
                prints[words[2].split("/")[0]] = re.findall(r"SHA256:[^\s:]+", said)[0]
    assert sorted(prints) == ["sakura", "san-lucas", "st-mary"]
    assert len(list((tmp_path / "chest-doubt" / "sites").glob("*.yaml"))) == 3
    assert (tmp_path / "st-mary" / "prices.yaml").is_file()


def _is_cheap(words: list[str]) -> bool:
    cheap = {"draw", "init", "enroll", "admit", "sites", "--init"}
    return bool(cheap & set(words)) and "--html" not in words


def _type(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = ["6" if before == "--patients" else word for before, word in pairwise(words)]
    monkeypatch.setattr(sys, "argv", [words[0], *fewer])
    assert not PROGRAMS[words[0]](standalone_mode=False), words


def _edit(block: str) -> None:
    """Change the keys of the file that the block's first line names, as its reader would by hand."""
    path = Path(block.splitlines()[0].removeprefix("# "))
    content = read_document(path).data
    for key, value in parse_document(block, source=str(path)).data.items():
        if isinstance(value, dict) and isinstance(content[key], dict):
            content[key] |= value
        else:
            content[key] = value
    path.write_text(dump_yaml(content), encoding="utf-8")


def test_the_pictures_are_what_the_script_draws() -> None:
    drawn = runpy.run_path(str(DOCS / "figures" / "draw_tutorial.py"))["pictures"]()
    assert {name: (DOCS / "figures" / name).read_text(encoding="utf-8") for name in drawn} == drawn


@pytest.mark.parametrize(
    ("adapter_name", "sentence", "picture"),
    [
        ("en_radiology", "Pleural effusion cannot be excluded.", "tutorial-doubt.svg"),
        ("ja_radiology", "胸水は否定できない。", "tutorial-doubt.ja.svg"),
    ],
)
def test_the_picture_of_doubt_says_what_the_reader_says(adapter_name: str, sentence: str, picture: str) -> None:
    reading = Reader(load_adapter(adapter_name)).read(sentence)
    cell = reading.cells["effusion"]
    text = (DOCS / "figures" / picture).read_text(encoding="utf-8")
    assert sentence in text
    assert f"{cell.probability:g} ± {cell.spread:.2f}" in text


def test_every_module_of_the_api_pages_can_be_imported() -> None:
    named = [
        name
        for page in (DOCS / "api").glob("*.md")
        for name in re.findall(r"automodule:: (\S+)", page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 30
    assert all(importlib.import_module(name).__doc__ for name in named)


def test_every_page_is_in_the_site_once() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^([a-z][\w./-]*)$", index, re.MULTILINE)
    pages = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}
    assert sorted(listed) == sorted(pages - {"index", "configuration.template"})


def test_the_site_is_part_of_the_check() -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    assert "-W" in makefile[makefile.index("site: env") : makefile.index("check: env")]
    assert shutil.which("make") is None or "site" in makefile[makefile.index("check: env") :].split("\n\n")[0]
