"""Fine-tune any generative model against rewards that can be checked.

The functions of the Python API load torch, so they wait until somebody asks for one:
``import suite`` and the command line's listings stay fast.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "evaluate", "export", "load_run", "run", "sample"]


def __getattr__(name: str) -> Any:
    """Import the API on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'suite' has no attribute '{name}'")
    return getattr(import_module("suite.core.api"), name)
