"""Every sentence that modules say by ``say``, found in their source."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter


def spoken_sentences(folders: Iterable[Path]) -> set[str]:
    """The English sentences that the modules of the folders say.

    A sentence stands in the call itself, or in a name, a tuple, a dict or a choice of the same function that the call
    takes it from. Strings of a function that speaks from a name are all taken, so nothing is missed.
    """
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return {said for path in files for said in _of_module(ast.parse(path.read_text(encoding="utf-8")))}


def _of_module(tree: ast.AST) -> Iterator[str]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
                    yield from _taken(call.args[0], function)


def _taken(first: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    if isinstance(first, ast.Constant):
        yield str(first.value)
    elif isinstance(first, ast.IfExp):
        yield from _taken(first.body, function)
        yield from _taken(first.orelse, function)
    elif isinstance(first, ast.Name):
        yield from _assigned(first.id, function)


def _assigned(name: str, function: ast.FunctionDef) -> Iterator[str]:
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


def places(sentence: str) -> set[str]:
    """The names of the places in a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
