// The newer official client manages webhook endpoints; both believe what is posted to them, and nothing else. With the
// server at SERVER, started so that it posts to this machine, and a tenant's token in TOKEN.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import OpenAI6 from 'openai6';
import OpenAI7 from 'openai7';

const options = { baseURL: `${process.env.SERVER}/v1`, apiKey: process.env.TOKEN, webhookSecret: null, maxRetries: 0 };
const clients = [new OpenAI6(options), new OpenAI7(options)];
const client = clients[1];

const posts = [];
let heard = () => {};
const receiver = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  posts.push({ headers: request.headers, body });
  response.writeHead(204).end();
  heard();
});
await new Promise((ready) => receiver.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${receiver.address().port}/`;

async function posted(number) {
  while (posts.length < number) await new Promise((ready) => (heard = ready));
  return posts[number - 1];
}

async function unwrapped(post, secret) {
  const events = await Promise.all(clients.map((one) => one.webhooks.unwrap(post.body, post.headers, secret)));
  assert.deepEqual(events[0], events[1]);
  return events[0];
}

assert.deepEqual((await client.webhooks.eventTypes.list()).data, ['video.completed', 'video.failed']);
const made = await client.webhooks.create({ name: 'test', url, event_types: ['video.completed'] });
assert.match(made.signing_secret, /^whsec_/);

const sample = await client.webhooks.test(made.id, { event_type: 'video.completed' });
assert.equal(sample.status_code, 204);
assert.equal((await unwrapped(await posted(1), made.signing_secret)).type, 'video.completed');

const video = await client.videos.create({ prompt: 'a boat', model: 'kling/kling-v2-6' });
const event = await unwrapped(await posted(2), made.signing_secret);
assert.equal(event.data.id, video.id);
assert.equal(event.id, posts[1].headers['webhook-id']);
await assert.rejects(unwrapped({ ...posts[1], body: `${posts[1].body} ` }, made.signing_secret));

const rotated = await client.webhooks.rotateSecret(made.id, { keep_old_secret_active_for_24_hours: true });
assert.notEqual(rotated.signing_secret, made.signing_secret);
await client.webhooks.update(made.id, { name: 'other' });
const second = await client.videos.create({ prompt: 'a boat again', model: 'kling/kling-v2-6' });
for (const secret of [made.signing_secret, rotated.signing_secret])
  assert.equal((await unwrapped(await posted(3), secret)).data.id, second.id);

const names = [];
for await (const endpoint of client.webhooks.list({ limit: 1 })) names.push(endpoint.name);
assert.deepEqual(names, ['other']);
const hint = (await client.webhooks.retrieve(made.id)).signing_secret_hint;
assert.ok(rotated.signing_secret.endsWith(hint.slice(-4)));
assert.equal((await client.webhooks.delete(made.id)).deleted, true);
await assert.rejects(client.webhooks.retrieve(made.id), OpenAI7.NotFoundError);
receiver.close();
