"""What a chemist looks at in a set of molecules. Shapes: B molecules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from suite.core.metric import Codec, Metric
from suite.core.records import Context, Samples
from suite.domains.molecule.chemistry import parse, plain_smiles
from suite.domains.molecule.desirability import qed, sa_score

RADIUS, BITS = 2, 2048  # of Morgan fingerprints
MOST_PAIRED = 512  # molecules whose pairs are compared


class MoleculeStatistics(Metric):
    """Validity, uniqueness among the valid, novelty among the unique, diversity, QED and SA.

    Args:
        codec: turns samples into SMILES.
        known: what is not novel, canonical SMILES without stereochemistry.
    """

    def __init__(self, *, codec: Codec, known: frozenset[str]) -> None:
        self.codec, self.known = codec, known

    def __call__(self, samples: Samples, context: Context) -> Mapping[str, float]:
        """Shares; diversity is the mean Tanimoto distance; molecules alone count but for validity.

        Numbers that no molecule is there for are left out.
        """
        natives = samples.native or self.codec.decode(replace(samples, native=None))
        molecules = [m for m in (parse(str(one)) for one in natives) if m is not None]
        found = {"validity": len(molecules) / max(1, len(natives))}
        if not molecules:
            return found
        texts = [plain_smiles(m) for m in molecules]
        distinct = set(texts)
        return {
            **found,
            "uniqueness": len(distinct) / len(texts),
            "novelty": len(distinct - self.known) / len(distinct),
            "diversity": tanimoto_diversity(molecules),
            "qed": sum(map(qed, molecules)) / len(molecules),
            "sa": sum(map(sa_score, molecules)) / len(molecules),
        }


def tanimoto_diversity(molecules: Sequence[Chem.Mol]) -> float:
    """Mean of 1 - Tanimoto similarity over pairs of the first MOST_PAIRED molecules; 0 of one."""
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    prints = [generator.GetFingerprint(molecule) for molecule in molecules[:MOST_PAIRED]]
    total, pairs = 0.0, 0
    for place in range(1, len(prints)):
        similar = DataStructs.BulkTanimotoSimilarity(prints[place], prints[:place])
        total, pairs = total + sum(1.0 - value for value in similar), pairs + place
    return total / pairs if pairs else 0.0
