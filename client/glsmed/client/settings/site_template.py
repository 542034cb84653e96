"""The commented config.yaml that ``glsmed-client init`` writes; configs/site-*.yaml are examples of it."""

_TEMPLATE = """\
# One hospital's own settings. Paths are relative to this file. Every key: docs/configuration.md.

site: {name}
study: study.yaml               # this site's approved copy: a round of another study is refused
roster: null                    # roster.yaml: the sites' keys, compared by telephone; then updates leave masked only

centre:
  address: "{centre_address}"
  ca_certificate: ca.crt        # as the centre sent it
  proxy: null                   # http://proxy.example.org:3128; null: HTTPS_PROXY of the environment, if it is set

key: keys/site.key              # made by `enroll`; never leaves. Beside it lies site.crt, which the centre sends

data:
  manifest: manifest.csv        # study_id,patient_id,image,report: one row per image
  adapter: {adapter}            # built-in, or this site's own adapter file
  gold: {gold}                    # study_id,finding,value, where the site has gold labels
  calibration: null             # cue calibration: glsmed-client calibrate writes it from reports and gold labels
  max_unreadable: 0.0           # share of images that may be unreadable; they are left out and counted
  modalities: [CR, DX, RG, RF]  # what the study is about; images of other modalities are named by check
  clahe: false                  # true: spread the contrast of each region of an image over the grey scale
  split: {{train: 0.7, validation: 0.15, test: 0.15, seed: 0}}   # fractions of patients

import:                         # what `import` would else be told each time; its options go before these
  images: null                  # a folder of DICOM, PNG or JPEG, or a DICOMDIR; or else:
  pacs: null                    # https://host/dicom-web, or dicom://AET@host:port
  reports: []                   # files or folders: CSV, Excel, text, HL7 v2, FHIR, DICOM SR
  report_columns: {{}}            # text: Befund, for a table whose columns are not recognised
  modalities: []                # DX, CR; empty: all
  views: []                     # PA, AP; empty: all

state_folder: state             # caches, label table, logs and audit log; readable by its owner only
device: auto                    # auto | cpu | cuda | cuda:N
devices: 1                      # number of GPUs that share each round, counted from device
compile: off                    # off | auto: on one GPU, compiled steps if they are measured to be faster
cpu_threads: null               # null: all cores
metrics_port: null              # Prometheus metrics at http://127.0.0.1:PORT/metrics; null: none
alert_sensitivity: 0.9          # predict raises an alert for this share of the present findings

# What may leave this site. Nothing does unless it is named here; everything that is sent is written to
# state/audit/audit.jsonl first (glsmed-client --site config.yaml audit verify).
egress:
  model_updates: true           # trained weights; without them the site cannot take part
  metrics: [auroc, auprc, brier, ece, log_loss, loss, counts, cohort, calibration, reasons]
  min_patients: 10              # fewest patients that a sent number may be about
  cue_counts: false
  max_runs: 2                   # query budget: requests of this many complete runs of the study are answered
  show_model_to_peers: false    # true: where the study compares, other sites may measure this site's last model
  max_peer_models: 16           # query budget: other sites' models that are measured in a run

privacy:                        # of private studies: what a patient's data may cost in all of them together
  max_epsilon_per_patient: 8    # this site's own limit, whatever a study.yaml says
  delta: 1e-5
  account: null                 # file of the account; with several studies, the same file in each config.yaml

accept_bundles: []              # sha256 of further run bundles; that of the installed release is always accepted
"""


def site_template(name: str, *, centre_address: str, adapter: str, gold: str = "null") -> str:
    """A commented site file."""
    return _TEMPLATE.format(name=name, centre_address=centre_address, adapter=adapter, gold=gold)
