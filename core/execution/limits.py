"""What one program may use: the numbers behind the verdicts timeout, oom and flood."""

import math
from dataclasses import dataclass, fields

from suite.core.errors import SuiteError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one launch of one program; every one must be above zero.

    Attributes:
        cpu_seconds: CPU time of all its threads, which decides under load; seconds.
        wall_seconds: time from launch to answer, for programs that sleep; seconds.
        memory_mb: address space, and heap where a language has no use for that limit; MiB.
        output_bytes: what it may print, and each result that it may return; bytes.
        file_bytes: one file, and all files of its private folder at L2 and above; bytes.
        open_files: file descriptors at once.
        processes: threads at once (at L1 and above Python has no other processes).
    """

    cpu_seconds: float = 2.0
    wall_seconds: float = 10.0
    memory_mb: int = 512
    output_bytes: int = 1 << 20
    file_bytes: int = 16 << 20
    open_files: int = 64
    processes: int = 64

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            whole = one.type is int or one.type == "int"
            if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
                kind = "a whole number" if whole else "a number"
                raise SuiteError(
                    f"limit {one.name} = {value!r}: it must be {kind} above zero.\n"
                    f"The default is {one.default}."
                )
            if not (math.isfinite(value) and value > 0):
                raise SuiteError(
                    f"limit {one.name} = {value!r}: a program needs more than zero of it, and a "
                    f"number that ends.\nThe default is {one.default}."
                )
