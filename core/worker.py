"""One of several processes of a run; started by a launcher, on a folder that is prepared."""

import sys
from pathlib import Path

from suite.core.errors import SuiteError
from suite.core.execute import work
from suite.core.progress import Silent


def main() -> int:
    """Work on the folder named on the command line; the exit code says how it ended."""
    try:
        work(Path(sys.argv[1]), Silent())
    except SuiteError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
