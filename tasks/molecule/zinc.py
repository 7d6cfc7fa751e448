"""Drug-like molecules as SMILES strings; the base learns from a file of them (ZINC by default)."""

from dataclasses import replace

from suite.core.task import DATA, Use
from suite.tasks.molecule.strings import NUM_SYMBOLS
from suite.tasks.molecule.strings import TASK as STRINGS

LENGTH = 64

TASK = replace(
    STRINGS,
    name="molecule/zinc",
    summary="Drug-like molecules as SMILES strings of at most 64 symbols, from a file of them.",
    contexts=Use("molecule/strings", length=LENGTH, data=DATA),
    policy=Use(
        "gflownet/string", letters=NUM_SYMBOLS, length=LENGTH, shortest=1, width=256, layers=1
    ),
    codec=Use("molecule/smiles", length=LENGTH),
    metrics=(Use("molecule/string_statistics", length=LENGTH, data=DATA),),
    data="molecules/zinc250k_test.txt.gz",
    base={**(STRINGS.base or {}), "num_steps": 600},
)
