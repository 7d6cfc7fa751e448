"""What one query may cost. Light: workers load it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class QueryLimits:
    """Limits of one query on one database.

    Attributes:
        cpu_seconds: of computing; rows, bytes: of the result (bytes of text and blobs);
        heap_bytes: of an engine's memory, in a whole worker.
    """

    cpu_seconds: float = 1.0
    rows: int = 20_000
    bytes: int = 2_000_000
    heap_bytes: int = 128 << 20

    @property
    def told(self) -> str:
        """For messages."""
        return f"{self.rows} rows or {self.bytes} bytes"
