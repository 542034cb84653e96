"""``glsmed-benchmark``: measurements that anybody can repeat; each command is a file in ``commands``.

The commands import what they need when they run, so that ``--help`` need not wait for torch.
"""

import typer

from glsmed.benchmarks.commands.build import build
from glsmed.benchmarks.commands.check import check
from glsmed.benchmarks.commands.device import device
from glsmed.benchmarks.commands.federation import federation
from glsmed.benchmarks.commands.fine_tuning import fine_tuning
from glsmed.benchmarks.commands.gold.labelling import labelling
from glsmed.benchmarks.commands.language import language
from glsmed.benchmarks.commands.methods import methods
from glsmed.benchmarks.commands.real_data.dataset import dataset
from glsmed.benchmarks.commands.real_data.real import real
from glsmed.benchmarks.commands.rounds import rounds
from glsmed.benchmarks.commands.security.attacks import attacks
from glsmed.benchmarks.commands.security.privacy import privacy
from glsmed.benchmarks.commands.strategies import strategies
from glsmed.benchmarks.commands.training import training
from glsmed.shared.processes.command_line import run_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", pretty_exceptions_enable=False
)


@app.callback()
def benchmark() -> None:
    """Measure what the parts of glsmed are worth.

    **Examples**

    - `glsmed-benchmark methods --quick --out runs/methods` compares ways of learning from doubt in three minutes
    - `glsmed-benchmark language --out runs/language.json` measures reading on public corpora, and what is required
    - `glsmed-benchmark strategies --out runs/strategies` compares ways of averaging and of local training
    - `glsmed-benchmark fine-tuning --out runs/fine-tuning` measures how a study should tune the weights it starts from
    - `glsmed-benchmark attacks --out runs/attacks` measures what a dishonest centre reads from a hospital
    - `glsmed-benchmark real --data my-data --out runs/real` judges ways of learning by real examinations
    - `glsmed-benchmark labelling --out runs/labelling` counts the labels that choosing them for worth saves
    - `glsmed-benchmark privacy --out runs/privacy` measures what each epsilon costs a hospital
    - `glsmed-benchmark build --out my-data` writes simulated hospitals as a data set that others can use
    """


for command in (
    methods,
    strategies,
    fine_tuning,
    federation,
    language,
    training,
    device,
    check,
    rounds,
    build,
    dataset,
    real,
    attacks,
    labelling,
    privacy,
):
    app.command(command.__name__.replace("_", "-"))(command)


def main() -> None:
    """Entry point of ``glsmed-benchmark``."""
    run_command(app)
