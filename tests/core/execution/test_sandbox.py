"""Each promise of the sandbox, by a program that tries to break it."""

import asyncio
import glob
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from suite.core.errors import SuiteError
from suite.core.execution.levels import Level
from suite.core.execution.limits import Limits
from suite.core.execution.program import Program, Run
from suite.core.execution.sandbox import Sandbox

ADD = "def add(a, b):\n    return a + b\n"


def called(source: str, *args: Any, entry: str = "f", **kwargs: Any) -> Program:
    return Program(source=textwrap.dedent(source), entry=entry, calls=((args, kwargs),))


def printing(source: str, *stdin: str) -> Program:
    return Program(source=textwrap.dedent(source), stdin=stdin or ("",))


def one(sandbox: Sandbox, program: Program) -> Run:
    [run] = sandbox.run([program])
    return run


# --- what honest programs get --------------------------------------------------------------------


def test_calls_are_answered_in_order_with_their_types(sandbox: Sandbox) -> None:
    calls: tuple[Any, ...] = (((1, 2), {}), ((), {"a": "x", "b": "y"}), (([True], [1.0]), {}))
    run = one(sandbox, Program(source=ADD, entry="add", calls=calls))
    assert run.verdict == "pass"
    assert [result.value for result in run.results] == [3, "xy", [True, 1.0]]
    assert [type(v) for v in run.results[2].value] == [bool, float]


def test_runs_come_back_in_the_order_of_the_programs(sandbox: Sandbox) -> None:
    sources = [f"import time; time.sleep({0.1 if i == 0 else 0}); print({i})" for i in range(8)]
    runs = sandbox.run([printing(source) for source in sources])
    assert [run.results[0].stdout for run in runs] == [f"{i}\n" for i in range(8)]


def test_a_program_reads_stdin_and_may_leave_in_any_way(sandbox: Sandbox) -> None:
    tail = ["", "import sys; sys.exit(0)", "import os, sys; sys.stdout.flush(); os._exit(0)"]
    for end in tail:
        run = one(sandbox, printing(f"print(int(input()) * 2)\n{end}", "21\n", "-4\n"))
        assert (run.verdict, [r.stdout for r in run.results]) == ("pass", ["42\n", "-8\n"])


def test_an_error_is_told_with_class_message_and_line(sandbox: Sandbox) -> None:
    run = one(sandbox, called("\ndef f(x):\n    return 1 / x\n", 0))
    error = run.results[0].error
    assert error is not None
    assert (error.kind, error.message, error.line) == ("ZeroDivisionError", "division by zero", 3)


def test_arguments_are_fresh_for_every_call(sandbox: Sandbox) -> None:
    source = "def f(xs):\n    xs.append(len(xs))\n    return xs\n"
    program = Program(source=source, entry="f", calls=((([0],), {}), (([0],), {})))
    assert [r.value for r in one(sandbox, program).results] == [[0, 1], [0, 1]]


def test_later_inputs_are_not_in_the_process_yet(sandbox: Sandbox) -> None:
    source = """
        import gc
        def f(x):
            return [text for text in map(repr, gc.get_objects()) if "tupni-retal"[::-1] in text]
    """
    program = Program(
        source=textwrap.dedent(source), entry="f", calls=((("a",), {}), (("later-input",), {}))
    )
    assert one(sandbox, program).results[0].value == []


def test_two_runs_and_two_launchers_agree_on_hashes_and_random_numbers(strong: Sandbox) -> None:
    program = printing("import random; print(list({'a', 'b', 'c'}), random.random(), hash('x'))")
    with Sandbox(Level.L1, workers=1) as other:
        runs = [*strong.run([program] * 4), one(other, program)]
    assert len({run.results[0].stdout for run in runs}) == 1


def test_threads_work_and_dataclasses_and_late_imports(sandbox: Sandbox) -> None:
    run = one(
        sandbox,
        printing("""
            import dataclasses, threading, sqlite3, asyncio, difflib, unittest, concurrent.futures
            @dataclasses.dataclass
            class Point: x: int
            seen = []
            threading.Thread(target=lambda: seen.append(Point(1))).start()
            async def g(): return 5
            print(asyncio.run(g()), seen)
        """),
    )
    assert run.results[0].stdout == "5 [Point(x=1)]\n", run


