"""The surroundings of every test: unlisted skips fail, the cache is not the user's own."""

import os
import shutil
from pathlib import Path

import pytest

LISTED = "no GPU"


@pytest.fixture
def inner(pytester: pytest.Pytester, repository: Path) -> pytest.Pytester:
    """An empty project with the conftest and the list of this one."""
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:xdist")
    for name in ("conftest.py", "allowed_skips.txt"):
        shutil.copy(repository / "tests" / name, pytester.path)
    return pytester


WAYS_TO_SKIP = {
    "skip": "def test_it(): pytest.skip('{reason}')",
    "mark-skip": "@pytest.mark.skip(reason='{reason}')\ndef test_it(): pass",
    "mark-skipif": "@pytest.mark.skipif(True, reason='{reason}')\ndef test_it(): pass",
    "mark-xfail": "@pytest.mark.xfail(reason='{reason}')\ndef test_it(): assert False",
    "mark-xfail-norun": "@pytest.mark.xfail(reason='{reason}', run=False)\ndef test_it(): pass",
    "xfail": "def test_it(): pytest.xfail('{reason}')",
    "fixture": "@pytest.fixture\ndef gone(): pytest.skip('{reason}')\ndef test_it(gone): pass",
    "module": "pytest.skip('{reason}', allow_module_level=True)",
    "unittest": "import unittest\nclass TestIt(unittest.TestCase):\n"
    "    def test_it(self): self.skipTest('{reason}')",
}


@pytest.mark.parametrize("body", WAYS_TO_SKIP.values(), ids=WAYS_TO_SKIP)
@pytest.mark.parametrize("reason", [LISTED, "I was tired"])
def test_a_skip_or_xfail_fails_unless_its_reason_is_listed(
    inner: pytest.Pytester, body: str, reason: str
) -> None:
    inner.makepyfile("import pytest\n" + body.format(reason=reason))

    result = inner.runpytest_inprocess()

    outcomes = result.parseoutcomes()
    if reason == LISTED:
        assert len(outcomes) == 1
        assert set(outcomes) <= {"skipped", "xfailed"}
        assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    else:
        assert len(outcomes) == 1
        assert set(outcomes) <= {"failed", "error", "errors"}
        assert result.ret in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
        result.stdout.fnmatch_lines(["*'I was tired' is not a permitted reason*"])


def test_a_missing_package_is_no_reason_to_skip(inner: pytest.Pytester) -> None:
    inner.makepyfile("import pytest\npytest.importorskip('no_such_package')")
    result = inner.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*could not import 'no_such_package'*not a permitted reason*"])


def test_an_unexpected_pass_fails_even_with_a_listed_reason_under_strict_xfail(
    inner: pytest.Pytester,
) -> None:
    inner.makepyfile(f"""
        import pytest
        @pytest.mark.xfail(reason='{LISTED}', strict=True)
        def test_it(): pass
    """)
    inner.runpytest_inprocess().assert_outcomes(failed=1)


def test_the_rule_holds_under_xdist(inner: pytest.Pytester) -> None:
    inner.makeini("[pytest]\naddopts = -p no:cacheprovider")
    inner.makepyfile(
        test_one="import pytest\ndef test_one(): pytest.skip('I was tired')",
        test_two="import pytest\ndef test_two(): pytest.skip('no GPU')",
    )
    # Subprocess: workers are processes anyway, and they must load the conftest by themselves.
    result = inner.runpytest_subprocess("-n", "2")
    result.assert_outcomes(failed=1, skipped=1)


def test_a_package_in_the_list_needs_its_exact_line(inner: pytest.Pytester) -> None:
    inner.makepyfile("import pytest\ndef test_it(): pytest.skip('no GPU here')")
    inner.runpytest_inprocess().assert_outcomes(failed=1)


def test_tests_read_and_write_a_cache_of_their_own(suite_cache: Path) -> None:
    assert Path(os.environ["SUITE_CACHE"]) == suite_cache
    assert suite_cache.is_dir()
    assert Path.home() not in suite_cache.parents or "SUITE_TEST_CACHE" in os.environ


def test_one_thread_and_the_same_seed_before_every_test(inner: pytest.Pytester) -> None:
    inner.makepyfile("""
        import random, numpy, torch
        SEEN = []
        def draw():
            return random.random(), float(numpy.random.rand()), float(torch.rand(()))
        def test_first(): SEEN.append(draw())
        def test_second(): assert draw() == SEEN[0] and torch.get_num_threads() == 1
    """)
    inner.runpytest_inprocess().assert_outcomes(passed=2)
