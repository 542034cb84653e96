"""CSV files that people write: rows with their line numbers, and every fault where the file is not such a table."""

from collections.abc import Sequence
from pathlib import Path

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.inputs.tables.table import Row, read_table

__all__ = ["Row", "read_csv"]


def read_csv(path: Path, *, required: Sequence[str], optional: Sequence[str] = ()) -> Sequence[tuple[int, Row]]:
    """Rows with the lines where they begin, values stripped; extra columns are kept, blank rows left out.

    Raises:
        ConfigurationError: the file is missing, in no encoding that can be told, empty, its header does not fit, or
            rows are broken: every one is named.
    """
    table = read_table(path, required=required, optional=optional)
    if table.faults:
        raise ConfigurationError(table.faults)
    return table.rows