# --- verdicts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("", "no_code"),
        ("  \n", "no_code"),
        ("# nothing\n", "no_code"),
        ("def f(:", "bad_source"),
        ("x = 1\0", "bad_source"),
        ("x = '\ud800'", "bad_source"),
        ("(" * 5000 + ")" * 5000, "bad_source"),
        ("x = " + "-" * 200_000 + "1", "bad_source"),
        ("def g(): pass", "fail"),
        ("1 / 0", "fail"),
        ("raise SystemExit(0)", "crash"),
        ("import os; os._exit(0)", "crash"),
        ("def f(): raise SystemExit(0)", "crash"),
        ("def f():\n import os\n os._exit(0)", "crash"),
        ("def f():\n import ctypes\n ctypes.string_at(0)", "crash"),
        ("def f():\n while True: pass", "timeout"),
        ("while True: pass", "timeout"),
        ("def f(): return 'x' * 10**8", "flood"),
        ("def f():\n while True: print('x' * 1000)", "flood"),
        ("def f(): return [0] * 10**10", "oom"),
        ("x = bytearray(10**10)\ndef f(): pass", "oom"),
    ],
)
def test_every_end_has_its_verdict(strong: Sandbox, source: str, verdict: str) -> None:
    assert one(strong, Program(source=source, entry="f", calls=(((), {}),))).verdict == verdict


def test_ignored_signals_and_handlers_do_not_outlast_the_deadline(sandbox: Sandbox) -> None:
    source = """
        import signal
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        while True:
            try:
                while True: pass
            except BaseException: pass
    """
    start = time.monotonic()
    run = one(sandbox, printing(source))
    assert run.verdict == "timeout"
    assert run.cpu_seconds > 0.8
    assert time.monotonic() - start < 3.5


def test_sleep_is_ended_by_the_wall_clock(strong: Sandbox) -> None:
    limits = Limits(cpu_seconds=1.0, wall_seconds=0.5)
    [run] = strong.run([printing("import time; time.sleep(60)")], limits=limits)
    assert (run.verdict, run.detail) == ("timeout", "it used up its wall-clock time")
    assert run.seconds < 1.5


def test_memory_taken_in_small_steps_is_bounded_as_well(sandbox: Sandbox) -> None:
    run = one(sandbox, called("def f():\n    x = []\n    while True: x.append(bytes(100_000))\n"))
    assert run.verdict in ("oom", "crash"), run


# --- what no program can do ----------------------------------------------------------------------

REFUSED = {
    "write": "open('/tmp/suite-written', 'w')",
    "write through posix": "import posix; posix.open('/tmp/suite-written', 65)",
    "read users": "open('/etc/passwd').read()",
    "read the verifier's environment": "open('/proc/{pid}/environ', 'rb').read()",
    "read the verifier's memory file": "open('/proc/{pid}/mem', 'rb')",
    "list the root": "import os; os.listdir('/')",
    "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "tcp": "import socket; socket.create_connection(('127.0.0.1', 80))",
    "unix": "import socket; socket.socket(socket.AF_UNIX)",
    "netlink": "import socket; socket.socket(16, 3)",
    "signal": "import os; os.kill({pid}, 0)",
    "signal a group": "import os; os.killpg(os.getpgid(0), 9)",
    "fork": "import os; os.fork()",
    "spawn": "import subprocess; subprocess.run(['/bin/true'])",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "own its signals": "import fcntl; fcntl.fcntl(0, 8, {pid})",
    "own its signals by ioctl": (
        "import fcntl, socket, struct\n"
        "a, b = socket.socketpair()\n"
        "fcntl.ioctl(a, 0x8901, struct.pack('i', {pid}))"
    ),
    "limits of the verifier": "import resource; resource.prlimit({pid}, resource.RLIMIT_CPU)",
    "more cpu": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (999, 999))",
    "memfd": "import os; os.memfd_create('x')",
    "chroot": "import os; os.chroot('.')",
    "another user": "import os; os.setuid(0); assert os.getuid() != 0",
    "a device": "import os; os.mknod('d', 0o20666, os.makedev(1, 1))",
}


