"""One of several processes of a run; started by a launcher, on a folder that is prepared."""

import sys
from pathlib import Path

from suite.core.errors import SuiteError
from suite.core.execute import work
from suite.core.progress import Silent

USER = 2  # the exit code of what the user must mend; a traceback's is 1
REASON = "suite.core.worker: stopped, because"  # above the message that ends a log


def main() -> int:
    """Work on the folder named on the command line; the exit code says how it ended."""
    try:
        work(Path(sys.argv[1]), Silent())
    except SuiteError as error:
        sys.stderr.write(f"{REASON}\n{error}\n")
        return USER
    return 0


if __name__ == "__main__":
    sys.exit(main())
