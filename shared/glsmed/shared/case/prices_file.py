"""The file prices.yaml: writing it once, with comments and made-up numbers."""

from pathlib import Path

from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text

PRICES_TEMPLATE = """\
# Volumes and prices for the case for management. Every number below is made up: put in your own.
# A share is between 0 and 1. Costs are of one currency, without separators: 12000.

currency: EUR
examinations_per_year: 20000    # that the model would see
sites: {}                       # at the centre: {st-mary: 20000, sakura: 35000}; a hospital leaves this empty
years: 3                        # one-off costs and labels are spread over so many years
factor: 2                       # each price is divided and multiplied by this to see what it changes

reading:
  minutes_per_examination: 3
  minutes_per_alert: 0.5        # looking again where the model raised an alert
  minutes_saved_when_quiet: 0   # on an examination without any alert; 0: all are read as before
  cost_per_minute: 2.5

misses:
  missed_without_model: 0.1     # share of the present findings that readers miss today
  found_by_alert: 0.5           # share of these that are found where there is an alert
  cost_per_miss: 400            # on average over all misses, most of which do no harm
  cost_per_false_alert: 3       # beyond the minutes: further examinations

labelling:
  labels: 1000                  # one label: one finding of one examination
  minutes_per_label: 0.3

models:                         # beside labels
  local: {one_off: 15000, per_year: 6000}
  federated: {one_off: 10000, per_year: 8000}

findings: {}                    # where a finding differs from `misses`, and how common it is if you have counted:
#  pneumothorax: {cost_per_miss: 4000, missed_without_model: 0.05, prevalence: {present: 31, of: 2000}}

wanted:                         # how narrow 95 % intervals should be, as half their width
  sensitivity: 0.05
  auroc: 0.03
  calibration_slope: 0.2
  observed_over_expected: 0.2   # 0.2: up to 1.2 times as many or as few
"""


def write_prices(path: Path) -> None:
    """Write a commented prices.yaml to fill in.

    Raises:
        UsageError: there is a file already, or the folder is missing.
    """
    if path.exists():
        raise UsageError(f"{path} exists already: edit it, or choose another name with --prices")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: expected a folder {path.parent}, got none: make it first")
    write_text(path, PRICES_TEMPLATE)
