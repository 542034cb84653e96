"""The site's ClientApp with a drawn site behind it, asked in this process."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from flwr.app import Context, Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.supercore.task_identity import TaskIdentity
from structlog.testing import capture_logs

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.query_budget import RecordedAnswer
from glsmed.client.egress.site_numbers import Number
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import load_site_runtime
from glsmed.client.resident.tasks import measured_answer
from glsmed.client.settings.config import load_site
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, TrainTask, Update
from glsmed.shared.wire.packed_model import FLOAT, Arrays, Buffers, as_array, packed_bytes, packed_digest

pytestmark = pytest.mark.usefixtures("answers_about_any_model")

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 2, steps_per_round: 2, batch_size: 4}
"""
EGRESS = """cpu_threads: 1
egress: {metrics: [auroc, brier, log_loss, counts], min_patients: 2, max_runs: 1, model_updates: true}
"""
ROUNDS = 2
NORM = re.compile(r"(^|\.)(bn\d|downsample\.1)\.")  # of a ResNet of torchvision


def packed_buffers(model: Arrays) -> Buffers:
    """The model as it would be packed, whatever is wrong with it."""
    dtypes = dict.fromkeys(str(array.dtype) for array in model.values())
    own = {dtype: [array.ravel() for array in model.values() if str(array.dtype) == dtype] for dtype in dtypes}
    return {dtype: np.concatenate(arrays) for dtype, arrays in own.items()}


class Asked:
    """A site that was just started on its state folder."""

    def __init__(self, config_file: Path) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, SUPERLINK_NODE_ID, 1
        config = load_site(config_file)
        self.state = config.state_folder
        write_known_secret(config.state, 0)  # the order of studies and who is drawn are the same in every run
        self._site = load_site_runtime(config)
        self._app = build_client_app(self._site)

    def model(self, change: float) -> Arrays:
        """Another model for every number."""
        first, *rest = state_arrays(self._site.model).items()
        kept = {name: array.copy() for name, array in rest}  # training changes the model in place
        return {first[0]: np.full(first[1].shape, change, dtype=np.float32), **kept}

    def _named(self, model: Arrays | str) -> dict[str, Any]:
        """A model with its digest, or the digest alone."""
        if isinstance(model, str):
            return {"model": {}, "model_digest": model, "keep_digest": ""}
        packed = {name: as_array(values) for name, values in packed_buffers(model).items()}
        return {"model": packed, "model_digest": packed_digest(packed), "keep_digest": ""}

    def digest(self, model: Arrays) -> str:
        return str(self._named(model)["model_digest"])

    def keep_local(self, **numbers: float) -> None:
        """What ``train-local`` would leave behind."""
        answer = RecordedAnswer("gold", {f"{name}/effusion": Number(value, 9) for name, value in numbers.items()})
        record = LocalRecord(self._site.config.state, self._site.study)
        record.keep_if_best(answer, self._site.splits["test"], validation_score=0.5)

    def reply(self, model: Arrays | str, *, of_site: str = "") -> EvaluationReply:
        return decode(self.evaluate(model, of_site=of_site).content, EvaluationReply)

    def held(self) -> dict[str, bytes]:
        """The models on the site's disk."""
        files = [*self.state.glob("models/models-*/*"), *self.state.glob("models/shipped/*")]
        return {str(file.relative_to(self.state)): file.read_bytes() for file in files}

    def evaluate(
        self, model: Arrays | str, *, split: str = "test", round_number: int = 1, of_site: str = ""
    ) -> Message:
        task = EvaluateTask(
            study_digest=self._site.study.digest(),
            round=round_number,
            manifest_digest=self._site.model_manifest.digest(),
            split=split,
            of_site=of_site,
            **self._named(model),
        )
        message = Message(encode(task), 1, "evaluate", ttl=60.0, group_id="1")
        message.metadata.__dict__["_message_id"] = "request"
        return self._app(message, Context(1, 1, {}, RecordDict(), {}))

    def train(
        self, model: Arrays | str, *, round_number: int = 1, validate: bool = False, control: float | None = None
    ) -> Message:
        count = self._site.models.layout.lengths[FLOAT]
        task = TrainTask(
            study_digest=self._site.study.digest(),
            round=round_number,
            manifest_digest=self._site.model_manifest.digest(),
            validate=validate,
            control={} if control is None else {FLOAT: as_array(np.full(count, control, np.float32))},
            **self._named(model),
        )
        message = Message(encode(task), 1, "train", ttl=60.0, group_id="1")
        message.metadata.__dict__["_message_id"] = "request"
        return self._app(message, Context(1, 1, {}, RecordDict(), {}))

    def metrics(self, model: Arrays | str, *, split: str = "test", round_number: int = 1) -> Mapping[str, float]:
        reply = decode(self.evaluate(model, split=split, round_number=round_number).content, EvaluationReply)
        assert (reply.split, reply.round) == (split, round_number)
        return reply.metrics

    def audit(self) -> list[dict[str, object]]:
        lines = (self.state / "audit" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["fields"] for line in lines]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Without structlog's own pictures of tracebacks, which take a minute each."""
    with capture_logs():
        yield


