"""Pairs of maths answers per CPU-second, beside math-verify, both sides in one run.

An equal mix of six kinds, right answers in another notation, and wrong ones, made from a seed so
that the truth is known without either judge. Passes go ours, theirs, theirs, ours; the second
half has pairs of its own, so that nobody's cache has seen them. CPU-seconds are those of this
process and of the workers it waited for. Then hostile answers, each side in killable workers, and
with --data golds of MATH against themselves and changed a little. Every disagreement is printed.

    python benchmarks/maths_speed.py
    python benchmarks/maths_speed.py --data DATA
"""

import argparse
import importlib.metadata
import json
import os
import random
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from suite.core.execution.workers import WorkerPool
from suite.core.verifier import Verdict
from suite.plugins.rewards.maths.perturb import perturbed
from suite.plugins.rewards.maths.verifier import MathsVerifier

RIGHT_A_KIND, WRONG_A_KIND = 200, 34
CORPUS_PAIRS = 500
HOSTILE = (
    r"9^{9^{9^9}}",
    r"(((9!)!)!)!",
    r"\binom{10^{9}}{5^{12}}",
    r"10^{10^{10}} + 1",
    r"\sqrt{\sqrt{\sqrt{\sqrt{\sqrt{2^{999999999}}}}}}",
    r"(a+b+c+d+e+f)^{200}",
    r"\frac{(x+1)^{99}(y+1)^{99}}{(z+1)^{99}(w+1)^{99}}",
    "1" + "+1" * 900,
    "(" * 400 + "1" + ")" * 400,
    r"\frac{1" * 200 + "}{2}" * 200,
    "x^" * 400 + "x",
    "9" * 1900,
    "-" * 1900 + "1",
    r"\sin(" * 60 + "1" + ")" * 60,
    r"\int_0^1 x^{x^x} dx",
    r"\sum_{n=1}^{10^{12}} \frac{1}{n^2}",
    r"\prod_{n=1}^{10^{9}} n",
    "x^{99}" * 300,
    r"\begin{pmatrix}" + "1 & " * 400 + r"1 \end{pmatrix}",
    ", ".join(["1"] * 600),
)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A gold, an answer, and whether they are equal."""

    kind: str
    gold: str
    answer: str
    equal: bool


def _integer(r: random.Random, off: int) -> tuple[str, str]:
    n = r.randint(1_000, 10**7)
    return f"{n:,}", str(n + off)


def _fraction(r: random.Random, off: int) -> tuple[str, str]:
    a, b, k = r.randint(1, 99), r.randint(2, 99), r.randint(2, 9)
    return rf"\frac{{{a}}}{{{b}}}", f"{a * k + off}/{b * k}"


def _decimal(r: random.Random, off: int) -> tuple[str, str]:
    n = r.randint(1, 9_999) * 2 + 1
    return f"{n / 1000:.3f}", rf"\frac{{{n + off}}}{{1000}}"


def _polynomial(r: random.Random, off: int) -> tuple[str, str]:
    a, b, c = (r.choice([k for k in range(-9, 10) if k]) for _ in range(3))
    expanded = _written([a, a * (b + c), a * b * c + off])
    return f"{a}(x{b:+d})(x{c:+d})", expanded


def _written(coefficients: list[int]) -> str:
    powers = ("x^2", "x", "")
    return "".join(f"{c:+d}{p}" for c, p in zip(coefficients, powers, strict=True) if c).lstrip("+")


def _tuple(r: random.Random, off: int) -> tuple[str, str]:
    parts = [Fraction(r.randint(-50, 50), r.randint(2, 12)) for _ in range(3)]
    gold = ", ".join(rf"\frac{{{p.numerator}}}{{{p.denominator}}}" for p in parts)
    parts[r.randrange(3)] += off
    return f"({gold})", f"({','.join(map(str, parts))})"


def _radical(r: random.Random, off: int) -> tuple[str, str]:
    a, b = r.randint(2, 12), r.choice([2, 3, 5, 6, 7, 10, 11, 13])
    return rf"{a}\sqrt{{{b}}}", rf"\sqrt{{{a * a * b + off}}}"


KINDS: dict[str, Callable[[random.Random, int], tuple[str, str]]] = {
    "integer": _integer,
    "fraction": _fraction,
    "decimal": _decimal,
    "polynomial": _polynomial,
    "tuple": _tuple,
    "radical": _radical,
}


def pairs(seed: int) -> list[Pair]:
    """The mix of one seed, shuffled."""
    r = random.Random(seed)
    made = [
        Pair(kind=kind, gold=gold, answer=answer, equal=not off)
        for kind, make in KINDS.items()
        for off in [0] * RIGHT_A_KIND + [1] * WRONG_A_KIND
        for gold, answer in [make(r, off)]
    ]
    r.shuffle(made)
    return made


def ours(mix: list[Pair]) -> list[bool]:
    """Our verdicts; the workers' CPU time is counted, for they are waited for here."""
    with MathsVerifier() as verifier:
        items = [verifier.item({"answer": pair.gold}) for pair in mix]
        judged = verifier.judge([rf"\boxed{{{pair.answer}}}" for pair in mix], items)
    return [one.verdict is Verdict.PASS for one in judged]


def theirs(mix: list[Pair]) -> list[bool]:
    """math-verify's verdicts, gold first."""
    return [by_math_verify([pair.gold, pair.answer]) for pair in mix]


def by_math_verify(job: list[str]) -> bool:
    """One verdict of math-verify, with its own time limits; also what its workers run."""
    from math_verify import parse, verify

    gold, answer = (parse(rf"\boxed{{{text}}}") for text in job)
    return bool(verify(gold, answer))


