import pytest

from .stand_ins import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The study's certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))
