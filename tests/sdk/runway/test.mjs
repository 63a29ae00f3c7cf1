// The official SDK as a client of the sandbox, configured by nothing but its environment. Usage: test.mjs PICTURE
import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { createReadStream } from 'node:fs';
import RunwayML, { TaskFailedError } from '@runwayml/sdk';

globalThis.File ??= File; // which Node.js 18 has, but not as a global

const client = new RunwayML({ maxRetries: 0 });
const film = { model: 'gen4.5', promptText: 'a boat', ratio: '1280:720', duration: 2 };

async function typeOf(url) {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  await response.arrayBuffer();
  return response.headers.get('content-type');
}

async function createsAndWaits() {
  const task = await client.textToVideo.create(film).waitForTaskOutput();
  assert.equal(task.status, 'SUCCEEDED');
  assert.equal(task.cost.credits, 24);
  assert.equal(await typeOf(task.output[0]), 'video/mp4');
  return task;
}

async function tellsFailures() {
  const failing = { ...film, promptText: 'x [fail: INTERNAL.BAD_OUTPUT.CODE01 a logo]' };
  const error = await client.textToVideo
    .create(failing)
    .waitForTaskOutput()
    .then(() => assert.fail('it must fail'), (e) => e);
  assert.ok(error instanceof TaskFailedError, String(error));
  assert.equal(error.taskDetails.failure, 'a logo');
  assert.equal(error.taskDetails.failureCode, 'INTERNAL.BAD_OUTPUT.CODE01');
  assert.equal(error.taskDetails.cost.credits, 0);
}

async function deletesOnce() {
  const { id } = await client.textToVideo.create(film);
  await client.tasks.delete(id);
  await assert.rejects(async () => client.tasks.retrieve(id), RunwayML.NotFoundError);
  await assert.rejects(async () => client.tasks.delete(id), RunwayML.NotFoundError);
}

async function uploads(picture) {
  const { uri } = await client.uploads.createEphemeral({ file: createReadStream(picture) });
  assert.match(uri, /^runway:\/\//);
  const wish = { model: 'gen4_turbo', promptImage: uri, ratio: '1280:720', duration: 2 };
  const { id } = await client.imageToVideo.create(wish);
  const task = await client.tasks.retrieve(id).waitForTaskOutput();
  assert.equal(await typeOf(task.output[0]), 'video/mp4');
}

async function makesPictures() {
  const { id } = await client.textToImage.create({ model: 'gen4_image', promptText: 'a boat', ratio: '720:720' });
  const task = await client.tasks.retrieve(id).waitForTaskOutput();
  assert.equal(await typeOf(task.output[0]), 'image/png');
}

async function tellsRefusals() {
  const wrong = { ...film, ratio: '16:9', duration: 11 };
  await assert.rejects(async () => client.textToVideo.create(wrong), (e) => {
    assert.ok(e instanceof RunwayML.BadRequestError);
    assert.deepEqual(e.error.issues.map((issue) => issue.path[0]), ['ratio', 'duration']);
    return true;
  });
  const nobody = new RunwayML({ apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(async () => nobody.organization.retrieve(), RunwayML.AuthenticationError);
}

async function tellsTheAccount() {
  const { creditBalance, tier, usage } = await client.organization.retrieve();
  assert.ok(creditBalance > 0 && creditBalance < 1000000);
  assert.equal(tier.models['gen4.5'].maxConcurrentGenerations, 5);
  assert.ok(usage.models['gen4.5'].dailyGenerations >= 3);
  const { results } = await client.organization.retrieveUsage();
  const today = results.flatMap((day) => day.usedCredits).filter((used) => used.model === 'gen4.5');
  assert.ok(today.reduce((sum, used) => sum + used.amount, 0) >= 48);
}

await Promise.all([
  createsAndWaits(),
  tellsFailures(),
  deletesOnce(),
  uploads(process.argv[2]),
  makesPictures(),
  tellsRefusals(),
]);
await tellsTheAccount();
