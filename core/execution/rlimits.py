"""Resource limits of a process, set before any of its program runs. Standard library only."""

import math
import resource


def apply(
    *,
    cpu_seconds: float,
    memory_mb: int | None,
    file_bytes: int,
    open_files: int,
    processes: int | None,
) -> None:
    """Set soft and hard limits alike, so that they cannot be raised again.

    Args:
        cpu_seconds: the kernel counts whole seconds, so this is the backstop of a finer clock.
        memory_mb: address space in MiB; None where a runtime reserves more than it uses.
        file_bytes: the size of one file.
        open_files: descriptors.
        processes: threads and processes of this user in this namespace; None: not set.

    Raises:
        OSError, ValueError: the system refuses.
    """
    seconds = math.ceil(cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_NOFILE, open_files)
    if memory_mb is not None:
        _lower(resource.RLIMIT_AS, memory_mb << 20)
    if processes is not None:
        _lower(resource.RLIMIT_NPROC, processes)


def _lower(which: int, value: int) -> None:
    """At most ``value``, and never above what is allowed already."""
    hard = resource.getrlimit(which)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (bound, bound))