@pytest.mark.parametrize("attempt", REFUSED)
def test_what_is_forbidden_raises(sandbox: Sandbox, attempt: str) -> None:
    source = REFUSED[attempt].format(pid=os.getpid())
    if sandbox.level is Level.L1 and attempt == "another user" and os.geteuid() == 0:
        return  # it is nobody else at L1: it has no capabilities instead, see the next test
    run = one(sandbox, printing(source))
    error = run.results[0].error
    assert error is not None, run
    assert error.kind in ("PermissionError", "FileNotFoundError", "OSError", "ValueError"), run
    assert not Path("/tmp/suite-written").exists()


SYSTEM_CALLS = {
    "process_vm_readv": (310, "{pid}, 0, 0, 0, 0, 0"),
    "process_vm_writev": (311, "{pid}, 0, 0, 0, 0, 0"),
    "ptrace": (101, "0x4206, {pid}, 0, 0"),
    "pidfd_open": (434, "{pid}, 0"),
    "unshare": (272, "0x10000000"),
    "setns": (308, "0, 0"),
    "mount": (165, "0, 0, 0, 0, 0"),
    "bpf": (321, "0, 0, 0"),
    "keyctl": (250, "0, 0, 0, 0, 0"),
    "add_key": (248, "0, 0, 0, 0, 0"),
    "io_uring_setup": (425, "1, 0"),
    "perf_event_open": (298, "0, 0, 0, 0, 0"),
    "userfaultfd": (323, "0"),
    "shmget": (29, "0, 4096, 0o1600"),
    "msgget": (68, "0, 0o1600"),
    "mq_open": (240, "0, 0o100, 0o600, 0"),
    "rt_sigqueueinfo": (129, "{pid}, 0, 0"),
    "tgkill": (234, "{pid}, {pid}, 0"),
    "clone3": (435, "0, 0"),
    "memfd_create": (319, "b'x', 0"),
    "open_by_handle_at": (304, "0, 0, 0"),
    "personality": (135, "0x40000"),
    "x32 getpid": (0x40000000 + 39, ""),
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="no user namespaces")
def test_system_calls_that_reach_out_are_refused_by_number(sandbox: Sandbox) -> None:
    """EPERM or ENOSYS from the filter, whatever the arguments are worth."""
    lines = [
        f"refused('{name}', {number}, {arguments.format(pid=os.getpid())})"
        for name, (number, arguments) in SYSTEM_CALLS.items()
    ]
    head = """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def refused(name, *arguments):
            ctypes.set_errno(0)
            longs = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
            result = libc.syscall(*longs)
            if result >= 0 or ctypes.get_errno() not in (1, 38):
                print(name, result, ctypes.get_errno())
    """
    run = one(sandbox, printing(textwrap.dedent(head) + "\n".join(lines)))
    assert (run.verdict, run.results[0].stdout, run.results[0].error) == ("pass", "", None)


def test_a_program_has_no_privilege_left(sandbox: Sandbox) -> None:
    source = """
        import ctypes, struct
        header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capget(header, data) == 0
        print(list(data), ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))
    """
    assert one(sandbox, printing(source)).results[0].stdout == "[0, 0, 0, 0, 0, 0] 1\n"


def test_descriptors_and_environment_are_scrubbed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUITE_TEST_TOKEN", "secret")
    source = """
        import os
        def f():
            found = []
            for number in range(200):
                try: os.fstat(number)
                except OSError: continue
                found.append(number)
            return found, dict(os.environ), os.listdir(".")
    """
    with Sandbox(sandbox.level, workers=1) as fresh:
        for used in (sandbox, fresh):
            found, environment, files = one(used, called(source)).results[0].value
            assert found == [0, 1, 2, 3]
            assert environment == {}
            assert files == []


def test_installed_packages_are_out_of_sight(sandbox: Sandbox) -> None:
    source = """
        import sys, os, glob
        def f():
            for name in ("torch", "numpy", "pytest", "suite.core.verifier"):
                try: __import__(name)
                except ImportError: continue
                return name
            stdlib = os.path.dirname(os.__file__)
            return glob.glob(stdlib + "/site-packages/*")
    """
    assert one(sandbox, called(source)).results[0].value == []


