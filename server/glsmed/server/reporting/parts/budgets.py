"""Budgets of privacy and of requests, as far as sites report them: a site says when one is spent, nothing before."""

from collections.abc import Sequence
from dataclasses import dataclass

from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.errors import QueryBudgetError
from glsmed.shared.pages.blocks import Block, Listing, Paragraph, bounded
from glsmed.shared.pages.spoken import say


@dataclass(frozen=True, slots=True)
class Budgets:
    """What sites said of their budgets.

    Attributes:
        max_epsilon: of the study; None where it is not private.
        privacy_spent: sites that train no more.
        requests_spent: sites that refused a request since they had answered too many.
    """

    max_epsilon: float | None
    rounds: int
    privacy_spent: Sequence[str]
    requests_spent: Sequence[str]


def read_budgets(record: StudyRecord) -> Budgets:
    """Budgets from the centre's log and from the reasons of updates that did not count."""
    privacy = record.study.training.privacy
    said = {bounded(site, most=63): reason for one in record.rounds for site, reason in one.not_counted.items()}
    refused = sorted(site for site, reason in said.items() if QueryBudgetError.__name__ in reason)
    return Budgets(
        max_epsilon=privacy.max_epsilon if privacy.is_on else None,
        rounds=len(record.accepted_rounds),
        privacy_spent=sorted(record.budget_spent),
        requests_spent=refused,
    )


def budget_blocks(budgets: Budgets) -> list[Block]:
    """Who can pay no more; what each has left stays in its own account."""
    lines = [
        say("{site}: its privacy budget is spent; it measures models and trains no more.", site=site)
        for site in budgets.privacy_spent
    ]
    lines += [
        say("{site}: it has answered as many requests as its policy allows.", site=site)
        for site in budgets.requests_spent
    ]
    blocks: list[Block] = [Listing(lines)] if lines else [Paragraph(say("No site says that a budget is spent."))]
    if budgets.max_epsilon is not None:
        sentence = "Rounds so far: {rounds}. No site has spent more than epsilon {limit}: it would have refused."
        blocks.append(Paragraph(say(sentence, rounds=budgets.rounds, limit=f"{budgets.max_epsilon:g}")))
    what = "What is left of them stays at each site: glsmed-client privacy, and the site's own page."
    return [*blocks, Paragraph(say(what))]
