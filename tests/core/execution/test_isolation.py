"""What no program can do, by a program that tries it."""

import os
import textwrap
from pathlib import Path

import pytest

from suite.core.execution.levels import Level
from suite.core.execution.sandbox import Sandbox
from suite.tests.core.execution.programs import called, one, printing

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
        for folder in ("closed/inner", "closed"):
            try: os.chmod(folder, 0)
            except PermissionError: pass  # refused at L1
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


def test_modes_and_times_of_files_outside_stay(sandbox: Sandbox, tmp_path: Path) -> None:
    """Landlock has no right for either, and at L1 a program's user may own the file."""
    kept = tmp_path / "kept"
    kept.write_text("kept")
    before = kept.stat()
    source = f"""
        import os
        for attempt in (
            lambda: os.chmod({str(kept)!r}, 0o777),
            lambda: os.utime({str(kept)!r}, (0, 0)),
            lambda: os.setxattr({str(kept)!r}, "user.mark", b"x"),
            lambda: os.chown({str(kept)!r}, 1, 1),
        ):
            try: attempt()
            except OSError: continue
            print("done")
    """
    assert one(sandbox, printing(source)).results[0].stdout == ""
    after = kept.stat()
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


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
