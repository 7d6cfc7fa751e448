"""A run's tuned policy as a folder in its family's own format."""

from pathlib import Path

from suite.core.execute import policy_of
from suite.core.policy_files import write_whole


def export(run: Path, folder: Path, *, base: bool = False) -> str:
    """Write the policy of the run's newest good checkpoint, or its base, to a new folder.

    Returns:
        What to type after --policy.

    Raises:
        SuiteError: there is no such run, it has no checkpoint, or the folder is in use or cannot
            be written.
    """
    built, _ = policy_of(run)
    policy = built.run.base if base else built.run.policy
    use = built.fixed_use or built.policy_use
    write_whole(folder, lambda path: policy.save(path, name=use.name, settings=use.config))
    return f"{use.name}:{folder}"
