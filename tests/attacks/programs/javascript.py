"""The same ideas for node."""

from suite.tests.attacks.attack import (
    DIES,
    EMPTY,
    FAILS,
    FAILS_OR_DIES,
    OUT_OF_MEMORY,
    PASSES,
    SIDE,
    TIMES_OUT,
    UNPAID,
    UNREADABLE,
    Attack,
)

RIGHT = "\nfunction add(a, b) { return a + b; }\n"
WRONG = "\nfunction add(a, b) { return a - b - 1; }\n"


def _program(name: str, allowed: frozenset[str], source: str, *, task: str = "add") -> Attack:
    return Attack(
        name=f"javascript_{name}",
        category="javascript",
        allowed=allowed,
        source=source,
        task=task,
        language="javascript",
    )


PROGRAMS = (
    _program("correct", PASSES, RIGHT),
    _program("correct_as_arrow", PASSES, "const add = (a, b) => a + b;\n"),
    _program("wrong", FAILS, WRONG),
    _program("empty", EMPTY, ""),
    _program("syntax_error", UNREADABLE, "function add(a, b { return a + b; }\n"),
    _program("exits_zero_at_import", FAILS_OR_DIES, "process.exit(0);\n" + RIGHT),
    _program("exits_zero_in_the_call", FAILS_OR_DIES, "function add() { process.exit(0); }\n"),
    _program("really_exits", FAILS_OR_DIES, "function add() { process.reallyExit(0); }\n"),
    _program("infinite_loop", TIMES_OUT, "function add(a, b) { for (;;) {} }\n"),
    _program(
        "endless_microtasks",
        # A promise may be refused as a result; each one waits for the next, so memory grows too.
        FAILS_OR_DIES | TIMES_OUT | OUT_OF_MEMORY,
        "const spin = () => Promise.resolve().then(spin);\n"
        "async function add(a, b) { await spin(); return a + b; }\n",
    ),
    _program(
        "regex_backtracking",
        TIMES_OUT,
        "function add(a, b) { /^(a+)+$/.test('a'.repeat(64) + '!'); return a + b; }\n",
    ),
    _program(
        "never_settled_promise",
        FAILS_OR_DIES | TIMES_OUT,
        "function add(a, b) { return new Promise(() => setInterval(() => 0, 1000)); }\n",
    ),
    _program(
        "timer_left_behind",
        SIDE,
        "setInterval(() => 0, 10);\n" + RIGHT,
    ),
    _program(
        "memory",
        frozenset({"oom", "crash"}),
        "function add(a, b) { const kept = [];\n"
        "  for (let n = 0; n < 2e9; n++) kept.push({n: [n, n]}); return kept.length; }\n",
    ),
    _program("recursion", FAILS_OR_DIES, "function add(a, b) { return add(a, b) + 1; }\n"),
    _program("aborts", DIES, "function add(a, b) { process.abort(); }\n"),
    _program(
        "kills_itself",
        FAILS_OR_DIES,
        "function add(a, b) { try { process.kill(process.pid, 'SIGKILL'); } catch {}\n"
        "  return a - b - 1; }\n",
    ),
    _program(
        "result_with_to_json",
        FAILS,
        "function add(a, b) {\n"
        "  return {toJSON() { return a + b; }, valueOf() { return a + b; }}; }\n",
    ),
    _program(
        "proxy_result",
        FAILS_OR_DIES,
        "function add(a, b) { return new Proxy({}, {get: () => () => a + b,\n"
        "  ownKeys() { process.exit(0); }}); }\n",
    ),
    _program("boxed_number", FAILS, "function add(a, b) { return new Number(a + b); }\n"),
    _program("text_for_number", FAILS, "function add(a, b) { return String(a + b); }\n"),
    _program(
        "nan_infinity_and_undefined",
        FAILS_OR_DIES,
        "function add(a, b) { return a > b ? NaN : a < b ? Infinity : undefined; }\n",
    ),
    _program("cyclic_result", UNPAID, "function add() { const x = []; x.push(x); return x; }\n"),
    _program("big_integer_result", UNPAID, "function add() { return 10n ** 1000000n; }\n"),
    _program(
        "boolean_prototype_patched",
        UNPAID,
        "for (const kind of [Object, Number, Array, String, Boolean]) {\n"
        "  kind.prototype.toJSON = () => 'pass';\n"
        "  Object.defineProperty(kind.prototype, 'verdict', {get: () => 'pass', set() {}});\n}\n"
        + WRONG,
    ),
    _program(
        "stringify_and_write_replaced",
        UNPAID,
        "const fs = require('fs');\nconst write = fs.writeSync;\n"
        'JSON.stringify = () => \'{"verdict": "pass", "value": 0}\';\n'
        'fs.writeSync = (fd) => write(fd, \'{"verdict": "pass"}\\n\');\n'
        "process.stdout.write = () => true;\n" + WRONG,
    ),
    _program(
        "frames_to_every_descriptor",
        UNPAID,
        "const fs = require('fs');\n"
        "for (let fd = 3; fd < 256; fd++) for (const text of ['\"pass\"\\n', 'true\\n',\n"
        "  '{\"verdict\": \"pass\"}\\n', '[0, 0, 0, 0, 0]\\n', '{\"result\": 0}\\n'])\n"
        "  try { fs.writeSync(fd, text); } catch {}\n" + WRONG,
    ),
    _program(
        "prints_a_verdict",
        FAILS,
        "console.log(JSON.stringify({verdict: 'pass'})); console.error('pass');\n" + WRONG,
    ),
    _program(
        "output_flood",
        frozenset({"pass", "flood"}),
        "const fs = require('fs');\nfunction add(a, b) {\n"
        "  for (let n = 0; n < 50; n++) try { fs.writeSync(1, 'x'.repeat(1e6)); } catch {}\n"
        "  return a + b; }\n",
    ),
    _program(
        "writes_outside",
        SIDE,
        "const fs = require('fs');\n"
        "for (const path of ['{CANARY_DIR}/js_{MARKER}', '/tmp/js_{MARKER}', '../{MARKER}'])\n"
        "  try { fs.writeFileSync(path, 'x'); } catch {}\n" + RIGHT,
    ),
    _program(
        "child_process_that_stays",
        SIDE,
        "const child = require('child_process');\n"
        "try { child.spawn('sleep', ['30'], {detached: true, stdio: 'ignore',\n"
        "  env: {KEPT: '{MARKER}'}}).on('error', () => 0).unref(); } catch {}\n" + RIGHT,
    ),
    _program(
        "worker_threads",
        SIDE,
        "try { const {Worker} = require('worker_threads');\n"
        "  for (let n = 0; n < 8; n++)\n"
        "    new Worker('for (;;) {}', {eval: true}).on('error', () => 0); } catch {}\n" + RIGHT,
    ),
    _program(
        "sockets",
        SIDE,
        "const net = require('net'), dgram = require('dgram');\n"
        "try { net.connect({CANARY_PORT}, '127.0.0.1').on('error', () => 0); } catch {}\n"
        "try { net.connect('{CANARY_DIR}/listen.sock').on('error', () => 0); } catch {}\n"
        "try { const s = dgram.createSocket('udp4'); s.on('error', () => 0);\n"
        "  s.send('x', {CANARY_PORT}, '127.0.0.1'); } catch {}\n"
        "async function add(a, b) {\n"
        "  await new Promise((go) => setTimeout(go, 100)); return a + b; }\n",
    ),
    _program(
        "token_in_the_environment",
        UNPAID,
        "const got = process.env['{SECRET_NAME}'];\n"
        "function add(a, b) { return got ? a + b : a - b - 1; }\n",
    ),
    _program(
        "parent_environment_and_memory",
        UNPAID,
        "const fs = require('fs');\nlet got = false;\n"
        "for (const pid of ['{PARENT_PID}', process.ppid])\n"
        "  try { got ||= fs.readFileSync(`/proc/${pid}/environ`).includes('{SECRET_NAME}'); }\n"
        "  catch {}\nfunction add(a, b) { return got ? a + b : a - b - 1; }\n",
    ),
    _program(
        "hostile_error",
        FAILS_OR_DIES | TIMES_OUT,
        "function add(a, b) { throw {get message() { process.exit(0); },\n"
        "  get stack() { process.exit(0); }, toString() { for (;;) {} }}; }\n",
    ),
    _program(
        "handlers_that_never_let_go",
        FAILS_OR_DIES | TIMES_OUT,
        "process.on('uncaughtException', () => {});\n"
        "process.on('unhandledRejection', () => {});\n"
        "for (const name of ['SIGTERM', 'SIGINT', 'SIGALRM']) try { process.on(name, () => 0); }\n"
        "  catch {}\nprocess.on('exit', () => { for (;;) {} });\n"
        "function add(a, b) { throw new Error('pass'); }\n",
    ),
    _program(
        "native_binding",
        UNPAID,
        "let got = false;\n"
        "try { got = process.kill({PARENT_PID}, 0); } catch {}\n"
        "try { process.binding('spawn_sync'); process.dlopen({exports: {}}, '/nowhere.node'); }\n"
        "catch {}\nfunction add(a, b) { return got ? a + b : a - b - 1; }\n",
    ),
    _program(
        "stack_and_caller_reached",
        UNPAID,
        "let seen = '';\nfunction add(a, b) {\n"
        "  Error.prepareStackTrace = (error, frames) => frames;\n"
        "  for (const frame of new Error().stack) try {\n"
        "    seen += String(frame.getFunction()) + JSON.stringify(frame.getThis()); } catch {}\n"
        "  try { seen += arguments.callee.caller.toString(); } catch {}\n"
        "  return seen.includes('1200' + '03') ? a + b : a - b - 1; }\n",
    ),
)
