"""What the centre may still ask of this site, and what its patients' data may still spend."""

from collections.abc import Mapping
from dataclasses import dataclass

from glsmed.client.egress.query_budget import QueryBudget, RequestKind
from glsmed.client.settings.config import SiteConfig
from glsmed.client.settings.privacy_ledger import PrivacyLedger
from glsmed.shared.pages.blocks import Block, Paragraph, Table
from glsmed.shared.pages.spoken import say
from glsmed.shared.protocol.study import Study


@dataclass(frozen=True, slots=True)
class Spending:
    """Epsilon that was spent, of a limit."""

    spent: float
    limit: float
    delta: float


@dataclass(frozen=True, slots=True)
class BudgetsLeft:
    """Budgets of one site.

    Attributes:
        requests: still answered, by kind.
        in_study: None where the study is not private.
        over_all: over all studies.
        mismatch: how the account differs from the audit log; empty where they agree.
    """

    requests: Mapping[RequestKind, int]
    in_study: Spending | None
    over_all: Spending
    mismatch: str


def read_budgets_left(config: SiteConfig, study: Study) -> BudgetsLeft:
    """The budgets as their accounts say.

    Raises:
        DataError: an account is damaged.
    """
    policy, privacy = config.egress, study.training.privacy
    budget = QueryBudget(config.state, study, runs=policy.max_runs, peer_models=policy.max_peer_models)
    ledger = PrivacyLedger.of_site(config, study)
    account, own = ledger.file.read(), config.privacy
    over_all = ledger.over_all(account)
    here = Spending(ledger.spent(privacy), privacy.max_epsilon, privacy.delta) if privacy.is_on else None
    every = Spending(over_all, own.max_epsilon_per_patient, own.delta)
    return BudgetsLeft(budget.left(), here, every, ledger.file.mismatch())


def budget_blocks(budgets: BudgetsLeft) -> list[Block]:
    """Requests and epsilon; a budget that is spent is said first."""
    blocks: list[Block] = []
    spent = [say(kind) for kind, left in budgets.requests.items() if left <= 0]
    if spent:
        sentence = "Spent: {kinds}. The site answers no more of these; egress.max_runs in config.yaml sets the limit."
        blocks.append(Paragraph(say(sentence, kinds=", ".join(spent)), strong=True))
    rows = [[say(kind), str(max(left, 0))] for kind, left in budgets.requests.items()]
    blocks.append(Table([say("request"), say("still answered")], rows, say("Requests of the centre in this study.")))
    private = [
        [name, f"{one.spent:.3f}", f"{max(0.0, one.limit - one.spent):.3f}", f"{one.limit:g}", f"{one.delta:g}"]
        for name, one in ((say("this study"), budgets.in_study), (say("all studies"), budgets.over_all))
        if one is not None
    ]
    head = ["", say("epsilon spent"), say("left"), say("limit"), "delta"]
    blocks.append(Table(head, private, say("Differential privacy.")))
    if budgets.in_study is None:
        blocks.append(Paragraph(say("This study is not private: it spends no epsilon.")))
    if budgets.mismatch:
        blocks.append(
            Paragraph(say("The privacy account and the audit log differ: {how}.", how=budgets.mismatch), True)
        )
    return blocks
