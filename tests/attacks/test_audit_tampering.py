"""A thousand ways to change the record of what left a site; each is found.

Who has not the site's key is found by the log alone. Who has it can write the log anew, cut its end off or remove it:
that is found by comparing with the ends that the centre has noted.
"""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from glsmed.shared.files.audit import BEGAN, Anchor, AuditLog, compare, verify
from glsmed.shared.files.line_signature import public_line
from tests.signed_sites import new_site_key

ENTRIES = 12
KINDS = ("HelloReply", "Update", "EvaluationReply")
Tamper = Callable[[Path, random.Random], None]


KEY, STRANGERS_KEY = new_site_key()[1], new_site_key()[1]


def _fields(number: int) -> dict[str, object]:
    return {"message": KINDS[number % 3], "metrics": {"auroc/effusion": number / 16}, "word": "胸水", "round": number}


def _write(path: Path, key: ec.EllipticCurvePrivateKey | None, fields: Callable[[int], dict[str, object]]) -> None:
    log = AuditLog(path, key)
    for number in range(ENTRIES):
        log.append("sent", fields(number))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Anchor]]:
    """A log of a site, and what the centre has noted of its end with each answer."""
    path = tmp_path_factory.mktemp("site") / "audit.jsonl"
    log, anchors = AuditLog(path, KEY), []
    for number in range(ENTRIES):
        log.append("sent", _fields(number))
        anchors.append(log.end)
    return path.read_bytes(), anchors


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _keep(path: Path, lines: list[str], *, end: str = "\n") -> None:
    path.write_bytes((end.join(lines) + end).encode())


def _one_byte(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(content))