def test_the_folder_is_empty_again_whatever_was_left_in_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("kept")
    leave = f"""
        import os, sys
        os.symlink({str(tmp_path)!r}, "link")
        os.symlink("/", "root")
        os.makedirs("closed/inner")
        open("closed/inner/file", "w").write("x")
        os.chmod("closed/inner", 0); os.chmod("closed", 0)
        open("sitecustomize.py", "w").write("raise SystemExit(9)")
        open("random.py", "w").write("raise SystemExit(9)")
        for _ in range(300):
            os.mkdir("d"); os.chdir("d")
    """
    look = "import os, random, json; print(os.listdir('.'))"
    with Sandbox(sandbox.level, workers=1) as alone:
        runs = alone.run([printing(leave), printing(look)])
    assert [run.verdict for run in runs] == ["pass", "pass"], runs
    assert runs[0].results[0].error is None, runs
    assert runs[1].results[0].stdout == "[]\n"
    assert (tmp_path / "kept").read_text() == "kept"


def test_one_file_and_at_l2_all_files_are_bounded(strong: Sandbox) -> None:
    big = "open('f', 'wb').write(bytes(17 << 20))"
    many = "for i in range(20): open(f'f{i}', 'wb').write(bytes(8 << 20))"
    for source in (big, many):
        error = one(strong, printing(source)).results[0].error
        assert error is not None
        assert error.kind == "OSError"


def test_threads_are_counted(sandbox: Sandbox) -> None:
    source = """
        import threading, time
        threading.stack_size(65536)
        for _ in range(2000): threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        time.sleep(1)
    """
    run = one(sandbox, printing(source))
    refused = bool(run.results) and run.results[0].error is not None
    assert refused or run.detail == "it started too many threads or processes", run


# --- forgery -------------------------------------------------------------------------------------

