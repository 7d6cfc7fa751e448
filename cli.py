"""The command line: it parses, calls core and prints. Nothing slow is imported at the top."""

import click

from suite import __version__


@click.group()
@click.version_option(__version__, prog_name="suite")
def main() -> None:
    """Fine-tune generative models against rewards that can be checked."""


if __name__ == "__main__":
    main()
