"""Which statement of a report decides a finding."""

from collections.abc import Collection, Iterable, Mapping

from glsmed.site_adapters.reading.assertions import Assertion
from glsmed.site_adapters.reading.cells import NOT_ASSESSABLE, Reading
from glsmed.site_adapters.reading.statements import NO_PRIOR, Statement

_STANDS = 0.3  # doubt of at least this probability stands against a denial of something else


def decided(statements: Iterable[Statement], likeliest_decides: Collection[str] = ()) -> Reading:
    """The cells that a report's statements make; arguments are those of :func:`deciding`."""
    kept, masked = deciding(statements, likeliest_decides)
    return Reading({name: one.cell for name, one in kept.items()}, masked)


def deciding(
    statements: Iterable[Statement], likeliest_decides: Collection[str] = ()
) -> tuple[Mapping[str, Statement], frozenset[str]]:
    """The statement that makes each finding's cell, and the findings without one that cannot be judged.

    Statements that are not evidence make none. Nor has a finding a cell where a section that is weightier than all that
    speaks of it says that it cannot be judged.

    Args:
        statements: of sections that are evidence, in the order of the text.
        likeliest_decides: findings whose most probable mention decides: those in several regions, or of several things.
    """
    found: dict[str, Statement] = {}
    masked: dict[str, float] = {}
    for statement in statements:
        assertion = statement.assertion
        finding = assertion.finding
        if assertion.prior is not None:
            before = found.get(finding)
            outranks = _is_likelier if finding in likeliest_decides else _outranks
            if before is None or outranks(statement, before):
                found[finding] = statement
        elif assertion.state == NOT_ASSESSABLE:
            masked[finding] = max(statement.weight, masked.get(finding, 0.0))
    if not masked:
        return found, frozenset()
    kept = {name: one for name, one in found.items() if one.weight >= masked.get(name, 0.0)}
    return kept, frozenset(masked.keys() - kept.keys())


def _outranks(statement: Statement, before: Statement) -> bool:
    """Whether a later statement decides instead of an earlier one.

    What names the finding goes before what implies it, then the weightier section, then the later wording; only a
    plain presence stands against later doubt or denial in the same section (they speak of another place, "no effusion
    on the right"), unless it is said to be gone. A denial of the other side, or of only some of a kind ("no new
    effusion"), undoes nothing.
    """
    later, earlier = statement.assertion, before.assertion
    if later.implied != earlier.implied:
        return earlier.implied
    if _is_of_another(later, earlier):
        return False
    if _is_of_another(earlier, later):
        return True
    if statement.weight != before.weight:
        return statement.weight > before.weight
    return earlier.state != "present" or later.state == "present" or later.resolved


def _is_of_another(denial: Assertion, presence: Assertion) -> bool:
    """Whether a denial is of something else than the presence or doubt: of the other side, or of some of its kind."""
    if denial.state != "absent" or presence.state == "absent" or presence.prior is None:
        return False
    if presence.prior.mean < _STANDS:
        return False
    if denial.limited:
        return True
    if denial.side in ("", "both") or denial.side == presence.side:
        return False
    return presence.side != "" or not denial.resolved


def _is_likelier(statement: Statement, before: Statement) -> bool:
    """:func:`_outranks` for a finding of several regions or things: presence of one is enough."""
    if statement.weight != before.weight:
        return statement.weight > before.weight
    later, earlier = statement.assertion.prior or NO_PRIOR, before.assertion.prior or NO_PRIOR
    return later.mean >= earlier.mean
