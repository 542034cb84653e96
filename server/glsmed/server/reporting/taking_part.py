"""Who took part, in which rounds, and why not in the others."""

from collections.abc import Mapping, Sequence

from glsmed.server.admission.site_list import SiteRow
from glsmed.server.folders.run_folder import RoundRecord
from glsmed.server.reporting.parts.numbers import count, number
from glsmed.server.reporting.parts.recorded_words import reason_in_words
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import Block, Listing, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say
from glsmed.shared.quantities import bytes_in_words

_MOST_ROUNDS = 200  # rows of the table; the record has them all


def site_blocks(record: StudyRecord) -> list[Block]:
    """The sites, with what each said of itself when it joined."""
    if not record.sites:
        return [Paragraph(say("No site was admitted."))]
    head = [say("site"), say("state"), say("rounds that counted"), say("patients"), "glsmed", say("key")]
    rows = [_site_row(record, row) for row in record.sites if not row.problem]
    blocks: list[Block] = [Table(head, rows)]
    if record.set_aside:
        lines = [
            say(
                "{site} sat out after rounds in a row without it: {reasons}.",
                site=site,
                reasons="; ".join(map(reason_in_words, reasons)),
            )
            for site, reasons in sorted(record.set_aside.items())
        ]
        blocks.append(Listing(lines))
    return blocks


def training_cells_table(record: StudyRecord) -> Table | None:
    """The labelled cells of the training split by site and finding, where sites let counts go; None where none did."""
    cells = {site: _cells(fields.get("metrics", {})) for site, fields in sorted(record.joined.items())}
    if not any(cells.values()):
        return None
    rows = [[finding, *(count(own.get(finding)) for own in cells.values())] for finding in record.study.findings]
    caption = say("Labelled cells that sites train on; a dash: too few patients, or not sent.")
    return Table([say("finding"), *cells], rows, caption)


def round_blocks(record: StudyRecord) -> list[Block]:
    """Every attempt at a round: who counted, who did not, and why."""
    if not record.rounds:
        return [Paragraph(say("No round was tried yet."))]
    shown = _shown(record.rounds)
    names = ("round", "attempt", "began (UTC)", "seconds", "counted (cells)", "not counted", "down", "up")
    head = [say(name) for name in names]
    blocks: list[Block] = [Table(head, [_round_row(one) for one in shown])]
    left_out = len(record.rounds) - len(shown)
    if left_out:
        blocks.append(
            Paragraph(
                say(
                    "{count} rounds in which every site counted are left out here; run/rounds.jsonl has them.",
                    count=left_out,
                )
            )
        )
    return blocks


def not_counted_words(record: StudyRecord) -> list[str]:
    """One line a site: in how many attempts it was not counted, and the reasons."""
    reasons: dict[str, dict[str, int]] = {}
    for one in record.rounds:
        for site, reason in one.not_counted.items():
            of_site = reasons.setdefault(site, {})
            words = reason_in_words(reason)
            of_site[words] = of_site.get(words, 0) + 1
    return [f"{site}: {_times(of_site)}" for site, of_site in sorted(reasons.items())]


def _times(reasons: Mapping[str, int]) -> str:
    once, often = "{reason} (1 time)", "{reason} ({times} times)"
    return "; ".join(say(once if times == 1 else often, reason=one, times=times) for one, times in reasons.items())


def _shown(rounds: Sequence[RoundRecord]) -> list[RoundRecord]:
    """All rounds where there are few, else those in which something was amiss and the last ones."""
    if len(rounds) <= _MOST_ROUNDS:
        return list(rounds)
    amiss = [one for one in rounds if one.not_counted or not one.accepted][-_MOST_ROUNDS // 2 :]
    last = list(rounds[-(_MOST_ROUNDS - len(amiss)) :])
    return [one for one in amiss if one not in last] + last


def _site_row(record: StudyRecord, row: SiteRow) -> list[str]:
    said = record.joined.get(row.site, {})
    state = say(row.state) if row.state != "withdrawn" else say("withdrawn {day}", day=row.withdrawn_at[:10])
    patients = said.get("metrics", {}).get("patients")
    release = bounded(said.get("release") or row.glsmed, most=40)
    return [bounded(row.site), state, str(row.rounds_counted), count(patients), release, bounded(row.key, most=80)]


def _cells(metrics: Mapping[str, float]) -> dict[str, float]:
    prefix = "training_cells/"
    return {key.removeprefix(prefix): value for key, value in metrics.items() if key.startswith(prefix)}


def _round_row(one: RoundRecord) -> list[str]:
    counted = ", ".join(f"{bounded(site)} ({cells_in_words(cells)})" for site, cells in one.counted.items()) or say(
        "none"
    )
    missing = "; ".join(f"{bounded(site)}: {reason_in_words(reason)}" for site, reason in one.not_counted.items())
    short = "{counted}: below the quorum, the round did not count"
    verdict = counted if one.accepted else say(short, counted=counted)
    return [
        str(one.round),
        str(one.attempt),
        one.started_at[:19].replace("T", " "),
        number(one.seconds, decimals=1),
        verdict,
        missing,
        bytes_in_words(one.bytes_down),
        bytes_in_words(one.bytes_up),
    ]


def cells_in_words(cells: int) -> str:
    """Cells behind an update; under masks the centre knows those of all sites together alone."""
    return str(cells) if cells else say("masked")
