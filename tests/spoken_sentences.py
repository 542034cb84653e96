"""Every sentence that modules say by ``say`` and templates by ``t``, found in their source; and words left bare."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter

from jinja2 import Environment, nodes

from glsmed.shared.pages.spoken import Catalogue
from glsmed.shared.web.words import WORDS

_TAG = re.compile(r"<!--.*?-->|<[^>]*>|&\w+;", re.DOTALL)
_ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"|{\w+}')  # what a macro gives to a tag; a place that is filled later
_SHOWN = re.compile(r'\b(?:title|alt|aria-label|placeholder|label)="([^"\0]*)"')  # attributes that people see or hear
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def untranslated(folders: Iterable[Path], *catalogues: Catalogue) -> list[str]:
    """English sentences that the folders say, without Japanese in any of the catalogues or among all pages' words."""
    return sorted(spoken_sentences(folders) - set(WORDS).union(*catalogues))


def misplaced(catalogue: Catalogue) -> list[str]:
    """English sentences whose Japanese has other places for values."""
    return [english for english, japanese in catalogue.items() if _places(english) != _places(japanese)]


def bare_words(folders: Iterable[Path]) -> list[str]:
    """``template: words`` for text in the templates that is not said by ``t``, so that it would stay English."""
    return [f"{path.name}: {words}" for path in _files(folders, "*.html") for words in _bare(path)]


def spoken_sentences(folders: Iterable[Path]) -> set[str]:
    """The English sentences that the templates (``*.html``) and modules (``*.py``) of the folders say.

    A sentence of a template stands in the call itself. One of a module stands there, or in a name, a tuple, a dict or a
    choice of the same function that the call takes it from. Strings of a function that speaks from a name are all
    taken, so nothing is missed.
    """
    folders = list(folders)
    modules = (ast.parse(path.read_text(encoding="utf-8")) for path in _files(folders, "*.py"))
    said = {sentence for module in modules for sentence in _of_module(module)}
    return said.union(*(_of_template(_parsed(path)) for path in _files(folders, "*.html")))


def _of_template(template: nodes.Template) -> Iterator[str]:
    for call in template.find_all(nodes.Call):
        first = call.args[0] if call.args else None
        if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(first, nodes.Const):
            yield str(first.value)


def _of_module(tree: ast.AST) -> Iterator[str]:
    for function in ast.walk(tree):
        if isinstance(function, _Function):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
                    yield from _taken(call.args[0], function)


def _taken(first: ast.expr, function: _Function) -> Iterator[str]:
    if isinstance(first, ast.Constant):
        yield str(first.value)
    elif isinstance(first, ast.IfExp):
        yield from _taken(first.body, function)
        yield from _taken(first.orelse, function)
    elif isinstance(first, ast.Name):
        yield from _assigned(first.id, function)


def _assigned(name: str, function: _Function) -> Iterator[str]:
    """The strings that a name of the function gets: by assignment, also of several at once, or from a loop."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            yield from _from_assignment(name, node)
        elif isinstance(node, ast.comprehension | ast.For) and name in _names(node.target):
            yield from _taken(node.iter, function) if isinstance(node.iter, ast.Name) else _strings(node.iter)


def _from_assignment(name: str, node: ast.Assign) -> Iterator[str]:
    target, value = node.targets[0], node.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = zip(target.elts, value.elts, strict=True)
        yield from (text for one, said in pairs if name in _names(one) for text in _strings(said))
    elif name in _names(target):
        yield from _strings(value)


def _names(target: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _strings(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.Tuple | ast.List):
        for one in value.elts:
            yield from _strings(one)


def _places(sentence: str) -> set[str]:
    """The names of the places in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def _bare(path: Path) -> Iterator[str]:
    # what the template computes stands as a mark, so that no tag falls apart into two
    text = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "\0"
        for output in _parsed(path).find_all(nodes.Output)
        for part in output.nodes
    )
    text = re.sub(r"<(kbd|code)[ >].*?</\1>", "", text, flags=re.DOTALL)
    for line in [*_ATTRIBUTE.sub("", _TAG.sub("\n", text)).splitlines(), *_SHOWN.findall(text)]:
        if _LETTERS.search(line):
            yield line.strip()


def _parsed(path: Path) -> nodes.Template:
    return Environment(trim_blocks=True, autoescape=True).parse(path.read_text(encoding="utf-8"))


def _files(folders: Iterable[Path], pattern: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.rglob(pattern))