def cpu_seconds() -> float:
    """Of this process and of the children that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(judge: Callable[[list[Pair]], list[bool]], mix: list[Pair]) -> tuple[list[bool], float]:
    """The verdicts and the CPU-seconds of one pass."""
    start = cpu_seconds()
    verdicts = judge(mix)
    return verdicts, cpu_seconds() - start


def speed() -> dict[str, Any]:
    """The equal mix, ours and theirs."""
    ours(pairs(-1)[:20])  # the imports
    theirs(pairs(-1)[:20])
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    mistakes: dict[str, list[Any]] = {"ours": [], "theirs": []}
    judges = {"ours": ours, "theirs": theirs}
    for name, seed in (("ours", 0), ("theirs", 0), ("theirs", 1), ("ours", 1)):
        mix = pairs(seed)
        verdicts, used = timed(judges[name], mix)
        seconds[name].append(used)
        mistakes[name] += [
            [pair.kind, pair.gold, pair.answer, f"said {verdict}"]
            for pair, verdict in zip(mix, verdicts, strict=True)
            if verdict is not pair.equal
        ]
    num_pairs = 2 * len(pairs(0))
    rates = {name: round(num_pairs / sum(used), 1) for name, used in seconds.items()}
    return {
        "benchmark": "maths_speed",
        "pairs": num_pairs,
        "kinds": list(KINDS),
        "pairs_per_cpu_second": rates,
        "ratio": round(rates["ours"] / rates["theirs"], 1),
        "cpu_seconds": {name: [round(s, 2) for s in used] for name, used in seconds.items()},
        "mistakes": {name: len(found) for name, found in mistakes.items()},
        "mistakes_by_kind": {n: Counter(one[0] for one in f) for n, f in mistakes.items()},
        "examples": {name: found[:5] for name, found in mistakes.items()},
        "math_verify": importlib.metadata.version("math-verify"),
    }


def latency() -> dict[str, Any]:
    """One pair at a time, milliseconds of wall time, ours."""
    mix = pairs(2)
    with MathsVerifier() as verifier:
        items = [verifier.item({"answer": pair.gold}) for pair in mix]
        used = []
        for pair, item in zip(mix, items, strict=True):
            start = time.perf_counter()
            verifier.judge([rf"\boxed{{{pair.answer}}}"], [item])
            used.append(1e3 * (time.perf_counter() - start))
    used.sort()
    p50, p99 = used[len(used) // 2], used[int(0.99 * len(used))]
    return {"benchmark": "maths_latency", "p50_ms": round(p50, 3), "p99_ms": round(p99, 3)}


def hostile() -> dict[str, Any]:
    """The hostile answers against the gold 5: verdicts, wall time, and whether a thread may ask."""
    start = time.monotonic()
    with MathsVerifier(cpu_seconds=2.0) as verifier:
        item = verifier.item({"answer": "5"})
        judged = verifier.judge([rf"\boxed{{{text}}}" for text in HOSTILE], [item] * len(HOSTILE))
    our_seconds = time.monotonic() - start
    start = time.monotonic()
    with WorkerPool("maths_speed:by_math_verify", cpu_seconds=30.0, wall_seconds=60.0) as pool:
        answers = pool.map([["5", text] for text in HOSTILE])
    their_seconds = time.monotonic() - start
    paid = [text[:40] for text, one in zip(HOSTILE, judged, strict=True) if one.score > 0]
    return {
        "benchmark": "maths_hostile",
        "answers": len(HOSTILE),
        "ours": Counter(str(one.verdict) for one in judged),
        "paid": paid,
        "our_seconds": round(our_seconds, 1),
        "theirs_in_workers_with_30_s": Counter(str(one.verdict) for one in answers),
        "their_seconds": round(their_seconds, 1),
        "from_a_thread": {"ours": _from_thread(ours), "theirs": _from_thread(theirs)},
    }


def _from_thread(judge: Callable[[list[Pair]], list[bool]]) -> str:
    told: list[str] = []
    pair = Pair(kind="integer", gold="5", answer="5", equal=True)

    def ask() -> None:
        try:
            told.append(f"says {judge([pair])[0]}")
        except Exception as error:  # noqa: BLE001 - what it raises is the finding
            told.append(f"raises {type(error).__name__}")

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return told[0]


def corpus(data: Path) -> dict[str, Any]:
    """Golds of MATH that are no plain integers: against themselves, and changed a little."""
    with MathsVerifier() as verifier:
        loaded = verifier.load(verifier.rows(data / "math" / "math_test.jsonl.gz"))
    golds = sorted({item.gold for item in loaded.items if not item.gold.isdigit()})
    chosen = random.Random(0).sample(golds, CORPUS_PAIRS)
    mix = [Pair(kind="itself", gold=gold, answer=gold, equal=True) for gold in chosen]
    mix += [
        Pair(kind=kind, gold=gold, answer=changed, equal=False)
        for gold, kind, changed in perturbed(golds, CORPUS_PAIRS, 0)
    ]
    said = list(zip(mix, ours(mix), theirs(mix), strict=True))
    return {
        "benchmark": "maths_corpus",
        "pairs": len(mix),
        "our_mistakes": [[p.kind, p.gold, p.answer] for p, we, _ in said if we is not p.equal],
        "their_refused_golds": [p.gold for p, _, they in said if p.equal and not they],
        "their_wrong_passes": [
            [p.kind, p.gold, p.answer] for p, _, they in said if they and not p.equal
        ],
    }


def main() -> int:
    """Print the lines."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder that has math/")
    options = parser.parse_args()
    line = speed()
    print(json.dumps(line))
    print(json.dumps(latency()))
    print(json.dumps(hostile()))
    if options.data is not None:
        print(json.dumps(corpus(options.data)))
    return 1 if line["mistakes"]["ours"] else 0


if __name__ == "__main__":
    sys.exit(main())
