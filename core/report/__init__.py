"""What a run shows: one self-contained page for a run, and a comparison of several.

Everything here reads run folders; nothing trains, and nothing but the standard library is imported.
"""

from suite.core.report.compare import Comparison, compare_runs
from suite.core.report.compare_page import as_json, as_page, as_text, write_comparison
from suite.core.report.page import write_report

__all__ = [
    "Comparison",
    "as_json",
    "as_page",
    "as_text",
    "compare_runs",
    "write_comparison",
    "write_report",
]
