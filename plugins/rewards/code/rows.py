"""The embedded examples."""

from collections.abc import Mapping
from typing import Any


def _tests(*pairs: tuple[list[Any], Any]) -> list[dict[str, Any]]:
    return [{"args": args, "expected": expected} for args, expected in pairs]


ADDER = """module adder(input [3:0] a, input [3:0] b, output [4:0] total);
  assign total = a + b;
endmodule

module main;
  integer a, b, code;
  wire [4:0] total;
  adder unit(.a(a[3:0]), .b(b[3:0]), .total(total));
  initial begin
    code = $fscanf(32'h8000_0000, "%d %d", a, b);
    #1 $display("%0d", total);
    $finish;
  end
endmodule
"""

EXAMPLES: tuple[Mapping[str, Any], ...] = (
    {
        "name": "add",
        "prompt": "Write add(a, b), the sum of two numbers.",
        "entry": "add",
        "tests": _tests(([70001, 50002], 120003), ([-4, 4], 0), ([1, 0], 1), ([2, -9], -7)),
        "reference": "def add(a, b):\n    return a + b\n",
    },
    {
        "name": "running_maximum",
        "prompt": "Write running_maximum(values): the largest value so far, at each place.",
        "entry": "running_maximum",
        "tests": _tests(
            ([[3, 1, 4, 1, 5]], [3, 3, 4, 4, 5]), ([[]], []), ([[-2, -7]], [-2, -2]), ([[6]], [6])
        ),
        "reference": (
            "def running_maximum(values):\n    result = []\n    for value in values:\n"
            "        result.append(max(value, result[-1]) if result else value)\n"
            "    return result\n"
        ),
    },
    {
        "name": "mean",
        "prompt": "Write mean(values): the mean of a list of numbers.",
        "entry": "mean",
        "tests": _tests(([[1, 2]], 1.5), ([[0.1, 0.2, 0.3]], 0.2), ([[5]], 5.0), ([[-1, 1]], 0.0)),
        "reference": "def mean(values):\n    return sum(values) / len(values)\n",
    },
    {
        "name": "word_count",
        "prompt": "Read one line and print how many words it has.",
        "stdin_tests": [
            {"stdin": "to be or not\n", "stdout": "4\n"},
            {"stdin": "\n", "stdout": "0\n"},
            {"stdin": "one\n", "stdout": "1\n"},
        ],
        "reference": "print(len(input().split()))\n",
    },
    {
        "task_id": 0,
        "text": "Write a function that gives the divisors of a number, as a set.",
        "code": ("def divisors(n):\n    return {d for d in range(1, n + 1) if n % d == 0}\n"),
        "test_list": [
            "assert divisors(6) == {1, 2, 3, 6}",
            "assert len(divisors(97)) == 2",
            "assert set(divisors(1)) == set([1])",
        ],
    },
    {
        "task_id": "suite/apply",
        "prompt": 'def scaled(values, factor):\n    """Each value times factor."""\n',
        "entry_point": "scaled",
        "canonical_solution": "    return [value * factor for value in values]\n",
        "test": (
            "def check(candidate):\n    for factor in range(-2, 3):\n"
            "        assert candidate([1, 2, 3], factor) == [factor, 2 * factor, 3 * factor]\n"
            "    assert candidate([], 4) == []\n"
        ),
    },
    {
        "name": "reverse_text",
        "prompt": "Write reverseText(text) in JavaScript.",
        "language": "javascript",
        "entry": "reverseText",
        "tests": _tests((["abc"], "cba"), ([""], ""), (["noon!"], "!noon")),
        "reference": "function reverseText(text) {\n  return [...text].reverse().join('');\n}\n",
    },
    {
        "name": "adder",
        "prompt": "Read two numbers below 16 and print their sum, through an adder in Verilog.",
        "language": "verilog",
        "stdin_tests": [
            {"stdin": "3 4\n", "stdout": "7\n"},
            {"stdin": "15 15\n", "stdout": "30\n"},
            {"stdin": "0 9\n", "stdout": "9\n"},
        ],
        "reference": ADDER,
    },
)
