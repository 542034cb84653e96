"""Which column of a table is what: a YAML file beside the table of a published data set."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from glsmed.shared.files.documents import StrictModel, load


class TableColumns(StrictModel):
    """How the rows of a table become examinations."""

    findings: Annotated[dict[str, str], Field(min_length=1, description="finding: column with 0, 1 or nothing")]
    study: Annotated[str, Field(description="column that names the examination")]
    patient: Annotated[str, Field(description="column that names the patient")]
    image: Annotated[str, Field(description="column with the image's path, from the table's folder")]
    site: Annotated[str, Field(description="column that names the hospital, scanner or system; blank for one hospital")]
    report: Annotated[str, Field(description="the report's text, with columns in braces")]
    replace: Annotated[dict[str, str], Field(default_factory=dict, description="what stands for what in a value")]
    unmentioned_probability: Annotated[
        float | None, Field(gt=0, lt=0.5, description="of a finding that the report does not mention; null: masked")
    ] = None
    adapter: Annotated[str, Field(description="name of a built-in adapter, or a path from this file")]
    origin: Annotated[str, Field(description="where the data come from, and their licence")]


def read_columns(path: Path) -> TableColumns:
    """The columns.

    Raises:
        ConfigurationError: with every fault, by its line.
    """
    return load(path, TableColumns)
