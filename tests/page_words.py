"""Words of pages that lack Japanese, or that stand in a template without ``t``."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from glsmed.shared.web.words import BASE_WORDS, Catalogue

_TAG = re.compile(r"<!--.*?-->|<[^>]*>|&\w+;", re.DOTALL)
_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"|{\w+}')  # what a macro gives to a tag; a place that is filled later
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def untranslated(folders: Iterable[Path], *catalogues: Catalogue) -> list[str]:
    """English words that the templates (``*.html``) and modules (``*.py``) of the folders say by ``t("…")``, without
    Japanese in any of the catalogues. In a module, functions of words are called ``t`` or ``words_of(request)``.
    """
    known = set(BASE_WORDS).union(*catalogues)
    return sorted({words for folder in folders for words in _spoken(folder)} - known)


def bare_words(folders: Iterable[Path]) -> list[str]:
    """``template: words`` for text in the templates that is not said by ``t``, so that it would stay English."""
    return [f"{path.name}: {words}" for path in _files(folders, "*.html") for words in _bare(path)]


def _spoken(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.html"):
        for call in _parsed(path).find_all(nodes.Call):
            first = call.args[0] if call.args else None
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(first, nodes.Const):
                yield str(first.value)
    for path in folder.rglob("*.py"):
        yield from _said(ast.parse(path.read_text(encoding="utf-8")))


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _is_words(node.func):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _is_words(called: ast.expr) -> bool:
    if isinstance(called, ast.Call):
        return isinstance(called.func, ast.Name) and called.func.id == "words_of"
    return isinstance(called, ast.Name) and called.id == "t"


def _bare(path: Path) -> Iterator[str]:
    # what the template computes stands as a mark, so that no tag falls apart into two
    text = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "\0"
        for output in _parsed(path).find_all(nodes.Output)
        for part in output.nodes
    )
    text = re.sub(r"<(kbd|code)[ >].*?</\1>", "", text, flags=re.DOTALL)
    for line in _ATTRIBUTE.sub("", _TAG.sub("\n", text)).splitlines():
        if _LETTERS.search(line):
            yield line.strip()


def _parsed(path: Path) -> nodes.Template:
    return Environment(trim_blocks=True, autoescape=True).parse(path.read_text(encoding="utf-8"))


def _files(folders: Iterable[Path], pattern: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.rglob(pattern))
