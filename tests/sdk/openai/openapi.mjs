// The server does what its OpenAPI document says: the same routes, and answers of the form it gives. Usage:
// openapi.mjs DOCUMENT PICTURE
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ask, loadContract } from './contract.mjs';

const [path, picture] = process.argv.slice(2);
const { SERVER, TOKEN } = process.env;
const { document, operations, judge, check } = loadContract(path);
const headers = { authorization: `Bearer ${TOKEN}` };
const json = (value) => ({ body: JSON.stringify(value), headers: { ...headers, 'content-type': 'application/json' } });
const seen = new Set();

async function call(operationId, values = {}, request = { headers }) {
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  assert.ok(found, operationId);
  seen.add(operationId);
  const url = found.pattern.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name])) + (values.query ?? '');
  const answer = await ask(found.method, SERVER + url, request);
  judge(found, answer);
  assert.equal(answer.headers.get('x-request-id') !== null, true, 'x-request-id');
  const wanted = values.status ?? 200;
  assert.equal(answer.status, wanted, `${operationId}: ${answer.text}`);
  return answer.type === 'application/json' ? JSON.parse(answer.text) : answer.text;
}

const served = await call('openapi', {}, {});
assert.deepEqual(served, document);

for (const [pattern, methods] of Object.entries(document.paths)) {
  const answer = await ask('PATCH', SERVER + pattern.replace(/\{\w+\}/g, 'x'), { headers });
  assert.equal(answer.status, 405, `PATCH ${pattern}`);
  const allowed = answer.headers.get('allow').split(/, */).filter((m) => m !== 'HEAD' && m !== 'OPTIONS');
  assert.deepEqual(new Set(allowed), new Set(Object.keys(methods).map((m) => m.toUpperCase())), pattern);
}
assert.equal((await ask('GET', `${SERVER}/v1/nothing`, { headers })).status, 404);

const models = await call('listModels');
assert.ok(models.data.some(({ id, configured }) => id === 'kling/kling-v2-6' && configured));
assert.ok((await call('listVoices', { query: '?language=en' })).data.length > 0);

const wish = { prompt: 'a boat', model: 'kling/kling-v2-6', seconds: 5, size: '1280x720' };
assert.ok((await call('checkVideo', {}, json(wish))).usd > 0);
const form = new FormData();
for (const [key, value] of Object.entries(wish)) form.set(key, value);
form.set('input_reference', new Blob([readFileSync(picture)], { type: 'image/png' }), 'first.png');
const { id } = await call('createVideo', {}, { headers, body: form });

const stream = await fetch(`${SERVER}/v1/videos/${id}/events`, { headers });
seen.add('watchVideo').add('watchVideos');
assert.equal(stream.headers.get('content-type').split(';')[0], 'text/event-stream');
let events = '';
for await (const chunk of stream.body) events += Buffer.from(chunk).toString();
const seqs = [...events.matchAll(/^id: (\d+)$/gm)].map((m) => Number(m[1]));
assert.deepEqual(seqs, seqs.map((_, i) => i + 1));
for (const [, data] of events.matchAll(/^event: transition\ndata: (.*)$/gm)) check('Transition', data);
const end = check('Video', /^event: end\ndata: (.*)$/m.exec(events)[1]);
assert.equal(end.status, 'completed');
const video = await call('retrieveVideo', { id });
assert.equal(video.status, 'completed');
const { data: lines } = await call('videoLog', { id });
assert.deepEqual(lines.map(({ seq }) => seq), seqs);
const live = await ask('GET', `${SERVER}/v1/videos/events`, { headers });
assert.equal(live.type, 'text/event-stream');

for (const variant of ['video', 'thumbnail', 'spritesheet']) await call('downloadContent', { id, query: `?variant=${variant}` });
const link = await fetch(SERVER + video.golem_video.content_url, { headers: { range: 'bytes=4-7' } });
assert.equal(link.status, 206);
assert.equal(await link.text(), 'ftyp');
const forged = video.golem_video.content_url.replace(/signature=../, 'signature=00');
assert.equal((await fetch(SERVER + forged)).status, 401);

await call('listVideos', { query: '?limit=1&status=completed' });
await call('cancelVideo', { id, status: 400 }, { headers });
await call('resolveVideo', { id, status: 400 }, json({ how: 'look_up' }));
await call('remixVideo', { id, status: 400 }, json({ prompt: 'x' }));
await call('editVideo', { status: 400 }, json({ prompt: 'x', video: { id } }));
await call('extendVideo', { status: 404 }, json({ video: { id: 'gv_none' } }));
const character = new FormData();
character.set('name', 'Mia');
await call('createCharacter', { status: 400 }, { headers, body: character });
await call('retrieveCharacter', { id: 'x', status: 400 });
const hook = { name: 'h', url: 'http://127.0.0.1:9/', event_types: ['video.completed'] };
const endpoint = await call('createWebhookEndpoint', {}, json(hook));
await call('listWebhookEndpoints');
await call('retrieveWebhookEndpoint', { id: endpoint.id });
await call('updateWebhookEndpoint', { id: endpoint.id }, json({ name: 'other' }));
await call('rotateWebhookSecret', { id: endpoint.id }, json({}));
await call('testWebhookEndpoint', { id: endpoint.id, status: 400 }, json({ event_type: 'batch.failed' }));
await call('deleteWebhookEndpoint', { id: endpoint.id });
await call('listWebhookEventTypes');
await call('calledBack', { provider: 'kling', status: 401 }, { body: '{}' });
assert.match(await call('metrics'), /^golem_video_jobs\{/m);
await call('deleteVideo', { id });
for (const open of ['health', 'ready', 'page']) await call(open, {}, {});
await call('pageFile', { file: 'none.js', status: 404 }, {});

const missed = operations.map(({ operation }) => operation.operationId).filter((name) => !seen.has(name));
assert.deepEqual(missed, [], 'operations that were never called');
console.log(`ok ${seen.size} operations as the document says`);
