"""All programs, and the categories that each must have two of."""

import collections
from collections.abc import Iterable

from suite.tests.attacks.attack import Attack
from suite.tests.attacks.programs import (
    controls,
    descriptors,
    endings,
    exhaustion,
    files,
    floods,
    forgery,
    introspection,
    javascript,
    kernel,
    memory_and_secrets,
    network,
    objects,
    patching,
    processes,
    results,
    signals,
    sources,
    surroundings,
)

MODULES = (
    controls,
    objects,
    results,
    introspection,
    patching,
    forgery,
    descriptors,
    endings,
    exhaustion,
    floods,
    processes,
    signals,
    files,
    network,
    memory_and_secrets,
    kernel,
    surroundings,
    sources,
    javascript,
)
CORPUS: tuple[Attack, ...] = tuple(attack for module in MODULES for attack in module.PROGRAMS)

# What published execution guards were found to let through or to refuse.
KNOWN_CATEGORIES = (
    "correct",
    "wrong",
    "empty",
    "always_equal",
    "frame_read",
    "frame_write_exit",
    "gc_hunt",
    "self_exit",
    "hang",
    "handler_removed",
    "allocation",
    "recursion",
    "patched_comparators",
    "printed_verdict",
    "stdout_flood",
    "fork",
    "survivor",
    "write_outside",
    "udp_socket",
    "unparseable",
    "lone_surrogate",
    "nan",
    "stdin_stdout",
)
# What they were not tried with.
FURTHER_CATEGORIES = (
    "pickle_payload",
    "huge_result",
    "mutated_arguments",
    "time_patched",
    "signal_storm",
    "disk_fill",
    "env_tokens",
    "hard_coded",
    "stateful",
    "negative_zero",
    "generator",
    "cleaner_trap",
    "shadowed_modules",
    "sitecustomize",
)


def by_category(attacks: Iterable[Attack] = CORPUS) -> dict[str, int]:
    """Number of programs in each category."""
    return dict(collections.Counter(attack.category for attack in attacks))
