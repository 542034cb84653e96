"""The commented study.yaml that ``flwr-server init`` writes; configs/study.yaml is the same with example values."""

from collections.abc import Sequence

from glsmed.shared.privacy.planning import Plan
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import TrainingSection

_DEFAULT_MODEL = ModelSection()
_DEFAULTS = TrainingSection()

_TEMPLATE = """\
# A glsmed study: what the centre and every hospital agree on. Every key: docs/configuration.md.
# Send this file to the hospitals before they enroll. After any change except to `centre`, their approved copies
# no longer match: they have to approve and enroll again.

study: {name}

# Findings to learn, in the order of the model's outputs. A finding that a site's adapter does not know is masked there.
findings:
  - effusion
  - cardiomegaly
  - nodule
  - consolidation
  - pneumothorax

intended_use: null              # for the model card: what the model is for, who uses it and on whom

model:
  architecture: {architecture}        # resnet10_x0_25 | resnet10 | resnet18 | resnet50 | densenet121 | timm/NAME
  image_size_px: 224            # up to 1024
  initial_weights: {weights}         # null: random; or {{file: …, sha256: …, licence: …}}: init --weights
  calibration_map: platt        # off | temperature | platt | isotonic | auto: output calibration, fitted at each site

labels:
  unmentioned: masked           # masked: not learned from | absent: taken as absent with unmentioned_probability
  unmentioned_probability: 0.02
  shared_calibration: false     # counts per cue (egress.cue_counts) give all sites a prior; no text leaves
  gold_as_labels: true          # train on the gold labels of training patients as certain labels
  spread_weights: false         # weight a cell by how certain the meaning of its words is
  image_share: 0.75             # without gold: how far targets move from words to words and image; 0: they stay
  negative_rates: off           # off | gated: rates below 0 where a site's held-out gold shows a gain

training:
  rounds: {rounds}
  steps_per_round: {steps}          # gradient steps at each site in each round
  batch_size: {batch}
  optimizer: adamw              # adamw | sgd
  learning_rate: 3e-4
  weight_decay: 1e-4
  momentum: 0.9                 # sgd only
  mixed_precision: auto         # auto: bf16 on a GPU that supports it | off
  proximal_mu: 0                # FedProx: pull to the round's model; 0: none, 0.01 is usual
  local_layers: none            # none | norm | head | norm_and_head: kept at each site, never sent
  control_variates: false       # SCAFFOLD; needs optimizer: sgd and momentum: 0
  personal_model_mu: null       # Ditto: a model of each site's own, pulled to the shared one; null: none, 0.1 is usual
  fine_tuning:                  # for a study that starts from initial_weights; docs/learning.md
    frozen_rounds: 0            # first rounds in which only the last layer is trained
    layer_decay: 1              # learning rate of each layer over that of the next; 1: all alike, 0.7 is usual
    schedule: constant          # constant | cosine: learning rate over the rounds
    average_decay: 0            # moving average of a round's weights; 0: none, 0.98 is usual with 100 steps
  site_offset: {site_offset}             # base-rate offset: added to the logits at that site; never leaves it
  seed: 0
  augmentation:                 # 0 or false switches one off
    rotation_degrees: 5
    translation_fraction: 0.03
    scale_fraction: 0.05
    contrast_fraction: 0.1
    horizontal_flip: false      # a mirrored heart is another finding
  privacy:                      # differential privacy, the patient as the unit; site_offset costs one more step
    noise_multiplier: {noise}         # 0: off; init --private plans it for an epsilon
    clip_norm_l2: 1.0
    patient_images: one         # one | all: which images of a drawn patient count in a step; docs/privacy.md
    delta: 1e-5
    max_epsilon: {max_epsilon}              # a site refuses a round that would exceed this
    metrics_epsilon: {metrics_epsilon}          # final metrics out of noisy counts, for so much; 0: no metric leaves

federation:
  quorum: 2                     # sites whose updates a round needs; with fewer, the round is tried again
  round_deadline_minutes: 60    # a site that has not replied by then is late
  min_training_cells: 1
  max_cells_per_site: 10000000  # an update that claims more is refused
  max_update_norm: null         # L2 norm; an update that changes the model by more is refused
  max_norm_ratio: 3             # of the round's median norm; an update beyond it is refused; null: no bound
  max_round_change: 1.5         # a site refuses models farther than this from its last, in its own updates' lengths
  precision: fp32               # fp32 | bf16 | int8: bits of each weight on the wire
  late_updates: refuse          # refuse | discount: what becomes of an update that arrives in a later round
  failures_before_pause: 3      # rounds in a row without a counted update after which a site is set aside
  pause_rounds: 3               # rounds for which it is then not asked
  cross_site_evaluation: false  # true: at the end, sites measure the models of those that allow it
  secure_aggregation: auto      # auto | on | off: the centre sees only sums of three or more sites; needs roster.yaml
  summed_metrics: false         # true: metrics of a model leave in such sums only; needs secure_aggregation: on
  choose_by: log_loss           # log_loss | composite: what the best round is chosen by, on validation patients
  composite:                    # weights of the composite score; lower is better
    false_alerts: 1             # share of absent findings that raise an alert
    misses: 1                   # share of present findings that raise none
    calibration: 1              # calibration error
    rare_findings: {{}}           # {{pneumothorax: 3}}: counts three times
  aggregation:
    rule: mean                  # mean | normalized_mean | norm_bounded_mean | trimmed_mean | median
    weights: cells              # cells | patients | gold_quality: what a site counts by
    least_quality_factor: 0.5   # gold_quality: how often a site's cells count, at least and at most
    most_quality_factor: 2
    norm_bound: null            # norm_bounded_mean: L2 norm; null: the median of the round's norms
    max_site_share: 0.5         # of the mean, from three updates on: what one site counts at most; 1: no cap
    trimmed_sites: 1            # trimmed_mean: sites left out at either end
  server_optimizer:
    kind: off                   # off | momentum | adam | yogi
    learning_rate: null         # null: 1 for momentum, 0.01 for adam and yogi
    momentum: 0.9
    second_momentum: 0.99       # adam and yogi
    adaptivity: 1e-3            # adam and yogi

# Where the centre listens; the hospitals do not approve this part.
centre:
  host: 0.0.0.0
  port: {port}
  loopback_port: {loopback_port}          # this machine only
  public_names:                 # names or addresses that hospitals connect to; part of the certificate
{public_names}
  metrics_port: null            # Prometheus metrics at http://127.0.0.1:PORT/metrics; null: none
  tensorboard: false            # true: curves in run/tensorboard; pip install 'glsmed[tensorboard]'
  mlflow_tracking_uri: null     # MLflow server for the curves; pip install 'glsmed[mlflow]'
  keep_every: 10                # the checkpoint of every so many rounds is kept, beside the best and the last
"""


def study_template(
    name: str,
    *,
    public_names: Sequence[str],
    port: int = 8443,
    loopback_port: int = 8440,
    model: ModelSection = _DEFAULT_MODEL,
    private: Plan | None = None,
) -> str:
    """A commented study file with everything at its default but what is given; of the model network and weights.

    With a plan for differential privacy, its rounds, steps, batch and noise.
    """
    names = "\n".join(f"    - {name}" for name in public_names)
    weights = "null" if model.initial_weights is None else model.initial_weights.model_dump_json()  # JSON is YAML
    return _TEMPLATE.format(
        name=name,
        port=port,
        loopback_port=loopback_port,
        public_names=names,
        architecture=model.architecture,
        weights=weights,
        rounds=_DEFAULTS.rounds if private is None else private.rounds,
        steps=_DEFAULTS.steps_per_round if private is None else private.steps_per_round,
        batch=_DEFAULTS.batch_size if private is None else private.batch_size,
        site_offset="true" if private is None else "false",
        noise=0 if private is None else f"{private.noise_multiplier:g}",
        metrics_epsilon=0 if private is None else 1,
        max_epsilon=f"{_DEFAULTS.privacy.max_epsilon if private is None else private.wanted:g}",
    )
