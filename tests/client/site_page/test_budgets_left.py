from collections.abc import Callable
from pathlib import Path

from glsmed.client.egress.query_budget import QueryBudget, Request
from glsmed.client.settings.config import load_site
from glsmed.client.settings.patient_account import PatientAccount, Spent
from glsmed.client.site_page.budgets_left import BudgetsLeft, Spending, budget_blocks, read_budgets_left
from glsmed.shared.files.atomic import write_text
from glsmed.shared.pages.blocks import Paragraph, Table
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import load_study


def test_what_was_asked_and_spent_is_taken_off(write_config: Callable[..., Path]) -> None:
    config = load_site(write_config())
    config.state.prepare()
    study = load_study(config.study)
    QueryBudget(config.state, study, runs=config.egress.max_runs).charge(Request("train", "m", 1))
    spent = Spent(noise_multiplier=1.0, sampling_rate=0.1, steps=10)
    account = PatientAccount().with_payment("another study", spent)
    write_text(config.state.privacy_account, account.model_dump_json())
    found = read_budgets_left(config, study)
    assert (found.requests["train"], found.requests["test"], found.in_study) == (3, 2, None)
    assert found.over_all.spent == epsilon([PrivateSteps(1.0, 0.1, 10)], delta=config.privacy.delta)


def test_a_budget_that_is_spent_stands_first() -> None:
    blocks = budget_blocks(
        BudgetsLeft({"train": 0, "test": 2}, Spending(1, 8, 1e-5), Spending(2, 8, 1e-5), "it is older")
    )
    assert isinstance(blocks[0], Paragraph)
    assert blocks[0].text.startswith("Spent: train.")
    assert blocks[-1] == Paragraph("The privacy account and the audit log differ: it is older.", strong=True)
    rows = [row for block in blocks if isinstance(block, Table) for row in block.rows]
    assert rows[-2:] == [
        ["this study", "1.000", "7.000", "8", "1e-05"],
        ["all studies", "2.000", "6.000", "8", "1e-05"],
    ]
