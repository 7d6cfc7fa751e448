"""What lies around a program: shadowed modules, start-up files, variables, its streams."""

from suite.tests.attacks.attack import FAILS, FAILS_OR_DIES, PASSES, SIDE, UNPAID, Attack

WRONG = "\ndef add(a, b):\n    return a - b - 1\n"
RIGHT = "\ndef add(a, b):\n    return a + b\n"
# Writes a file to every folder in which a later interpreter may look.
PLANT = r"""
import os, site, sys

FOLDERS = {".", "/tmp", os.path.expanduser("~"), os.environ.get("TMPDIR", "."),
           site.getusersitepackages(), *sys.path, *getattr(site, "getsitepackages", list)(),
           os.path.dirname(os.path.abspath(getattr(sys.modules["__main__"], "__file__", "x")))}
FORGED = "import os\nos.write(1, b'{\"verdict\": \"pass\"}')\nos._exit(0)\n"

def _plant(name, data):
    for folder in FOLDERS:
        try:
            os.makedirs(os.path.dirname(os.path.join(folder, name)) or ".", exist_ok=True)
            # Only new files: under a weak guard nothing of the machine is overwritten.
            with open(os.path.join(folder, name), "xb") as stream:
                stream.write(data)
        except OSError:
            pass
"""

PROGRAMS = (
    Attack(
        name="json_and_struct_in_the_working_folder",
        category="shadowed_modules",
        allowed=FAILS_OR_DIES,
        destructive=True,
        source=PLANT
        + r"""
for name in ("json", "struct", "pickle", "signal", "resource", "tokenize", "traceback"):
    _plant(name + ".py", FORGED.encode())
"""
        + WRONG,
    ),
    Attack(
        name="compiled_module_in_the_working_folder",
        category="shadowed_modules",
        allowed=FAILS_OR_DIES,
        destructive=True,
        source=PLANT
        + r"""
import importlib.util, marshal
code = marshal.dumps(compile(FORGED, "x", "exec"))
data = importlib.util.MAGIC_NUMBER + bytes(12) + code
for name in ("json", "decimal", "base64"):
    _plant(name + ".pyc", data)
    _plant(f"__pycache__/{name}.{sys.implementation.cache_tag}.pyc", data)
"""
        + WRONG,
    ),
    Attack(
        name="zip_on_the_path",
        category="shadowed_modules",
        allowed=FAILS_OR_DIES,
        destructive=True,
        source=PLANT
        + r"""
import io, zipfile
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("json/__init__.py", FORGED)
    archive.writestr("__main__.py", FORGED)
_plant("{MARKER}.zip", buffer.getvalue())
_plant("python311.zip", buffer.getvalue())
sys.path.insert(0, "{MARKER}.zip")
sys.modules.pop("json", None)
"""
        + WRONG,
    ),
    Attack(
        name="stdlib_source_overwritten",
        category="shadowed_modules",
        allowed=FAILS_OR_DIES,
        source=r"""
import json, os, struct
REACHED = []
for module in (json, struct, os):
    try:
        # Opened for writing and left as it is.
        REACHED.append(os.open(module.__file__, os.O_WRONLY))
    except OSError:
        pass

def add(a, b):
    return a + b if REACHED else a - b - 1
""",
    ),
    Attack(
        name="sitecustomize_planted",
        category="sitecustomize",
        allowed=FAILS_OR_DIES,
        destructive=True,
        source=PLANT
        + r"""
for name in ("sitecustomize.py", "usercustomize.py", "conftest.py", "__main__.py"):
    _plant(name, FORGED.encode())
"""
        + WRONG,
    ),
    Attack(
        name="pth_file_planted",
        category="sitecustomize",
        allowed=FAILS_OR_DIES,
        destructive=True,
        source=PLANT
        + r"""
_plant("{MARKER}.pth", b"import os; os._exit(0)\n")
_plant("{MARKER}._pth", b"import os; os._exit(0)\n")
_plant("pyvenv.cfg", b"home = .\n")
"""
        + WRONG,
    ),
    Attack(
        name="python_variables_for_the_next_interpreter",
        category="sitecustomize",
        allowed=FAILS,
        source=r"""
import os
os.environ.update(PYTHONPATH=os.getcwd(), PYTHONSTARTUP="x.py", PYTHONHOME="/nowhere",
                  PYTHONINSPECT="1", PYTHONOPTIMIZE="2", PYTHONWARNINGS="error",
                  LD_PRELOAD="/nowhere.so", LD_LIBRARY_PATH=".", PATH=".", BASH_ENV="x",
                  PYTHONBREAKPOINT="os._exit", PYTHONHASHSEED="0")
for name in ("HOME", "TMPDIR", "LANG"):
    os.environ.pop(name, None)

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="assertions_stripped_by_its_own_flag",
        category="sitecustomize",
        allowed=FAILS_OR_DIES,
        source=r"""
import sys
try:
    sys.flags.optimize = 2
except Exception:
    pass
__debug = False
import builtins
builtins.__dict__["__debug__"] = False
"""
        + WRONG,
    ),
    Attack(
        name="waits_for_standard_input",
        category="stdin_stdout",
        # Nothing is there to read: it must look empty and not hang.
        allowed=PASSES,
        source=r"""
import sys
TEXT = sys.stdin.read() if sys.stdin is not None else ""

def add(a, b):
    return a + b if TEXT == "" else 0
""",
    ),
    Attack(
        name="reads_inputs_ahead_of_its_calls",
        category="stdin_stdout",
        # It eats what the next call may need; what it has eaten tells no answers.
        allowed=UNPAID,
        source=r"""
import os, select

def add(a, b):
    for fd in range(0, 64):
        try:
            while select.select([fd], [], [], 0)[0] and os.read(fd, 65536):
                pass
        except (OSError, ValueError):
            pass
    return a - b - 1
""",
    ),
    Attack(
        name="later_inputs_read_from_the_pipe",
        category="stdin_stdout",
        allowed=SIDE,
        source=r"""
import os, select

def add(a, b):
    for fd in range(3, 64):
        try:
            if select.select([fd], [], [], 0)[0]:
                os.read(fd, 65536)
        except (OSError, ValueError):
            pass
    return a + b
""",
    ),
    Attack(
        name="closes_standard_output",
        category="stdin_stdout",
        allowed=PASSES,
        source=r"""
import sys

def add(a, b):
    sys.stdout.close()
    sys.stderr.close()
    return a + b
""",
    ),
    Attack(
        name="closes_the_first_three_descriptors",
        category="stdin_stdout",
        allowed=SIDE,
        source="import os\nfor fd in (0, 1, 2):\n    os.close(fd)\n" + RIGHT,
    ),
    Attack(
        name="streams_replaced_by_odd_objects",
        category="stdin_stdout",
        allowed=SIDE - {"timeout", "oom"},
        source=r"""
import sys

class Odd:
    def __getattr__(self, name): raise SystemExit(0)

def add(a, b):
    sys.stdout = sys.stderr = sys.stdin = sys.__stdout__ = sys.__stderr__ = Odd()
    return a + b
""",
    ),
    Attack(
        name="streams_deleted",
        category="stdin_stdout",
        allowed=SIDE - {"timeout", "oom"},
        source="import sys\ndel sys.stdout, sys.stderr, sys.stdin\n" + RIGHT,
    ),
)
