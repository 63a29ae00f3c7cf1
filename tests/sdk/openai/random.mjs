// Random requests made from the OpenAPI document, right and wrong ones: never a 5xx, never an answer that the document
// does not know, never a dropped connection. Usage: random.mjs DOCUMENT [COUNT]; SEED replays.
import assert from 'node:assert/strict';
import { ask, loadContract } from './contract.mjs';

const [path, count = '10000'] = process.argv.slice(2);
const { SERVER, TOKEN, SEED = String(Date.now() % 1e9) } = process.env;
const AT_ONCE = 8;
const { document, operations, judge } = loadContract(path);
console.log(`seed ${SEED}: SEED=${SEED} replays`);

// mulberry32
let state = Number(SEED) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;

const known = { ids: ['gv_01k6yq5t1wz8q4y0n3j2v7b9xd'], endpoints: ['we_none'] };
const texts = ['', 'a', 'kling/kling-v2-6', 'runway', 'sora-2', '1280x720', '0x0', '5', '-1', '1e9', 'blob:0', 'upload:0', 'http://127.0.0.1/',
  'data:image/png;base64,AAAA', 'file:///etc/passwd', '../..', '%00', '\u0000', '\ud800', '\u{1f6a2}', 'x'.repeat(5000), '"', '{}', 'true'];
const anything = () => pick([null, true, 0, -1, 1.5, 1e308, 2 ** 53, '', pick(texts), [], {}, [[]], { a: { b: [1] } }]);

// A value of the schema; now and then one that is not.
function make(schema, depth = 0) {
  if (schema.$ref) schema = document.components.schemas[schema.$ref.split('/').pop()];
  if (chance(0.06) || depth > 6) return anything();
  if (schema.anyOf) return make(pick(schema.anyOf), depth);
  if ('const' in schema) return schema.const;
  if (schema.enum) return pick(schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'string': return chance(0.5) ? pick(known.ids) : pick(texts);
    case 'integer': return pick([0, 1, 2, 5, 10, 100, 4294967296, -1]);
    case 'number': return pick([0, 0.5, 1, 5, 10, -3]);
    case 'boolean': return chance(0.5);
    case 'array': return Array.from({ length: below(4) }, () => make(schema.items, depth + 1));
    default: {
      const value = {};
      for (const [key, inner] of Object.entries(schema.properties ?? {}))
        if (chance(schema.required?.includes(key) ? 0.95 : 0.25)) value[key] = make(inner, depth + 1);
      if (chance(0.05)) value[pick(['extra', '__proto__', 'a[b]', ''])] = anything();
      return value;
    }
  }
}

function addTo(form, key, value) {
  if (Array.isArray(value)) value.forEach((v) => addTo(form, `${key}[]`, v));
  else if (value !== null && typeof value === 'object')
    Object.entries(value).forEach(([k, v]) => addTo(form, `${key}[${k}]`, v));
  else if (chance(0.05)) form.append(key, new Blob([String(value)]), 'a.bin');
  else form.append(key, String(value).toWellFormed?.() ?? String(value));
}

function encode(operation) {
  const kinds = operation.requestBody?.content;
  if (!kinds || chance(0.03)) return {};
  const kind = pick(Object.keys(kinds));
  const value = make(kinds[kind].schema ?? {});
  if (chance(0.03)) return { body: pick(['', '{', '[1,', 'null', '\xff\xfe', 'a=b&c']), type: pick([kind, 'text/plain', 'multipart/form-data; boundary=x', '']) };
  if (kind === 'application/json') return { body: JSON.stringify(value), type: kind };
  const form = new FormData();
  for (const [key, inner] of Object.entries(value ?? {})) addTo(form, key, inner);
  if (kind === 'multipart/form-data') return { body: form };
  const pairs = [...form].map(([k, v]) => [k, typeof v === 'string' ? v : 'file']);
  return { body: new URLSearchParams(pairs).toString(), type: kind };
}

function parameters(operation, place) {
  return (operation.parameters ?? []).filter((p) => p.in === place && (place === 'path' || chance(0.4)));
}

function build({ method, pattern, operation }) {
  const url = pattern.replace(/\{\w+\}/g, () => {
    const id = chance(0.75) ? pick(pattern.includes('webhook') ? known.endpoints : known.ids) : pick(texts);
    return encodeURIComponent(String(id).toWellFormed?.() ?? id) || '%20';
  });
  const query = new URLSearchParams(parameters(operation, 'query').map((p) => [p.name, String(make(p.schema))]));
  const { body, type } = encode(operation);
  const headers = { ...(chance(0.97) && { authorization: `Bearer ${TOKEN}` }), ...(type && { 'content-type': type }) };
  for (const p of parameters(operation, 'header')) {
    const value = encodeURIComponent(String(make(p.schema)).toWellFormed?.() ?? '').slice(0, 300);
    if (value) headers[p.name.toLowerCase()] = value;
  }
  return { method, url: `${url}${query.size ? `?${query}` : ''}`, headers, body };
}

const tally = {};
let sent = 0;
async function worker() {
  while (sent < Number(count)) {
    const number = sent++;
    const target = pick(operations);
    const { method, url, headers, body } = build(target);
    const said = `request ${number} of seed ${SEED}: ${method} ${url}`;
    const answer = await ask(method, SERVER + url, { headers, body }).catch((e) => assert.fail(`${said}: ${e} ${e.cause}`));
    assert.ok(answer.status < 500, `${said}: ${answer.status} ${answer.text}`);
    tally[answer.status] = (tally[answer.status] ?? 0) + 1;
    judge(target, answer);
    if (answer.status === 200 && target.operation.operationId === 'createVideo' && known.ids.length < 50)
      known.ids.push(JSON.parse(answer.text).id);
    if (answer.status === 200 && target.operation.operationId === 'createWebhookEndpoint' && known.endpoints.length < 10)
      known.endpoints.push(JSON.parse(answer.text).id);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, worker));
assert.ok(tally[200] > count / 20, `too few of them were right: ${JSON.stringify(tally)}`);
const health = await ask('GET', `${SERVER}/healthz`);
assert.equal(health.status, 200);
console.log(`ok ${sent} random requests: ${JSON.stringify(tally)}`);
