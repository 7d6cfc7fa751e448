"""L3: the launcher of L2, inside bubblewrap.

One bubblewrap a launcher and not one a program: a bubblewrap costs 20 ms or more, and the program
inside already gets its own pid namespace, Landlock rules and filter. What bubblewrap adds is a
second, independent wall round the launcher itself: it sees the interpreter's and the system's
folders read-only, an empty /tmp, its own /proc, no network, and is killed with the verifier.
"""

import os
import shutil
from collections.abc import Iterable

from suite.core.execution.namespaces import outermost

BASE = "/base"  # an empty folder inside, for the launcher to build its root on


def command(read: Iterable[str]) -> list[str]:
    """The words before the interpreter's.

    Args:
        read: paths to show, at their own places; those that do not exist are left out.

    Raises:
        OSError: bubblewrap is not installed.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bubblewrap is not installed (`apt-get install bubblewrap`)")
    words = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--uid", "1000", "--gid", "1000"]
    words += ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", BASE]
    for path in outermost(read):
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        else:
            words += ["--ro-bind", path, path]
    return words
