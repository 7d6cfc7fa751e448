"""Which estimator runs on which policy family: read from manifests, nothing is imported."""

from dataclasses import dataclass

from suite.core import registry
from suite.core.catalog import fact_names


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One estimator on one policy.

    Attributes:
        algorithm, policy: names; missing: capabilities that the policy lacks (empty: it runs).
    """

    algorithm: str
    policy: str
    missing: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether the policy answers all that the estimator asks."""
        return not self.missing


def cells() -> list[Cell]:
    """Every estimator x policy, in listing order; without policies that state no capabilities."""
    policies = [e for e in registry.entries("policy") if e.facts.get("capabilities")]
    found = []
    for algorithm in registry.entries("algorithm"):
        asked = fact_names(algorithm, "requires", ("samples",))
        for policy in policies:
            has = fact_names(policy, "capabilities", ())
            missing = tuple(sorted(asked - has))
            found.append(Cell(algorithm=algorithm.name, policy=policy.name, missing=missing))
    return found


def table(found: list[Cell]) -> list[list[str]]:
    """Header row, then one row an estimator: "yes", or what is missing."""
    policies = list(dict.fromkeys(cell.policy for cell in found))
    rows = [["algorithm", *policies]]
    for algorithm in dict.fromkeys(cell.algorithm for cell in found):
        mine = {cell.policy: cell for cell in found if cell.algorithm == algorithm}
        marks = ["yes" if mine[p].runs else "no " + "+".join(mine[p].missing) for p in policies]
        rows.append([algorithm, *marks])
    return rows


def aligned(rows: list[list[str]]) -> str:
    """Rows as text columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
