// The official client, unchanged, against golem-video's server. Usage: test.mjs PACKAGE PICTURE FILM, with the server
// at SERVER, tokens of two tenants in TOKEN and OTHER_TOKEN, and its sandbox at SANDBOX.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';

const [name, picture, film] = process.argv.slice(2);
const { default: OpenAI, APIError, NotFoundError, BadRequestError } = await import(name);
const { SERVER, SANDBOX, TOKEN, OTHER_TOKEN } = process.env;

const clientAt = (origin, apiKey = TOKEN, more = {}) =>
  new OpenAI({ baseURL: `${origin}/v1`, apiKey, webhookSecret: null, maxRetries: 0, ...more });
const client = clientAt(SERVER);
const stranger = clientAt(SERVER, OTHER_TOKEN);

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const statuses = ['queued', 'in_progress', 'completed', 'failed'];

function checkVideo(video) {
  assert.equal(video.object, 'video');
  assert.ok(statuses.includes(video.status), `status ${video.status}`);
  assert.ok(Number.isInteger(video.progress) && video.progress >= 0 && video.progress <= 100);
  assert.ok(Number.isInteger(video.created_at));
  assert.equal(typeof video.seconds, 'string');
  assert.equal(typeof video.size, 'string');
  for (const key of ['completed_at', 'expires_at', 'remixed_from_video_id', 'error', 'prompt']) assert.ok(key in video);
  return video;
}

// Looks as often as the server says, and holds progress to rising.
async function ended(id) {
  for (let last = -1; ; ) {
    const { data: video, response } = await client.videos.retrieve(id).withResponse();
    checkVideo(video);
    assert.ok(video.progress >= last, `progress fell from ${last} to ${video.progress}`);
    last = video.progress;
    if (video.status === 'completed' || video.status === 'failed') return video;
    const ms = Number(response.headers.get('openai-poll-after-ms'));
    assert.ok(ms > 0, 'openai-poll-after-ms');
    await sleep(ms);
  }
}

async function completed(id) {
  const video = await ended(id);
  assert.equal(video.status, 'completed', video.error?.message);
  assert.equal(video.progress, 100);
  assert.ok(video.completed_at >= video.created_at);
  assert.equal(video.error, null);
  return video;
}

async function creates() {
  const answer = await fetch(`${SANDBOX}/_sandbox/ledger`);
  return (await answer.json()).creates.length;
}

async function refused(promise, Kind, code) {
  const error = await promise.then(
    () => assert.fail(`not refused; ${code} was expected`),
    (e) => e,
  );
  assert.ok(error instanceof Kind, `${error}`);
  assert.equal(error.code, code, error.message);
  assert.ok(error.requestID, 'x-request-id');
  return error;
}