FORGED = {
    "an answer before the question": """
        import os, json, struct
        body = json.dumps({"k": "value", "v": ["int", "3"], "i": 0, "n": "0" * 16}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "infra_error": """
        import os, json, struct
        body = json.dumps({"k": "infra", "m": "mask me"}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        os._exit(70)
    """,
    "ready again": """
        import os, json, struct
        body = json.dumps({"k": "ready"}).encode()
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "a frame without end": """
        import os
        os.write(3, b"\\xff\\xff\\xff\\xff")
        def f(a): return a
    """,
    "deep json": """
        import os, struct
        body = b"[" * 60000
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "a million digits": """
        import os, struct
        body = b'{"k": "value", "v": ' + b"9" * 60000 + b"}"
        os.write(3, struct.pack(">I", len(body)) + body)
        def f(a): return a
    """,
    "an object as a value": """
        import os
        def f(a):
            import sys
            frame = sys._getframe()
            while "channel" not in frame.f_locals: frame = frame.f_back
            asked = frame.f_locals["asked"]
            message = {"k": "value", "v": {"a": 1}, "i": asked["i"], "n": asked["n"]}
            frame.f_locals["channel"].send(message)
            os._exit(0)
    """,
    "a closed channel": """
        import os
        def f(a):
            os.close(3)
            return a
    """,
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_message_ends_the_program(strong: Sandbox, forgery: str) -> None:
    run = one(strong, called(FORGED[forgery], 1))
    assert (run.verdict, run.results) == ("crash", ()), run


def test_an_answer_to_one_call_is_not_an_answer_to_the_next(strong: Sandbox) -> None:
    source = """
        import sys, time
        def f(a):
            frame = sys._getframe()
            while "channel" not in frame.f_locals: frame = frame.f_back
            asked = frame.f_locals["asked"]
            for i in range(3):
                message = {"k": "value", "v": ["int", "9"], "i": i, "n": asked["n"]}
                frame.f_locals["channel"].send(message)
            time.sleep(1)
    """
    program = Program(
        source=textwrap.dedent(source), entry="f", calls=tuple(((i,), {}) for i in range(3))
    )
    run = one(strong, program)
    assert run.verdict == "crash"
    assert [result.value for result in run.results] in ([], [9])


def test_an_endless_stream_of_messages_is_neither_read_nor_kept(strong: Sandbox) -> None:
    source = "import os\ndef f():\n while True: os.write(3, b'\\0' * 65536)\n"
    assert one(strong, called(source)).verdict == "crash"


def test_always_equal_objects_are_errors_not_values(strong: Sandbox) -> None:
    source = """
        class Liar(int):
            def __eq__(self, other): return True
            __hash__ = int.__hash__
        def f(): return Liar(3)
    """
    error = one(strong, called(source)).results[0].error
    assert error is not None
    assert (error.kind, error.message) == ("ResultError", "it returned a value of type Liar")


def test_an_error_whose_text_is_hostile_is_still_told(strong: Sandbox) -> None:
    source = """
        class E(Exception):
            def __str__(self): raise SystemExit(0)
        def f(): raise E
    """
    error = one(strong, called(source)).results[0].error
    assert error is not None
    assert error.kind == "E"


# --- suites and stubs ----------------------------------------------------------------------------


def test_a_suite_calls_the_candidate_in_another_process(strong: Sandbox) -> None:
    suite = Program(
        source="def check(n):\n    return [candidate(i) == i * i for i in range(n)]\n",
        entry="check",
        calls=(((4,), {}),),
        stub="candidate",
    )
    good = Program(source="def square(x):\n    return x * x\n", entry="square")
    spy = Program(
        source="import gc\ndef square(x):\n"
        "    return [t for t in map(repr, gc.get_objects()) if 'kcehc fed'[::-1] in t] or x * x\n",
        entry="square",
    )
    stuck = Program(source="def square(x):\n    while True: pass\n", entry="square")
    raising = Program(source="def square(x):\n    raise KeyError(x)\n", entry="square")
    runs = strong.run_suites([(suite, one) for one in (good, spy, stuck, raising)])
    assert [run.verdict for run in runs] == ["pass", "pass", "timeout", "pass"]
    assert [run.results[0].value for run in runs[:2]] == [[True] * 4] * 2
    error = runs[3].results[0].error
    assert error is not None
    assert error.kind == "KeyError"


# --- the pool ------------------------------------------------------------------------------------


def test_one_hanging_program_costs_only_itself(strong: Sandbox) -> None:
    start = time.monotonic()
    runs = strong.run([printing("while True: pass")] + [printing("print(1)")] * 20)
    assert [run.verdict for run in runs] == ["timeout"] + ["pass"] * 20
    assert time.monotonic() - start < 3.0


def test_threads_and_asyncio_share_a_sandbox(strong: Sandbox) -> None:
    answers: dict[int, list[int]] = {}

    def ask(number: int) -> None:
        calls = tuple(((number, i), {}) for i in range(5))
        runs = strong.run([Program(source=ADD, entry="add", calls=calls)] * 4)
        answers[number] = [r.value for run in runs for r in run.results]

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()

    async def both() -> list[list[Run]]:
        return list(await asyncio.gather(*(strong.arun([printing(f"print({i})")]) for i in (1, 2))))

    runs = asyncio.run(both())
    for thread in threads:
        thread.join()
    assert [run[0].results[0].stdout for run in runs] == ["1\n", "2\n"]
    assert answers == {n: [n + i for i in range(5)] * 4 for n in range(6)}


def test_a_killed_launcher_is_replaced_and_the_program_run_again(sandbox: Sandbox) -> None:
    with Sandbox(sandbox.level, workers=1) as alone:
        one(alone, printing("print(1)"))
        launcher = alone._workers[0].launchers[0]
        launcher.process.kill()
        launcher.process.wait()
        run = one(alone, printing("print(2)"))
    assert (run.verdict, run.results[0].stdout) == ("pass", "2\n")


def test_a_launcher_lost_twice_while_a_program_runs_is_charged_to_the_program() -> None:
    """Or a program that found a way to do that would be masked, and not lose."""
    with Sandbox(Level.L0, workers=1, limits=Limits(wall_seconds=5.0)) as alone:
        run = one(alone, printing("import os, signal; os.kill(os.getppid(), signal.SIGKILL)"))
    assert run.verdict == "crash", run


def test_a_verdict_after_close_is_one_clear_error() -> None:
    sandbox = Sandbox(Level.L1, workers=1)
    sandbox.close()
    sandbox.close()
    with pytest.raises(SuiteError, match="a sandbox that was closed"):
        sandbox.run([printing("print(1)")])


def test_programs_that_were_not_begun_when_it_closed_are_told() -> None:
    sandbox = Sandbox(Level.L1, workers=1, limits=Limits(cpu_seconds=1.0, wall_seconds=2.0))
    slow = printing("import time; time.sleep(0.3)")
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            sandbox.run([slow] * 50)
        except SuiteError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.5)
    sandbox.close()
    thread.join(10)
    assert len(errors) == 1


def test_bad_requests_are_clear_errors(strong: Sandbox) -> None:
    for program, text in [
        (Program(source="x", language="cobol"), "no language named 'cobol'"),
        (Program(source="x", calls=(((), {}),)), "needs `entry`"),
        (Program(source="x", entry="f", stdin=("",)), "not both"),
        (Program(source="x", entry="f", calls=(((object(),), {}),)), "of type object"),
    ]:
        with pytest.raises(SuiteError, match=text):
            strong.run([program])
    with pytest.raises(SuiteError, match="0 workers"):
        Sandbox(Level.L1, workers=0)


# --- nothing is left -----------------------------------------------------------------------------


def test_l0_ends_daemons_that_left_their_group() -> None:
    source = """
        import os, sys, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv(sys.argv[0] if False else "/bin/sleep", ["sleep", "987.125"])
            os._exit(0)
        time.sleep(0.2)
    """
    with Sandbox(Level.L0, workers=1) as weak:
        assert one(weak, printing(source)).verdict == "pass"
        assert living("987.125") == []


def test_nothing_outlives_a_verifier_that_was_killed(tmp_path: Path) -> None:
    """At L1, where no pid namespace does it."""
    script = tmp_path / "verifier.py"
    script.write_text(
        "import sys\n"
        "from suite.core.execution.levels import Level\n"
        "from suite.core.execution.sandbox import Program, Sandbox\n"
        "sandbox = Sandbox(Level(int(sys.argv[1])), workers=1)\n"
        "print(sandbox.run([Program(source='print(1)')])[0].verdict, flush=True)\n"
        "sandbox.run([Program(source='while True: pass')])\n"
    )
    for level in (Level.L1, Level.L2):
        before = set(children())
        verifier = subprocess.Popen(
            [sys.executable, str(script), str(int(level))], stdout=subprocess.PIPE, text=True
        )
        assert verifier.stdout is not None
        assert verifier.stdout.readline() == "pass\n"
        time.sleep(0.3)
        assert set(children()) - before
        verifier.kill()
        verifier.wait()
        verifier.stdout.close()
        deadline = time.monotonic() + 0.5
        while set(children()) - before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert set(children()) - before == set()
    for left in glob.glob(tempfile.gettempdir() + "/suite-box-*"):
        if not os.listdir(left):
            os.rmdir(left)  # nobody was there to do it


def test_closing_leaves_no_process_and_no_folder() -> None:
    before, folders = set(children()), set(glob.glob(tempfile.gettempdir() + "/suite-box-*"))
    for level in (Level.L1, Level.L2):
        with Sandbox(level, workers=2) as made:
            made.run([printing("print(1)")] * 4)
    assert set(children()) <= before
    assert set(glob.glob(tempfile.gettempdir() + "/suite-box-*")) <= folders


def living(marker: str) -> list[str]:
    """Command lines that hold a text; zombies have none."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{name}/cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if marker in line:
            found.append(line)
    return found


def children() -> list[str]:
    """Numbers of processes that are launchers, or programs that they forked."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{name}/cmdline").read_bytes()
        except OSError:
            continue
        if b"zygote.main()" in line:
            found.append(name)
    return found


def test_signals_reach_only_the_program_itself(strong: Sandbox) -> None:
    """An alarm that it sets for itself is its own business."""
    hits: list[int] = []
    old = signal.signal(signal.SIGALRM, lambda *_: hits.append(1))
    try:
        run = one(strong, printing("import signal, time; signal.alarm(1); time.sleep(2)"))
    finally:
        signal.signal(signal.SIGALRM, old)
    assert run.verdict in ("crash", "pass")
    assert hits == []
