"""The command line: it parses, calls core and prints. Nothing slow is imported at the top."""

import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from suite import __version__
from suite.core.commands import bench, claim
from suite.core.errors import SuiteError, unknown_name

EXIT_USER, EXIT_OURS = 2, 1


class _Group(click.Group):
    """Prints a SuiteError as one message and exits with 2; anything else is ours: 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SuiteError as error:
            if ctx.params.get("debug") and error.__cause__ is not None:
                traceback.print_exception(error.__cause__)
            click.echo(str(error), err=True)
            ctx.exit(EXIT_USER)
        except KeyboardInterrupt:
            click.echo("\nstopped; `suite resume` goes on from the last checkpoint", err=True)
            ctx.exit(130)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise  # click ends quietly where the reader of a pipe has gone
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            line = f"{type(error).__name__}: {error}"
            where = "a run's log.txt, or `suite --debug`, has the traceback"
            click.echo(f"internal error: {' '.join(line.split())} ({where})", err=True)
            ctx.exit(EXIT_OURS)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            step = "Run `suite --help`."
            click.echo(
                str(unknown_name("command", args[0], self.commands, next_step=step)), err=True
            )
            ctx.exit(EXIT_USER)
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="suite")
@click.option("--debug", is_flag=True, help="Show tracebacks of internal errors.")
@click.option("--local", metavar="PATH", help="Use a suite_local.py: the file, or its folder.")
@click.pass_context
def main(context: click.Context, debug: bool, local: str | None) -> None:
    """Fine-tune generative models against rewards that can be checked."""
    context.obj = local
    if local is not None:
        from suite.core import registry

        registry.use_local(Path(local))


# --- running ------------------------------------------------------------------------------------


@main.command()
@click.option("--domain", help="Run the domain's default task.")
@click.option("--task", help="Run this task.")
@click.option("--algo", help="Algorithm or preset; the task's default otherwise.")
@click.option("--policy", help="tiny, a plugin's name, NAME:FOLDER, or run:FOLDER.")
@click.option("--sampler", help="Learn from a sampler's draws (off-policy algorithms).")
@click.option(
    "--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="One setting."
)
@click.option("--config", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--seed", type=int, help="Everything random depends on it (default 0).")
@click.option("--seeds", help="Several runs: 0-4 or 0,3,5.")
@click.option("--out", type=click.Path(path_type=Path), help="The run's folder.")
@click.option("--data", help="The task's data file.")
@click.option("--device", help="cpu, cuda, cuda:1 (default cpu).")
@click.option("--precision", help="fp32 or bf16 (default fp32).")
@click.option(
    "--processes", type=click.IntRange(min=1), help="Processes on this machine (default 1)."
)
@click.option("--max-reward-calls", type=click.IntRange(min=1), help="Stop before exceeding this.")
@click.option("--reward", help="A reward's name, or file.py:function that scores texts.")
@click.option("--reward-cmd", help="A command: JSON strings in, numbers out, one a line.")
@click.option("--tracker", help="Tell a plugin's tracker the numbers too: `suite list trackers`.")
@click.option("--fix", help="Positions that keep the template's letters: 1-10,45.")
@click.option("--controls/--no-controls", default=None, help="Run the four controls (default yes).")
@click.option(
    "--dry-run", is_flag=True, help="Show the resolved config and an estimate, run nothing."
)
@click.pass_obj
def run(
    local: str | None,
    /,
    assignments: tuple[str, ...],
    seeds: str | None,
    out: Path | None,
    dry_run: bool,
    **options: Any,
) -> None:
    """Fine-tune a policy against a task's reward."""
    from suite.core.api import default_folder, run_config
    from suite.core.config import Request, resolve_request
    from suite.core.console import print_outcome, progress_for_output
    from suite.core.seeds import parse_seeds, run_seeds
    from suite.core.toml import parse_assignment

    settings = dict(parse_assignment(text) for text in assignments)
    request = Request(settings=settings, local=local, **options)
    if seeds is not None and request.seed is not None:
        raise SuiteError("both --seed and --seeds were given.\nKeep one of them.")
    if dry_run:
        from suite.core.dry_run import describe

        click.echo(describe(resolve_request(request)))
        return
    if seeds is None:
        config = resolve_request(request)
        with progress_for_output() as console:
            outcome = run_config(config, out or default_folder(config), console)
        print_outcome(outcome, click.echo)
        return
    with progress_for_output() as console:
        outcomes = run_seeds(request, parse_seeds(seeds), out, console)
    for outcome in outcomes:
        print_outcome(outcome, click.echo)
    if len(outcomes) > 1:
        _echo_comparison([outcome.folder for outcome in outcomes])


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def resume(folder: Path) -> None:
    """Go on with an interrupted run, exactly where it stood."""
    from suite.core.api import resume as go_on
    from suite.core.console import print_outcome, progress_for_output

    with progress_for_output() as console:
        outcome = go_on(folder, progress=console)
    print_outcome(outcome, click.echo)


@main.command(name="eval")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--num-samples", type=click.IntRange(min=2), default=256, show_default=True)
@click.option("--base", is_flag=True, help="Measure the base policy instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(folder: Path, num_samples: int, base: bool, as_json: bool) -> None:
    """Measure a run's policy on the held-out contexts."""
    from suite.core.api import evaluate as measure
    from suite.core.console import numbers_table

    numbers = measure(folder, num_samples=num_samples, base=base)
    if as_json:
        import json

        click.echo(json.dumps(numbers))
    else:
        click.echo(numbers_table(numbers))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--num-samples", "-n", type=click.IntRange(min=1), default=16, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--sampler", help="Draw through a sampler: `suite list samplers`.")
