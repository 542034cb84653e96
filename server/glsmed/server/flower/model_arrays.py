"""Arrays of a message whose bytes lie in files."""

from pathlib import Path

from flwr.app import Array


class FileArray(Array):
    """An array whose bytes lie in a stretch of a file."""

    __qualname__ = "Array"

    def __init__(self, path: Path, *, offset: int, nbytes: int, dtype: str, shape: tuple[int, ...], stype: str) -> None:
        self.path, self.offset, self.nbytes = path, offset, nbytes
        super().__init__(dtype, shape, stype, b"")

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from ``start`` to before ``stop``."""
        with self.path.open("rb") as source:
            source.seek(self.offset + start)
            return source.read(min(stop, self.nbytes) - start)

    def __getattribute__(self, name: str) -> object:
        if name == "data":
            return self.read(0, self.nbytes)
        return super().__getattribute__(name)