def _one_byte_less(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    place = chance.randrange(len(content) - 1)
    path.write_bytes(content[:place] + content[place + 1 :])


def _one_byte_more(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    place = chance.randrange(len(content))
    path.write_bytes(content[:place] + bytes([chance.choice(b' \t\n,"0a}')]) + content[place:])


def _other_spacing(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    place = chance.randrange(len(lines))
    separators = chance.choice([(",", ":"), (",  ", ": "), (", ", " : ")])
    lines[place] = json.dumps(json.loads(lines[place]), ensure_ascii=False, sort_keys=True, separators=separators)
    _keep(path, lines)


def _other_order(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    place = chance.randrange(len(lines))
    items = list(json.loads(lines[place]).items())
    while [name for name, _ in items] == sorted(name for name, _ in items):
        chance.shuffle(items)
    lines[place] = json.dumps(dict(items), ensure_ascii=False)
    _keep(path, lines)


def _other_escapes(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    place = chance.randrange(1, len(lines))
    lines[place] = json.dumps(json.loads(lines[place]), ensure_ascii=True, sort_keys=True)
    _keep(path, lines)


def _other_line_ends(path: Path, _: random.Random) -> None:
    _keep(path, _lines(path), end="\r\n")


def _a_key_twice(path: Path, chance: random.Random) -> None:
    """The first of the two is what a person reads; a parser takes the last."""
    lines = _lines(path)
    place = chance.randrange(len(lines))
    name = chance.choice(["event", "fields", "number", "time"])
    lines[place] = "{" + f'"{name}": {json.dumps(chance.choice(["nothing", 0, {}]))}, ' + lines[place][1:]
    _keep(path, lines)


def _a_line_less(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    del lines[chance.randrange(len(lines) - 1)]
    _keep(path, lines)


def _a_line_twice(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    place = chance.randrange(len(lines))
    lines.insert(place, lines[place])
    _keep(path, lines)


def _two_lines_exchanged(path: Path, chance: random.Random) -> None:
    lines = _lines(path)
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    _keep(path, lines)


def _cut_within_a_line(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    last = content.rstrip(b"\n").rfind(b"\n") + 1
    path.write_bytes(content[: chance.randrange(last + 1, len(content))])


def _written_anew(path: Path, key: ec.EllipticCurvePrivateKey | None, chance: random.Random) -> None:
    changed = chance.randrange(ENTRIES)
    path.unlink()
    _write(path, key, lambda number: {"message": "nothing"} if number == changed else _fields(number))


def _chain_anew_without_key(path: Path, chance: random.Random) -> None:
    _written_anew(path, None, chance)


def _chain_anew_with_another_key(path: Path, chance: random.Random) -> None:
    _written_anew(path, STRANGERS_KEY, chance)


def _chain_anew_under_the_sites_name(path: Path, chance: random.Random) -> None:
    """All hashes right, the first line names the site's key, and the signatures are a stranger's."""
    _written_anew(path, STRANGERS_KEY, chance)
    lines, previous = _lines(path), ""
    for place, line in enumerate(lines):
        entry = json.loads(line)
        signature = entry.pop("signature")
        entry.pop("hash")
        if entry["event"] == BEGAN:
            entry["fields"]["key"] = public_line(KEY)
        entry["previous"] = previous or entry["previous"]
        previous = _hash(entry)
        lines[place] = json.dumps(
            {**entry, "hash": previous, "signature": signature}, ensure_ascii=False, sort_keys=True
        )
    _keep(path, lines)


def _hash(entry: dict[str, object]) -> str:
    canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _cut_off(path: Path, chance: random.Random) -> None:
    _keep(path, _lines(path)[: chance.randrange(1, ENTRIES)])


def _chain_anew_with_the_sites_key(path: Path, chance: random.Random) -> None:
    _written_anew(path, KEY, chance)


def _removed(path: Path, _: random.Random) -> None:
    path.unlink()


def _removed_and_begun_anew(path: Path, chance: random.Random) -> None:
    path.unlink()
    log = AuditLog(path, KEY)
    for number in range(chance.randrange(2 * ENTRIES)):
        log.append("sent", _fields(number))


WITHOUT_THE_KEY: tuple[Tamper, ...] = (
    _one_byte,
    _one_byte_less,
    _one_byte_more,
    _other_spacing,
    _other_order,
    _other_escapes,
    _other_line_ends,
    _a_key_twice,
    _a_line_less,
    _a_line_twice,
    _two_lines_exchanged,
    _cut_within_a_line,
    _chain_anew_without_key,
    _chain_anew_with_another_key,
    _chain_anew_under_the_sites_name,
)
WITH_THE_KEY: tuple[Tamper, ...] = (_cut_off, _chain_anew_with_the_sites_key, _removed, _removed_and_begun_anew)
EACH = 53  # (15 + 4) × 53 = 1,007


def _tampered(path: Path, whole: bytes, tamper: Tamper, seed: int) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(whole)
    tamper(path, random.Random(seed))  # noqa: S311  # to choose places
    assert not path.is_file() or path.read_bytes() != whole


@pytest.mark.parametrize("tamper", WITHOUT_THE_KEY, ids=lambda one: one.__name__.strip("_"))
def test_the_log_alone_shows_what_a_stranger_does(
    tamper: Tamper, whole: tuple[bytes, list[Anchor]], tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    for seed in range(EACH):
        _tampered(path, whole[0], tamper, seed)
        assert verify(path, public_line(KEY)).first_broken is not None, seed


@pytest.mark.parametrize("tamper", WITH_THE_KEY, ids=lambda one: one.__name__.strip("_"))
def test_what_the_centre_has_noted_shows_what_the_holder_of_the_key_does(
    tamper: Tamper, whole: tuple[bytes, list[Anchor]], tmp_path: Path
) -> None:
    path = tmp_path / "audit.jsonl"
    for seed in range(EACH):
        _tampered(path, whole[0], tamper, seed)
        assert verify(path, public_line(KEY)).first_broken is None, "that is why the centre notes it"
        assert compare(path, whole[1]), seed


def test_control_a_log_that_nobody_changed_passes(whole: tuple[bytes, list[Anchor]], tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(whole[0])
    assert verify(path, public_line(KEY)).first_broken is None
    assert compare(path, whole[1]) == []


def test_control_without_key_a_chain_computed_anew_passes(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    _write(path, None, _fields)
    _chain_anew_without_key(path, random.Random(1))  # noqa: S311
    assert verify(path).first_broken is None
