"""The groups ``suite claim`` and ``suite bench``; slow imports wait inside functions."""

import click


@click.group()
def claim() -> None:
    """Published claims, measured against the baselines they name."""


@claim.command(name="list")
def claim_list() -> None:
    """Claims and their verdicts from stored cells."""
    from suite.core.claims import list_claims

    click.echo(list_claims())


@claim.command(name="show")
@click.argument("name")
def claim_show(name: str) -> None:
    """One claim: statement, arms, cells, verdict."""
    from suite.core.claims import show_claim

    click.echo(show_claim(name))


@claim.command(name="run")
@click.argument("name")
def claim_run(name: str) -> None:
    """Measure a claim; only stale cells are computed."""
    from suite.core.claims import run_claim_by_name
    from suite.core.console import progress_for_output

    with progress_for_output() as console:
        text = run_claim_by_name(name, progress=console)
    click.echo(text)


@click.group()
def bench() -> None:
    """Tables of what was measured here."""


@bench.command(name="quick")
@click.argument("domains", nargs=-1)
@click.option("--run", "measure_stale", is_flag=True, help="Measure what is missing or stale.")
def bench_quick(domains: tuple[str, ...], measure_stale: bool) -> None:
    """Every domain's default method beside its four controls, three seeds, from stored runs."""
    from suite.core.bench import measure, quick_table
    from suite.core.console import progress_for_output

    if measure_stale:
        with progress_for_output() as console:
            measure(domains, console)
    click.echo(quick_table(domains))
