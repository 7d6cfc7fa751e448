"""The harness of JavaScript programs: wire.py's values and python_child.py's turns, in node.

Numbers without a fraction are integers, as JavaScript prints them; -0 stays a float. Objects with
the plain prototype are dicts, Map and Set what they are called, and a promise is awaited.
"""

JAVASCRIPT = r"""
'use strict';
const fs = require('fs'), vm = require('vm'), Module = require('module');
const [entry, cap] = [process.argv[2], Number(process.argv[3])];
const writeSync = fs.writeSync, readSync = fs.readSync;

function send(message) {
  let body = Buffer.from(JSON.stringify(message), 'utf8');
  if (body.length > cap) body = Buffer.from('{"k":"flood"}');
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  let data = Buffer.concat([head, body]);
  while (data.length) data = data.subarray(writeSync(3, data));
}
function exactly(count) {
  const data = Buffer.alloc(count);
  for (let at = 0; at < count;) {
    const got = readSync(3, data, at, count - at, null);
    if (got === 0) process.reallyExit(0);
    at += got;
  }
  return data;
}
const receive = () => JSON.parse(exactly(exactly(4).readUInt32BE(0)).toString('utf8'));

function fromHex(text) {
  if (text === 'nan') return NaN;
  if (text.endsWith('inf')) return text[0] === '-' ? -Infinity : Infinity;
  const found = /^(-?)0x([01])\.([0-9a-f]+)p([+-]\d+)$/.exec(text);
  const digits = found[3].padEnd(13, '0');
  const bits = (BigInt(found[1] ? 1 : 0) << 63n) | BigInt('0x' + digits);
  const power = found[2] === '1' ? BigInt(Number(found[4]) + 1023) : 0n;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits | (power << 52n));
  return view.getFloat64(0);
}
function toHex(value) {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0), sign = bits >> 63n ? '-' : '';
  const power = Number((bits >> 52n) & 2047n), digits = bits & ((1n << 52n) - 1n);
  if (power === 0 && digits === 0n) return sign + '0x0.0p+0';
  const exponent = power === 0 ? -1022 : power - 1023;
  const text = digits.toString(16).padStart(13, '0');
  return `${sign}0x${power ? 1 : 0}.${text}p${exponent < 0 ? '' : '+'}${exponent}`;
}
function integer(text) {
  const big = text[0] === '-' ? -BigInt('0x' + text.slice(1)) : BigInt('0x' + text);
  const small = Number(big);
  return Number.isSafeInteger(small) ? small : big;
}
function decode(node) {
  if (!Array.isArray(node)) return node;
  const [tag, payload] = node;
  if (tag === 'int') return integer(payload);
  if (tag === 'float') return fromHex(payload);
  if (tag === 'list' || tag === 'tuple') return payload.map(decode);
  if (tag === 'set' || tag === 'frozenset') return new Set(payload.map(decode));
  const pairs = payload.map(([key, value]) => [decode(key), decode(value)]);
  if (pairs.every(([key]) => typeof key === 'string')) return Object.fromEntries(pairs);
  return new Map(pairs);
}
function encode(value, depth) {
  if (depth === 0) throw new Error('nested too deep');
  const inner = (one) => encode(one, depth - 1);
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return ['int', value.toString(16)];
  if (typeof value === 'number') {
    const whole = Number.isInteger(value) && !Object.is(value, -0);
    return whole ? ['int', BigInt(value).toString(16)] : ['float', toHex(value)];
  }
  if (Array.isArray(value)) return ['list', Array.from(value, inner)];
  const kind = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (kind === Set.prototype) return ['set', [...value].map(inner)];
  if (kind === Map.prototype) return ['dict', [...value].map((pair) => pair.map(inner))];
  if (kind === Object.prototype || kind === null) {
    return ['dict', Object.entries(value).map(([key, one]) => [key, inner(one)])];
  }
  throw new Error(`a value of type ${typeof value}`);
}
function described(error) {
  let name = 'Error', message = '', line = null;
  try {
    name = String((error && error.name) || typeof error);
    message = String((error && error.message) || error).slice(0, 500);
    const found = /program\.js:(\d+)/.exec(String(error && error.stack));
    if (found) line = Number(found[1]);
  } catch { /* its own methods failed: the name is enough */ }
  return [name, message, line];
}

const source = fs.readFileSync('program.js', 'utf8');
const found = `typeof ${entry} === 'undefined' ? undefined : ${entry}`;
const tail = entry ? `\n;module.exports = ${found};` : '';
function load() {
  const loaded = new Module(process.cwd() + '/program.js', null);
  loaded.filename = process.cwd() + '/program.js';
  loaded.paths = [];
  loaded._compile(source + tail, loaded.filename);
  return loaded.exports;
}
function compiles() {
  try {
    new vm.Script(Module.wrap(source), { filename: 'program.js' });
    return true;
  } catch (error) {
    send({ k: 'bad_source', e: described(error) });
    return false;
  }
}
async function calls() {
  let called;
  try {
    called = load();
  } catch (error) {
    send({ k: 'raised', e: described(error) });
    return;
  }
  if (typeof called !== 'function') {
    send({ k: 'no_entry' });
    return;
  }
  send({ k: 'loaded' });
  for (;;) {
    const asked = receive(), turn = { i: asked.i, n: asked.n };
    const args = decode(asked.v)[0];
    let value;
    try {
      value = await called(...args);
    } catch (error) {
      send({ k: 'error', e: described(error), ...turn });
      continue;
    }
    let node;
    try {
      node = encode(value, 64);
    } catch (error) {
      send({ k: 'error', e: ['ResultError', 'it returned ' + error.message, null], ...turn });
      continue;
    }
    send({ k: 'value', v: node, ...turn });
  }
}
function prints() {
  let said = false;
  const say = (message) => { if (!said) { said = true; send(message); } };
  process.on('uncaughtException', (error) => {
    say({ k: 'raised', e: described(error) });
    process.reallyExit(1);
  });
  process.on('exit', (code) => {
    const status = ['SystemExit', `it exited with status ${code}`, null];
    say(code ? { k: 'raised', e: status } : { k: 'done' });
  });
  load();
}
if (compiles()) {
  if (entry) calls(); else prints();
}
"""
