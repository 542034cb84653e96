"""The image recipes: linted everywhere, built where there is a builder and its base image."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RECIPES = [PROJECT / "deploy" / f"Containerfile.{end}" for end in ("centre", "site")]
OWN_PROGRAMS = {"centre": {"flwr-server"}, "site": {"glsmed-client", "glsmed-adapter"}}
OWN_PORTIONS = {"centre": {"server", "shared"}, "site": {"client", "shared", "site_adapters"}}
PROGRAMS = {"flwr-server", "glsmed-client", "glsmed-adapter", "glsmed-benchmark", "glsmed-demo"}


class Step(NamedTuple):
    """One instruction of a recipe, its continued lines joined."""

    word: str
    rest: str


def steps(text: str) -> list[Step]:
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [Step(*line.split(None, 1)) for line in lines if line.strip()]


def faults(text: str) -> Iterator[str]:
    """What a reviewer would refuse."""
    found = steps(text)
    yield from _faults_of_stages(found)
    yield from (f"{word} {rest}" for word, rest in found if word == "ADD")
    secret = re.compile(r"\.key\b|\.pem\b|password|token|secret|credential", re.IGNORECASE)
    yield from (f"secret: {rest}" for word, rest in found if word in ("ARG", "ENV", "COPY") and secret.search(rest))
    for word, rest in found:
        if word == "COPY" and rest.split()[0] in (".", "./", "*"):
            yield f"copies everything: {rest}"
        if word == "RUN":
            yield from _faults_of_command(rest)


def _faults_of_stages(found: list[Step]) -> Iterator[str]:
    stages = [place for place, step in enumerate(found) if step.word == "FROM"]
    last = found[stages[-1] :]
    if len(stages) < 2:
        yield "one stage: what built the programs would be shipped"
    bases = {step.rest.removeprefix("BASE=") for step in found if step.word == "ARG" and step.rest.startswith("BASE=")}
    if any(not re.fullmatch(r"[\w.-]+/[\w./-]+:\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?", base) for base in bases):
        yield f"base is not pinned: {bases}"
    if any(step.word == "FROM" and step.rest.split()[0] != "${BASE}" for step in found):
        yield "a stage has another base"
    users = [step.rest for step in last if step.word == "USER"]
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        yield f"runs as {users[-1:] or 'root'}"
    yield from (f"no {word}" for word in ("HEALTHCHECK", "LABEL", "ENTRYPOINT", "STOPSIGNAL") if word not in dict(last))


def _faults_of_command(command: str) -> Iterator[str]:
    for part in re.split(r"&&|;", command):
        if "pip install" in part and "--require-hashes" not in part and "--no-index" not in part:
            yield f"installs without hashes: {part.strip()}"
        if "apt-get install" in part and "--no-install-recommends" not in part:
            yield f"installs recommended packages: {part.strip()}"
        if re.search(r"\b(curl|wget|sudo|chmod 777)\b|https?://", part):
            yield f"fetches or widens: {part.strip()}"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix[1:])
def test_a_recipe_has_no_fault(recipe: Path) -> None:
    assert list(faults(recipe.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("debian:12.11-slim", "debian:latest", "base is not pinned"),
        ("USER 10001:10001", "USER root", "runs as"),
        ("USER 10001:10001\n", "", "runs as"),
        ("--require-hashes", "", "installs without hashes"),
        ("--no-install-recommends ", "", "installs recommended packages"),
        ("COPY server /build/source/server", "COPY . /build/source", "copies everything"),
        ("COPY server /build/source/server", "ADD https://example.org/x.tar /", "ADD"),
        ("WORKDIR /study", "COPY pki/server.key /study/", "secret"),
        ("WORKDIR /study", "ENV API_TOKEN=x", "secret"),
        ("HEALTHCHECK", "# HEALTHCHECK", "no HEALTHCHECK"),
        ("FROM ${BASE}\nLABEL", "LABEL", "one stage"),
    ],
)
def test_a_fault_in_a_recipe_is_seen(good: str, bad: str, fault: str) -> None:
    text = RECIPES[0].read_text(encoding="utf-8")
    assert good in text
    assert any(found.startswith(fault) for found in faults(text.replace(good, bad)))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix[1:])
def test_a_recipe_takes_its_own_ends_source_and_keeps_its_own_ends_programs(recipe: Path) -> None:
    end, found = recipe.suffix[1:], steps(recipe.read_text(encoding="utf-8"))
    copied = {step.rest.split()[0] for step in found if step.word == "COPY"}
    removed = {name for step in found if step.word == "RUN" for name in PROGRAMS & set(step.rest.split())}
    assert copied & {"server", "client", "shared", "site_adapters", "benchmarks"} == OWN_PORTIONS[end]
    assert PROGRAMS - removed == OWN_PROGRAMS[end]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix[1:])
def test_every_file_that_a_recipe_copies_exists(recipe: Path) -> None:
    found = steps(recipe.read_text(encoding="utf-8"))
    given = dict(step.rest.split("=", 1) for step in found if step.word == "ARG" and "=" in step.rest)
    copies = [step.rest.split()[:-1] for step in found if step.word == "COPY" and "--from" not in step.rest]
    sources = [re.sub(r"\$\{(\w+)\}", lambda name: given[name.group(1)], source) for copy in copies for source in copy]
    assert [source for source in sources if not (PROJECT / source).exists()] == []
