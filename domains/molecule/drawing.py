"""Molecules as pictures."""

import base64

from rdkit.Chem import Mol
from rdkit.Chem.Draw import rdMolDraw2D

SIDE = 160  # pixels


def svg(molecule: Mol) -> str:
    """A drawing on white that stands by itself, as SVG."""
    drawer = rdMolDraw2D.MolDraw2DSVG(SIDE, SIDE)
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    drawn: str = drawer.GetDrawingText()
    return drawn


def data_uri(molecule: Mol) -> str:
    """The drawing as an image's source."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg(molecule).encode()).decode()}"
