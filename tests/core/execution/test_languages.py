"""JavaScript and Verilog behind the same interface, under the same guard."""

import shutil

import pytest

from suite.core.errors import SuiteError
from suite.core.execution import languages
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program
from suite.core.execution.sandbox import Sandbox

LIMITS = Limits(cpu_seconds=4.0, wall_seconds=20.0, memory_mb=256)
DOUBLE = """
module main;
  integer a, n;
  initial begin
    n = $fscanf('h8000_0000, "%d", a);
    $display("%0d", a * 2);
    $finish;
  end
endmodule
"""


def javascript(source: str, *args: object) -> Program:
    calls = ((args, {}),)
    return Program(source=source, language="javascript", entry="f", calls=calls)


@pytest.fixture
def node() -> None:
    if shutil.which("node") is None:
        pytest.skip("no node")


@pytest.fixture
def iverilog() -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("no iverilog")


@pytest.mark.usefixtures("node")
def test_javascript_values_cross_with_their_bits(sandbox: Sandbox) -> None:
    value = [1, -0.0, 0.1, 5e-324, float("inf"), "\u00e9", None, True, 1 << 70, {"a": [2]}]
    [run] = sandbox.run([javascript("function f(x) { return x }", value)], limits=LIMITS)
    assert repr(run.results[0].value) == repr(value), run


@pytest.mark.usefixtures("node")
def test_javascript_has_the_verdicts_of_python(strong: Sandbox) -> None:
    reach = "require('child_process').execSync('cat /etc/passwd')"
    wanted = {
        "function (": "bad_source",
        "function g() {}": "fail",
        "throw new Error('x')": "fail",
        "function f() { process.exit(0) }": "crash",
        "function f() { for (;;); }": "timeout",
        "function f() { const a = []; for (;;) a.push(new Array(1e5).fill(1.5)) }": "oom",
        "function f() { return 'x'.repeat(1e7) }": "flood",
        f"function f() {{ return {reach} }}": "pass",
        "const s = require('net').connect(80, '127.0.0.1'); function f() {}": "crash",
    }
    limits = Limits(cpu_seconds=1.5, wall_seconds=10.0, memory_mb=256)
    runs = strong.run([javascript(source) for source in wanted], limits=limits)
    found = dict(zip(wanted, [run.verdict.value for run in runs], strict=True))
    del wanted["const s = require('net').connect(80, '127.0.0.1'); function f() {}"]
    assert {key: found[key] for key in wanted} == wanted
    assert runs[7].results[0].error is not None  # it ran, and was refused


@pytest.mark.usefixtures("node")
def test_javascript_reads_stdin_and_tells_the_line_of_an_error(strong: Sandbox) -> None:
    read = "const t = require('fs').readFileSync(0, 'utf8');\nconsole.log(Number(t) * 2);\n"
    ran, raised = strong.run(
        [
            Program(source=read, language="javascript", stdin=("21\n", "4\n")),
            Program(source=read + "null.x", language="javascript", stdin=("1\n",)),
        ],
        limits=LIMITS,
    )
    assert [result.stdout for result in ran.results] == ["42\n", "8\n"]
    error = raised.results[0].error
    assert error is not None
    assert (error.kind, error.line) == ("TypeError", 3)


@pytest.mark.usefixtures("iverilog")
def test_verilog_compiles_reads_and_prints(sandbox: Sandbox) -> None:
    good, bad = sandbox.run(
        [
            Program(source=DOUBLE, language="verilog", stdin=("21\n", "-4\n")),
            Program(source="module main; initial foo(; endmodule", language="verilog"),
        ],
        limits=LIMITS,
    )
    assert [result.stdout for result in good.results] == ["42\n", "-8\n"], good
    assert bad.verdict == "bad_source"
    assert bad.error is not None
    assert bad.error.line == 1


@pytest.mark.usefixtures("iverilog")
def test_verilog_that_never_ends_is_ended(strong: Sandbox) -> None:
    source = "module main; initial forever #1; endmodule"
    limits = Limits(cpu_seconds=1.0, wall_seconds=5.0)
    [run] = strong.run([Program(source=source, language="verilog")], limits=limits)
    assert run.verdict == "timeout"


def test_a_missing_program_says_who_needs_it_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(languages, "programs", dict)
    for language, package in (("javascript", "nodejs"), ("verilog", "iverilog")):
        with pytest.raises(SuiteError, match=f"task coding/x is in {language} and needs") as raised:
            languages.require(language, needed_by="task coding/x")
        assert f"`apt-get install {package}`" in str(raised.value)


def test_verilog_has_no_functions_to_call() -> None:
    program = Program(source=DOUBLE, language="verilog", entry="f")
    if shutil.which("iverilog") is None:
        pytest.skip("no iverilog")
    with pytest.raises(SuiteError, match="use `stdin`"):
        languages.check(program)
