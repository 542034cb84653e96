"""How the best model that a site trained alone does on its test split: what the federation must beat.

``glsmed-client train-local`` writes it. Where the study compares (``federation.cross_site_evaluation``), its numbers go
with the final evaluation, as the egress policy allows.
"""

import hashlib

from glsmed.client.data.examples import Examples
from glsmed.client.egress.query_budget import KeptAnswer, RecordedAnswer
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.protocol.study import Study


class _Best(StudyAccount, ser_json_inf_nan="constants"):
    validation_log_loss: float = float("inf")  # or the study's composite score: what its rounds are chosen by
    test_split: str = ""  # a digest of what was measured against
    answer: KeptAnswer | None = None


class LocalRecord:
    """The record of one site in one study.

    Args:
        state: the site's state folder.
        study: another study, by its digest, has another record.
    """

    def __init__(self, state: StateFolder, study: Study) -> None:
        digest = study.digest()
        self._file = AccountFile(
            state.local_record(digest),
            _Best(study=digest),
            "record of local training",
            without_backup="remove it and run `glsmed-client train-local` again",
        )

    def keep_if_best(self, answer: RecordedAnswer, test: Examples, *, validation_score: float) -> bool:
        """Keep what a model does on the test split, unless an earlier one had a lower score on validation patients.

        What was measured on another test split is replaced whatever it was. Says whether it was kept.

        Raises:
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        best, split = self._file.read(), _digest(test)
        if best.test_split != split or validation_score < best.validation_log_loss:
            kept = {"validation_log_loss": validation_score, "test_split": split, "answer": KeptAnswer.of(answer)}
            self._file.write(best.model_copy(update=kept))
            return True
        return False

    def answer(self, test: Examples) -> RecordedAnswer | None:
        """What the best model does; None where the site trained none, or its test split has changed since.

        Raises:
            DataError: the file is damaged.
        """
        best = self._file.read()
        return best.answer.answer() if best.answer is not None and best.test_split == _digest(test) else None


def _digest(test: Examples) -> str:
    truth, reference = reference_labels(test)
    digest = hashlib.sha256("\0".join([reference, *test.findings, *test.patients]).encode())
    digest.update(truth.nan_to_num(nan=-1.0).numpy().tobytes())
    return digest.hexdigest()
