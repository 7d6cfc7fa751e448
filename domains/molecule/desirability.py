"""What makes a molecule worth making, each as a number from 0 to 1 of one RDKit molecule."""

import importlib.util
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from rdkit import Chem, RDConfig
from rdkit.Chem import QED, rdMolDescriptors
from rdkit.Chem.FilterCatalog import FilterCatalog, FilterCatalogParams

LOGP_WINDOW = (1.0, 3.0)  # of lead-like molecules (Teague et al. 1999 ask for 1 to 3)
LOGP_SLOPE = 2.0  # units of logP outside of the window that cost everything
ALERTS = ("BRENK", "PAINS")
# Rule sets of other groups than Brenk's, as ChEMBL collects them; its Dundee set is Brenk's.
OTHER_RULES = (
    "CHEMBL_BMS", "CHEMBL_Glaxo", "CHEMBL_Inpharmatica", "CHEMBL_LINT", "CHEMBL_MLSMR",
    "CHEMBL_SureChEMBL",
)  # fmt: skip


def qed(molecule: Chem.Mol) -> float:
    """Quantitative estimate of drug-likeness (Bickerton et al. 2012), RDKit's default weights."""
    return float(QED.qed(molecule))  # type: ignore[no-untyped-call]


def logp_window(molecule: Chem.Mol) -> float:
    """1 where Crippen's logP lies in LOGP_WINDOW, falling linearly to 0 LOGP_SLOPE beyond."""
    low, high = LOGP_WINDOW
    value = float(rdMolDescriptors.CalcCrippenDescriptors(molecule)[0])
    outside = max(low - value, value - high, 0.0)
    return max(0.0, 1.0 - outside / LOGP_SLOPE)


def alerts(molecule: Chem.Mol) -> float:
    """1 / (1 + the number of structural alerts of Brenk and PAINS)."""
    return 1.0 / (1 + sum(len(catalogue(name).GetMatches(molecule)) for name in ALERTS))


def accessibility(molecule: Chem.Mol) -> float:
    """(10 - SA) / 9, SA from 1 (easy) to 10 (Ertl and Schuffenhauer 2009, RDKit's Contrib)."""
    return (10.0 - sa_score(molecule)) / 9.0


def other_rules(molecule: Chem.Mol) -> float:
    """The share of OTHER_RULES without an objection."""
    passed = [not catalogue(name).HasMatch(molecule) for name in OTHER_RULES]
    return sum(passed) / len(passed)


DESIRABILITIES: Mapping[str, Callable[[Chem.Mol], float]] = {
    "qed": qed,
    "logp": logp_window,
    "alerts": alerts,
    "accessibility": accessibility,
    "other_rules": other_rules,
}


def sa_score(molecule: Chem.Mol) -> float:
    """Synthetic accessibility, 1 (easy) to 10 (hard)."""
    # The published formula's fragment score is a logarithm; one atom alone can pass the ends.
    return min(max(float(_contrib_sa().calculateScore(molecule)), 1.0), 10.0)


@lru_cache(maxsize=1)
def _contrib_sa() -> ModuleType:
    """RDKit's Contrib module, which is a file beside the package and not part of it."""
    path = Path(RDConfig.RDContribDir) / "SA_Score" / "sascorer.py"
    spec = importlib.util.spec_from_file_location("suite_sascorer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache(maxsize=16)
def catalogue(name: str) -> FilterCatalog:
    """One of RDKit's catalogues of substructures that chemists avoid."""
    params = FilterCatalogParams()
    params.AddCatalog(getattr(FilterCatalogParams.FilterCatalogs, name))
    return FilterCatalog(params)


def geometric_mean(values: list[float]) -> float:
    """0 where one of them is 0."""
    if min(values) <= 0.0:
        return 0.0
    return math.exp(sum(map(math.log, values)) / len(values))