const tests = {
  async 'create, retrieve and content in three variants'() {
    const before = await creates();
    const made = checkVideo(
      await client.videos.create({ prompt: 'a paper boat', model: 'kling/kling-v2-6', seconds: '5', size: '1280x720' }),
    );
    assert.equal(made.status, 'queued');
    assert.equal(made.model, 'kling/kling-v2-6');
    assert.equal(made.prompt, 'a paper boat');
    assert.equal(made.seconds, '5');
    const video = await completed(made.id);
    assert.equal(video.size, '1280x720');
    assert.equal(await creates(), before + 1);
    for (const [variant, type, magic] of [
      ['video', 'video/mp4', 'ftyp'],
      ['thumbnail', 'image/jpeg', '\xff\xd8'],
      ['spritesheet', 'image/jpeg', '\xff\xd8'],
    ]) {
      const answer = await client.videos.downloadContent(made.id, { variant });
      const bytes = Buffer.from(await answer.arrayBuffer());
      assert.equal(answer.headers.get('content-type'), type);
      assert.equal(Number(answer.headers.get('content-length')), bytes.length);
      assert.ok(bytes.subarray(0, 12).toString('latin1').includes(magic), variant);
    }
  },

  async 'a picture as file, and the same by data: URL'() {
    const wish = { prompt: 'it turns', model: 'kling/kling-v2-6', seconds: '5' };
    const file = await client.videos.create({ ...wish, input_reference: createReadStream(picture) });
    const image_url = `data:image/png;base64,${readFileSync(picture).toString('base64')}`;
    const url = await client.videos.create({ ...wish, input_reference: { image_url } });
    const [a, b] = [await completed(file.id), await completed(url.id)];
    assert.deepEqual(a.golem_video.request, b.golem_video.request);
  },

  async 'a data: URL of 12 MB'() {
    const large = Buffer.concat([readFileSync(picture), Buffer.alloc(9_000_000)]); // decoders stop at a picture's end
    const image_url = `data:image/png;base64,${large.toString('base64')}`;
    const { id } = await client.videos.create({ prompt: 'it turns', model: 'kling/kling-v2-6', input_reference: { image_url } });
    const video = await completed(id);
    assert.equal(video.golem_video.request.input.image.data.blob.bytes, large.length);
  },

  async 'our own extras ride along'() {
    const made = await client.videos.create({
      prompt: 'a boat',
      model: 'kling/kling-v2-6',
      seconds: 5,
      golem_video: { config: { negative_prompt: 'rain', aspect_ratio: 'square' }, metadata: { film: '7' } },
    });
    const video = await completed(made.id);
    assert.deepEqual(video.golem_video.metadata, { film: '7' });
    assert.equal(video.golem_video.request.config.negative_prompt, 'rain');
    const [width, height] = video.size.split('x');
    assert.equal(width, height);
  },

  async 'list in two pages'() {
    const ids = [];
    for (const prompt of ['one', 'two', 'three'])
      ids.push((await client.videos.create({ prompt, model: 'kling/kling-v2-6' })).id);
    const page = await client.videos.list({ limit: 2 });
    assert.deepEqual(page.data.map((v) => v.id), [ids[2], ids[1]]);
    assert.ok(page.hasNextPage());
    const next = await page.getNextPage();
    assert.equal(next.data[0].id, ids[0]);
    const rising = [];
    for await (const video of client.videos.list({ limit: 2, order: 'asc' })) rising.push(checkVideo(video).id);
    assert.deepEqual(rising, [...rising].sort());
    assert.deepEqual(rising.slice(-3), ids);
    for (const id of ids) await completed(id);
  },

  async 'remix, edit and extend'() {
    const source = await completed(
      (
        await client.videos.create({
          prompt: 'a boat',
          model: 'kling/kling-v1-6',
          seconds: '5',
          golem_video: { config: { provider_options: { allow_retired: 'true' } } },
        })
      ).id,
    );
    const longer = await completed(
      (await client.videos.extend({ prompt: 'it sails on', seconds: '5', video: { id: source.id } })).id,
    );
    assert.ok(Number(longer.seconds) > Number(source.seconds), `${longer.seconds} s after ${source.seconds} s`);
    const clip = await completed(
      (await client.videos.create({ prompt: 'a boat', model: 'runway/gen4.5', seconds: '5', size: '1280x720' })).id,
    );
    const edit = await client.videos.edit({ prompt: 'by night', model: 'runway/aleph2', video: { id: clip.id } });
    assert.equal((await completed(edit.id)).prompt, 'by night');
    const upload = { prompt: 'in snow', model: 'runway/aleph2', video: createReadStream(film) };
    await completed((await client.videos.edit(upload)).id);
    const remix = await client.videos.remix(edit.id, { prompt: 'at noon' });
    assert.equal(remix.remixed_from_video_id, edit.id);
    assert.equal((await completed(remix.id)).prompt, 'at noon');
    await refused(client.videos.remix(source.id, { prompt: 'no' }), BadRequestError, 'unsupported');
  },

  async 'delete'() {
    const { id } = await client.videos.create({ prompt: 'gone', model: 'kling/kling-v2-6' });
    await completed(id);
    assert.deepEqual(await client.videos.delete(id), { id, object: 'video.deleted', deleted: true });
    await refused(client.videos.retrieve(id), NotFoundError, 'not_found');
  },

  async 'what no provider has is said plainly'() {
    const error = await refused(
      client.videos.createCharacter({ name: 'Mia', video: createReadStream(film) }),
      BadRequestError,
      'unsupported',
    );
    assert.match(error.message, /character/);
    await refused(client.videos.create({ prompt: 'x', model: 'sora-2' }), BadRequestError, 'model_not_found');
    await refused(client.videos.create({ prompt: 'x', model: 'kling/none' }), BadRequestError, 'model_not_found');
    await refused(client.videos.retrieve('gv_01k6yq5t1wz8q4y0n3j2v7b9xd'), NotFoundError, 'not_found');
  },

  async "another tenant's video is none, on every route"() {
    const { id } = await client.videos.create({ prompt: 'mine', model: 'kling/kling-v2-6' });
    await completed(id);
    const prompt = 'x';
    for (const attempt of [
      () => stranger.videos.retrieve(id),
      () => stranger.videos.downloadContent(id),
      () => stranger.videos.delete(id),
      () => stranger.videos.remix(id, { prompt }),
      () => stranger.videos.edit({ prompt, video: { id } }),
      () => stranger.videos.extend({ prompt, seconds: '5', video: { id } }),
      () => stranger.post(`/videos/${id}/cancel`),
      () => stranger.post(`/videos/${id}/resolve`, { body: { how: 'give_up' } }),
      () => stranger.get(`/videos/${id}/log`),
      () => stranger.get(`/videos/${id}/events`),
    ])
      await refused(attempt(), NotFoundError, 'not_found');
    const own = (await client.videos.list({ limit: 100 })).data.map((v) => v.id);
    const theirs = (await stranger.videos.list({ limit: 100 })).data.map((v) => v.id);
    assert.deepEqual(theirs.filter((one) => own.includes(one)), []);
    await refused(clientAt(SERVER, 'none').videos.list(), APIError, 'invalid_api_key');
  },

  async 'three sends of one create, answers lost: one job, one create'() {
    let sends = 0;
    const lossy = createServer(async (from, to) => {
      const chunks = [];
      for await (const chunk of from) chunks.push(chunk);
      const onward = request(new URL(from.url, SERVER), { method: from.method, headers: from.headers }, (answer) => {
        if (from.method === 'POST' && ++sends < 3) return void answer.resume().on('end', () => to.destroy());
        to.writeHead(answer.statusCode, answer.headers);
        answer.pipe(to);
      });
      onward.end(Buffer.concat(chunks));
    });
    lossy.listen(0, '127.0.0.1');
    await once(lossy, 'listening');
    const before = await creates();
    const patient = clientAt(`http://127.0.0.1:${lossy.address().port}`, TOKEN, { maxRetries: 2 });
    const wish = { prompt: `lost ${name}`, model: 'kling/kling-v2-6', input_reference: await OpenAI.toFile(readFileSync(picture), 'a.png') };
    const { id } = await patient.videos.create(wish);
    lossy.closeAllConnections();
    lossy.close();
    assert.equal(sends, 3);
    await completed(id);
    assert.equal(await creates(), before + 1);
    const same = (await client.videos.list({ limit: 100 })).data.filter((v) => v.prompt === wish.prompt);
    assert.deepEqual(same.map((v) => v.id), [id]);
  },

  async 'a key of the caller'() {
    const headers = { 'Idempotency-Key': `key-${name}` };
    const wish = { prompt: 'keyed', model: 'kling/kling-v2-6' };
    const first = await client.videos.create(wish, { headers });
    await completed(first.id);
    const { data: again, response } = await client.videos.create(wish, { headers }).withResponse();
    assert.deepEqual(again, first);
    assert.equal(response.headers.get('idempotent-replayed'), 'true');
    const other = client.videos.create({ ...wish, prompt: 'other' }, { headers });
    await refused(other, APIError, 'idempotency_key_reused');
    const foreign = await stranger.videos.create(wish, { headers });
    assert.notEqual(foreign.id, first.id);
  },
};

const wanted = process.env.ONLY;
for (const [title, run] of Object.entries(tests)) {
  if (wanted && !title.includes(wanted)) continue;
  await run();
  console.log(`ok ${name}: ${title}`);
}
