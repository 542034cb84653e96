"""README, CONTRIBUTING and docs: every repository path that they name exists, and every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PAGES = [
    *(PROJECT / name for name in ("README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
    *sorted((PROJECT / "benchmarks" / "results").glob("*.md")),
]
_TOP = ("benchmarks", "client", "configs", "deploy", "docs", "server", "shared", "site_adapters", "tests", ".ci")
_PATH = re.compile(rf"(?<![\w/.-])(?:{'|'.join(map(re.escape, _TOP))})/[\w./*-]*")
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


def named_paths(text: str) -> Iterator[str]:
    """What looks like a path from the repository's root, in code and prose; not in a hospital's own folders."""
    yield from (match.rstrip(".") for match in _PATH.findall(re.sub(r"runs/\S+", "", text)))


def links(text: str) -> Iterator[str]:
    """Targets of links to files."""
    yield from (target for target, _ in _LINK.findall(text) if "://" not in target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    paths = set(named_paths(page.read_text(encoding="utf-8")))
    assert [path for path in sorted(paths) if not list(PROJECT.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    targets = set(links(page.read_text(encoding="utf-8")))
    assert [target for target in sorted(targets) if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_into_a_page_names_one_of_its_headings(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    anchors = {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


def test_all_pages_are_linked_from_the_readme() -> None:
    linked = set(links((PROJECT / "README.md").read_text(encoding="utf-8")))
    assert {f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md") if "template" not in page.name} <= linked


def test_the_readme_names_every_room_but_the_commands() -> None:
    rows = re.findall(
        r"^\| `(\w+)/` \|.*\| ([\w, ]+) \|$", (PROJECT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    named = {portion: set(rooms.split(", ")) for portion, rooms in rows}
    assert named == {portion: _rooms(portion) - {"commands"} for portion in named}
    assert len(named) == 5


def _rooms(portion: str) -> set[str]:
    folder = PROJECT / portion / "glsmed" / portion
    return {path.name for path in folder.iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_a_path_that_does_not_exist_is_seen() -> None:
    assert list(named_paths("see `client/glsmed/nowhere.py`.")) == ["client/glsmed/nowhere.py"]


def _anchor(heading: str) -> str:
    """A heading's address, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_test_that_a_page_names_exists() -> None:
    named = {
        test for page in PAGES for test in re.findall(r"`(tests/[\w/]+\.py::\w+)`", page.read_text(encoding="utf-8"))
    }
    missing = [test for test in sorted(named) if f"def {test.split('::')[1]}(" not in _test_file(test)]
    assert len(named) > 40
    assert missing == []


def _test_file(test: str) -> str:
    return (PROJECT / test.split("::")[0]).read_text(encoding="utf-8")
