"""The sub-packages, found rather than listed; everything else stands in pyproject.toml."""

from setuptools import find_packages, setup

FOLDERS = ["core*", "plugins*", "domains*", "tasks*", "testing*"]

setup(
    packages=["suite", *(f"suite.{name}" for name in find_packages(include=FOLDERS))],
    # The root of the repository is the package, so setup.py lies inside it: naming the script
    # keeps setuptools from shipping it as the module suite.setup.
    script_name="setup.py",
)