@pytest.fixture(scope="session")
def loaded_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a site's cache and label table are kept once they were made."""
    return tmp_path_factory.mktemp("loaded") / "state"


@pytest.fixture
def start(write_config: Callable[..., Path], loaded_state: Path) -> Callable[[], Asked]:
    """A function that starts the site, again and again on the same state folder."""
    config = write_config(replace={"cpu_threads: 1\n": EGRESS})
    if loaded_state.is_dir():
        shutil.copytree(loaded_state, config.parent / "state")

    def run() -> Asked:
        site = Asked(config)
        if not loaded_state.is_dir():
            shutil.copytree(site.state, loaded_state)
        return site

    return run


def test_numbers_leave_with_three_decimals_and_counts_whole(start: Callable[[], Asked]) -> None:
    site = start()
    metrics = site.metrics(site.model(0.1))
    assert {"log_loss/effusion", "brier/effusion", "patients"} <= metrics.keys()
    assert all(value == round(value, 3) for value in metrics.values())
    assert metrics["patients"] == int(metrics["patients"])


def test_one_question_too_many_is_refused_by_name_and_the_site_goes_on(start: Callable[[], Asked]) -> None:
    site = start()
    for number in range(ROUNDS):
        site.metrics(site.model(number), split="validation", round_number=number + 1)
    refused = site.evaluate(site.model(ROUNDS), split="validation")
    assert refused.error.reason == "QueryBudgetError"
    assert site.audit()[-1] == {"code": "QueryBudgetError"}
    assert site.metrics(site.model(0), split="test")