@click.option("--set", "assignments", multiple=True, metavar="sampler.KEY=VALUE")
@click.option("--select", type=click.IntRange(min=1), help="Keep a diverse, high-scoring batch.")
@click.option("--fasta", type=click.Path(path_type=Path), help="Write a FASTA file.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write a CSV table.")
def sample(
    folder: Path, num_samples: int, seed: int, sampler: str | None, assignments: tuple[str, ...],
    select: int | None, fasta: Path | None, csv_file: Path | None,
) -> None:  # fmt: skip
    """Draw fresh samples of a run's policy, with their scores."""
    from suite.core.api import sample as draw
    from suite.core.designs import sample_table, select_rows, write_csv, write_fasta
    from suite.core.sampling import sampler_settings

    settings = sampler_settings(assignments, sampler)
    rows: Sequence[Mapping[str, Any]] = draw(
        folder, num_samples=num_samples, seed=seed, sampler=sampler, settings=settings
    )
    if select is not None:
        rows = select_rows(rows, select)
    if fasta is not None:
        write_fasta(rows, fasta)
    if csv_file is not None:
        write_csv(rows, csv_file)
    click.echo(sample_table(rows))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--base", is_flag=True, help="Write the base policy instead.")
def export(run: Path, folder: Path, base: bool) -> None:
    """Write a run's policy to FOLDER, in its family's own format."""
    from suite.core.api import export as write

    name = write(run, folder, base=base)
    click.echo(f"wrote {folder}; learn on from it: --policy {name}")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def report(folder: Path) -> None:
    """Write a run's report.html again."""
    from suite.core.report import write_report

    click.echo(write_report(folder))


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--html", type=click.Path(path_type=Path), help="Write a page too.")
def compare(folders: tuple[Path, ...], html: Path | None) -> None:
    """Set runs of one task side by side; seeds are paired."""
    _echo_comparison(list(folders))
    if html is not None:
        from suite.core.report import write_comparison

        click.echo(write_comparison(list(folders), html))


def _echo_comparison(folders: list[Path]) -> None:
    from suite.core.report.compare import compare_runs
    from suite.core.report.compare_page import as_text

    click.echo(as_text(compare_runs(folders)))


# --- looking ------------------------------------------------------------------------------------


@main.command(name="list")
@click.argument("kind", required=False)
def list_(kind: str | None) -> None:
    """Domains, tasks, algorithms, policies ... with one line each."""
    from suite.core import listing

    click.echo(listing.text(kind))


@main.command()
@click.argument("name")
def show(name: str) -> None:
    """Everything about one name: settings, source, departures."""
    from suite.core.show import show as describe

    click.echo(describe(name))


@main.command()
def matrix() -> None:
    """Which algorithm runs on which policy family, and what is missing where it does not."""
    from suite.core.matrix import aligned, cells, table

    click.echo(aligned(table(cells())))


@main.command()
@click.argument("name")
@click.option("--data", help="A data file of the task or the reward.")
@click.option("--set", "assignments", multiple=True, metavar="reward.KEY=VALUE")
def audit(name: str, data: str | None, assignments: tuple[str, ...]) -> None:
    """Check a task's rewards, or a reward that judges texts.

    Known scores, golds, hacks, determinism, bounds, latency.
    """
    from suite.core.audit import audit as check
    from suite.core.toml import parse_assignment

    given = dict(map(parse_assignment, assignments))
    foreign = [key for key in given if not key.startswith("reward.")]
    if foreign:
        raise SuiteError(
            f"--set {foreign[0]} would not be read: `suite audit` takes settings of a reward "
            "alone.\nExample: --set reward.workers=1."
        )
    settings = {key.removeprefix("reward."): value for key, value in given.items()}
    rows = check(name, data=data, settings=settings)
    for row in rows:
        click.echo(f"{'ok  ' if row.ok else 'FAIL'}  {row.check}: {row.detail}")
    if not all(row.ok for row in rows):
        sys.exit(EXIT_OURS)


@main.command()
def doctor() -> None:
    """What this machine offers."""
    from suite.core.doctor import doctor as probe
    from suite.core.matrix import aligned

    click.echo(aligned([list(row) for row in probe()]))


# --- plugins, cache, and what was measured --------------------------------------------------------


@main.group()
def plugins() -> None:
    """Plugins: list them, write a new one, check one."""


@plugins.command(name="list")
def plugins_list() -> None:
    """Every plugin package, and the broken ones with their errors."""
    from suite.core.plugin_commands import list_plugins

    click.echo(list_plugins())


@plugins.command(name="new")
@click.argument("name")
@click.option("--path", type=click.Path(path_type=Path), default=Path(), help="Where to write it.")
def plugins_new(name: str, path: Path) -> None:
    """Write a working plugin package with tests that pass."""
    from suite.core.plugin_commands import new_plugin

    click.echo(new_plugin(name, path))


@plugins.command(name="check")
@click.argument("distribution")
def plugins_check(distribution: str) -> None:
    """Run the conformance kit on everything that a distribution provides."""
    from suite.core.plugin_commands import check_plugin

    text, ok = check_plugin(distribution)
    click.echo(text)
    if not ok:
        sys.exit(EXIT_OURS)


@main.group()
def cache() -> None:
    """Trained bases kept between runs."""


@cache.command(name="list")
def cache_list() -> None:
    """What is in the cache."""
    from suite.core.cache import text

    click.echo(text())


@cache.command(name="clear")
def cache_clear() -> None:
    """Remove every cached base."""
    from suite.core.cache import clear

    click.echo(f"removed {clear()} entries")


main.add_command(claim)
main.add_command(bench)


def entry_point(arguments: Sequence[str] | None = None) -> None:
    """Run the command line in this process."""
    main(args=None if arguments is None else list(arguments), prog_name="suite")


if __name__ == "__main__":
    entry_point()