def test_a_round_is_trained_again_where_it_was_lost_and_no_other_model_for_it(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    for _ in range(ROUNDS + 1):
        assert decode(site.train(model).content, Update).round == 1
    assert site.audit()[-1]["note"] == "requests left: train 1 of 2, validation 2 of 2, test 1 of 1, hello 4 of 4"
    assert decode(site.train(site.model(0.2)).content, Update).round == 1
    again = start()
    assert again.train(again.model(0.3), round_number=2).error.reason == "QueryBudgetError"
    assert decode(again.train(model).content, Update).round == 1


def test_the_same_question_after_a_restart_has_the_same_answer_and_is_not_counted(start: Callable[[], Asked]) -> None:
    first = start()
    model = first.model(0.1)
    answered = first.metrics(model, round_number=2)
    assert first.audit()[-1]["note"] == "requests left: train 2 of 2, validation 2 of 2, test 0 of 1, hello 4 of 4"
    again = start()
    assert again.metrics(model, round_number=2) == answered
    assert again.audit()[-1]["note"] == "the answer that was given before"
    assert again.evaluate(again.model(0.2)).error.reason == "QueryBudgetError"


def test_a_remembered_answer_still_passes_the_policy_of_today(
    start: Callable[[], Asked], write_config: Callable[..., Path]
) -> None:
    site = start()
    model = site.model(0.1)
    site.metrics(model)
    closer = write_config(replace={"cpu_threads: 1\n": EGRESS.replace("auroc, brier, log_loss, ", "")})
    assert set(Asked(closer).metrics(model)) == {
        key for key in site.metrics(model) if key.startswith(("n/", "positives/", "patients"))
    }


def test_a_question_that_could_not_be_answered_is_counted_and_may_be_asked_again(
    start: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = start()
    model = site.model(0.1)
    with monkeypatch.context() as broken:
        broken.setattr("glsmed.client.resident.tasks.measured_answer.evaluate", lambda *_, **__: 1 / 0)
        assert site.evaluate(model).error.reason == "ZeroDivisionError"
    assert site.evaluate(site.model(0.2)).error.reason == "QueryBudgetError"
    assert site.metrics(model)


def test_a_model_that_overflows_is_counted_and_the_site_starts_again(start: Callable[[], Asked]) -> None:
    """Its weights are finite, its logits are not: what went wrong tells something of the images."""
    site = start()
    assert site.evaluate(site.model(3e38)).error.reason == "WireError"
    again = start()
    assert again.evaluate(again.model(3e38)).error.reason == "WireError"
    assert again.evaluate(again.model(0.1)).error.reason == "QueryBudgetError"


@pytest.mark.parametrize("change", ["longer", "one more", "another type"])
def test_arrays_that_are_not_the_studys_are_refused_and_nothing_is_counted(
    start: Callable[[], Asked], change: str
) -> None:
    site = start()
    (name, array), *rest = site.model(0.1).items()
    wrong: Arrays = {
        "longer": {name: np.concatenate([array, array]), **dict(rest)},
        "one more": {name: array, **dict(rest), "extra": array},
        "another type": {name: array.astype(np.float64), **dict(rest)},
    }[change]
    assert site.evaluate(wrong).error.reason == "WireError"
    assert not list(site.state.glob("accounts/questions-*"))


def test_a_model_is_measured_as_it_came_and_trained_in_one_answer(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    update = decode(site.train(model, validate=True).content, Update)
    assert update.reference == "gold"
    assert dict(update.validation) == dict(site.metrics(model, split="validation"))
    assert update.model_digest == site.digest(model) != update.update_digest


def test_a_model_that_cannot_be_measured_is_trained_all_the_same(
    start: Callable[[], Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("only one class")

    site = start()
    monkeypatch.setattr("glsmed.client.resident.tasks.measured_answer.evaluate", fails)
    update = decode(site.train(site.model(0.1), validate=True).content, Update)
    assert (update.reference, dict(update.validation), update.steps) == ("", {}, 2)


def test_a_site_whose_policy_is_closed_measures_nothing(
    start: Callable[[], Asked], write_config: Callable[..., Path]
) -> None:
    start()
    closed = Asked(write_config(replace={"cpu_threads: 1\n": EGRESS.replace("auroc, brier, log_loss, ", "")}))
    update = decode(closed.train(closed.model(0.1), validate=True).content, Update)
    assert (update.reference, dict(update.validation)) == ("", {})


def test_a_model_that_came_once_is_known_by_its_digest_also_after_a_restart(start: Callable[[], Asked]) -> None:
    site = start()
    model = site.model(0.1)
    answered = site.metrics(model)
    assert start().metrics(site.digest(model)) == answered


def test_a_digest_that_is_not_known_asks_for_the_model(start: Callable[[], Asked]) -> None:
    assert start().train("0" * 64).error.reason == "UnknownModelError"


def test_the_first_model_of_the_study_need_not_be_sent(start: Callable[[], Asked]) -> None:
    site = start()
    first = {name: array.copy() for name, array in state_arrays(initial_model(site._site.study)).items()}
    assert decode(site.train(site.digest(first)).content, Update).round == 1


def test_layers_of_the_sites_own_stay_and_the_weight_that_the_study_asks_for_goes(
    write_config: Callable[..., Path],
) -> None:
    study = STUDY.replace("batch_size: 4", "batch_size: 4, local_layers: norm")
    study += "federation: {aggregation: {weights: gold_quality}}\n"
    site = Asked(
        write_config(study=study, replace={"cpu_threads: 1\n": EGRESS.replace("[auroc", "[gold_quality, auroc")})
    )
    shared = {name: array for name, array in site.model(0.1).items() if not NORM.search(name)}
    update = decode(site.train(shared).content, Update)
    assert packed_bytes(update.model) == sum(array.nbytes for array in shared.values())
    assert 0.5 < update.metrics["gold_quality"] <= 1


def test_another_control_variate_for_the_same_round_is_another_question(write_config: Callable[..., Path]) -> None:
    """Otherwise a centre could have a round trained again and again, each time a little otherwise."""
    study = STUDY.replace("batch_size: 4", "batch_size: 4, control_variates: true, optimizer: sgd, momentum: 0")
    site = Asked(write_config(study=study, replace={"cpu_threads: 1\n": EGRESS}))
    model = site.model(0.1)
    for _ in range(ROUNDS + 1):
        assert decode(site.train(model, control=0.1).content, Update).round == 1
    assert decode(site.train(model, control=0.2).content, Update).round == 1
    assert site.train(model, control=0.3).error.reason == "QueryBudgetError"


@pytest.fixture
def comparing(write_config: Callable[..., Path]) -> Callable[..., Asked]:
    """A function that starts a site of a study that compares; it measures at most two other sites' models."""

    def run(study: str = STUDY) -> Asked:
        text = study + "federation: {cross_site_evaluation: true}\n"
        egress = EGRESS.replace("max_runs: 1", "max_runs: 1, max_peer_models: 2")
        return Asked(write_config(study=text, replace={"cpu_threads: 1\n": egress}))

    return run


def test_another_sites_model_is_measured_and_the_sites_own_models_stay_as_they_are(
    comparing: Callable[..., Asked],
) -> None:
    site = comparing()
    site.metrics(site.model(0.1))
    before = site.held()
    assert {Path(name).parent.name for name in before} > {"shipped"}
    assert "log_loss/effusion" in site.reply(site.model(0.2), of_site="sakura").metrics
    assert site.held() == before
    note = str(site.audit()[-1]["note"])
    assert note.startswith("the model of sakura; requests left: ")
    assert note.endswith("test 0 of 1, hello 4 of 4, peer 1 of 2")


def test_another_sites_model_is_measured_as_the_global_one_would_be(
    comparing: Callable[..., Asked], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for whom it is about: patients that are drawn for each model."""
    monkeypatch.setattr(measured_answer, "drawn_rows", lambda patients, _key: torch.arange(len(patients)))
    site = comparing()
    model = site.model(0.1)
    assert site.reply(model, of_site="sakura").metrics == site.reply(model).metrics


def test_all_but_the_last_evaluation_are_about_drawn_patients(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    model = site.model(0.1)
    drawn, final = site.reply(model, of_site="sakura").metrics, site.reply(model).metrics
    assert drawn.keys() == final.keys()
    assert drawn["log_loss/effusion"] != final["log_loss/effusion"]
    assert drawn["patients"] == final["patients"]


def test_other_sites_models_end_with_their_own_budget(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    for number in (1, 2):
        site.reply(site.model(number / 10), of_site="sakura")
    assert site.evaluate(site.model(0.3), of_site="sakura").error.reason == "QueryBudgetError"
    assert site.metrics(site.model(0.3))


@pytest.mark.parametrize(
    ("request_words", "code"),
    [
        ({"of_site": "../secret"}, "MismatchError.site"),
        ({"of_site": "sakura", "split": "validation"}, "MismatchError.split"),
    ],
)
def test_a_strange_request_about_another_site_is_refused(
    comparing: Callable[..., Asked], request_words: Mapping[str, Any], code: str
) -> None:
    site = comparing()
    assert site.evaluate(site.model(0.1), **request_words).error.reason == code


def test_a_study_that_does_not_compare_has_no_other_sites_model_measured(start: Callable[[], Asked]) -> None:
    site = start()
    assert site.evaluate(site.model(0.1), of_site="sakura").error.reason == "PrivacyError"


def test_what_the_site_reached_alone_goes_with_the_final_evaluation_only(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    site.keep_local(auroc=0.75, ece=0.125)  # the policy does not name ece
    assert site.reply(site.model(0.1)).local == {"auroc/effusion": 0.75}
    assert site.reply(site.model(0.1), of_site="sakura").local == {}


def test_what_was_reached_alone_without_noise_does_not_leave_a_private_study(comparing: Callable[..., Asked]) -> None:
    private = STUDY.replace("batch_size: 4", "batch_size: 4, site_offset: false, privacy: {noise_multiplier: 1}")
    site = comparing(private)
    site.keep_local(auroc=0.75)
    assert site.reply(site.model(0.1)).local == {}


def test_a_damaged_record_of_local_training_does_not_stop_the_final_evaluation(comparing: Callable[..., Asked]) -> None:
    site = comparing()
    site.keep_local(auroc=0.75)
    next(site.state.glob("models/local-*.json")).write_text("{")
    reply = site.reply(site.model(0.1))
    assert (dict(reply.local), "log_loss/effusion" in reply.metrics) == ({}, True)
