// Google's SDK and the AI SDK as clients of the sandbox. Usage: test.mjs FOLDER, where first.png and last.png are; the
// films are left there.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { ApiError, VideoGenerationReferenceType } from '@google/genai';
import { experimental_generateVideo as generateVideo } from 'ai';
import { OAuth2Client } from 'google-auth-library';
import { fetchObject, finished, genaiClient, vertexClient } from './clients.mjs';

const [folder] = process.argv.slice(2);
const { VEO_BASE_URL } = process.env;
const model = 'veo-3.1-fast-generate-001';
const genai = genaiClient(VEO_BASE_URL);
const vertex = vertexClient(VEO_BASE_URL);

const base64 = (name) => readFileSync(`${folder}/${name}`).toString('base64');
const picture = (name) => ({ imageBytes: base64(name), mimeType: 'image/png' });
const keep = (name, data) => writeFileSync(`${folder}/${name}.mp4`, data);

async function make({ config, ...source }) {
  const operation = await genai.models.generateVideos({ model, source, config });
  assert.match(operation.name, /^projects\/sandbox-project\/locations\/us-central1\/publishers\/google\/models\/veo-/);
  return finished(genai, operation);
}

// The operation's only film.
async function film(name, wish) {
  const operation = await make(wish);
  assert.equal(operation.error, undefined);
  assert.equal(operation.response.generatedVideos.length, 1);
  const { video } = operation.response.generatedVideos[0];
  assert.equal(video.mimeType, 'video/mp4');
  keep(name, Buffer.from(video.videoBytes, 'base64'));
  return operation;
}

// ---- Google's SDK ---------------------------------------------------------------------------------------------------

async function answersInline() {
  const operation = await film('text', { prompt: 'a lighthouse', config: { durationSeconds: 4 } });
  const again = await genai.operations.getVideosOperation({ operation });
  assert.deepEqual(again.response, operation.response);
}

async function storesAndExtends() {
  const config = { durationSeconds: 4, numberOfVideos: 2, outputGcsUri: 'gs://films/run-1/' };
  const { response } = await make({ prompt: 'a harbour', config });
  const uris = response.generatedVideos.map(({ video }) => video.uri);
  assert.deepEqual(uris.map((uri) => uri.replace(/\/\d+\//, '/N/')), [
    'gs://films/run-1/N/sample_0.mp4',
    'gs://films/run-1/N/sample_1.mp4',
  ]);
  const { data, mediaType } = await fetchObject(uris[1]);
  assert.equal(mediaType, 'video/mp4');
  keep('stored', data);
  await film('extended', { prompt: 'a ship comes', video: { uri: uris[0], mimeType: 'video/mp4' } });
}

async function takesPictures() {
  const config = { durationSeconds: 6, lastFrame: picture('last.png') };
  await film('frames', { prompt: 'it turns', image: picture('first.png'), config });
  const referenceType = VideoGenerationReferenceType.ASSET;
  const referenceImages = ['first.png', 'last.png'].map((name) => ({ image: picture(name), referenceType }));
  await film('references', { prompt: 'they meet', config: { referenceImages } });
}

async function takesEveryField() {
  const config = {
    numberOfVideos: 1,
    fps: 24,
    durationSeconds: 4,
    seed: 4294967295,
    aspectRatio: '9:16',
    resolution: '1080p',
    personGeneration: 'dont_allow',
    pubsubTopic: 'projects/sandbox-project/topics/films',
    negativePrompt: 'blur',
    enhancePrompt: true,
    generateAudio: false,
    compressionQuality: 'LOSSLESS',
    resizeMode: 'CROP',
    labels: { film: 'boat' },
  };
  await film('fields', { prompt: 'a boat', image: picture('first.png'), config });
}

async function tellsFailures() {
  const failed = await make({ prompt: 'x [fail 13 a storm]' });
  assert.deepEqual(failed.error, { code: 13, message: 'a storm' });
  assert.equal(failed.response, undefined);
  const { error } = await make({ prompt: 'x', config: { durationSeconds: 5 } });
  assert.equal(error.code, 3);
  assert.match(error.message, /^Unsupported output video duration 5 seconds/);
}

async function tellsWhatWasFiltered() {
  const { error, response } = await make({ prompt: 'x [filter]' });
  assert.equal(error, undefined);
  assert.equal(response.generatedVideos, undefined);
  assert.equal(response.raiMediaFilteredCount, 1);
  assert.match(response.raiMediaFilteredReasons[0], /Support codes: \d{8}$/);
  const partly = await make({ prompt: 'x [filter 1]', config: { durationSeconds: 4, numberOfVideos: 2 } });
  assert.equal(partly.response.generatedVideos.length, 1);
  assert.equal(partly.response.raiMediaFilteredCount, 1);
}

async function refuses(status, client, wish) {
  const error = await client.models.generateVideos({ model, source: { prompt: 'x' }, ...wish }).catch((e) => e);
  assert.ok(error instanceof ApiError, String(error));
  assert.equal(error.status, status, error.message);
  assert.equal(JSON.parse(error.message).error.code, status);
}

async function tellsRefusals() {
  const stranger = new OAuth2Client();
  stranger.setCredentials({ access_token: 'wrong', expiry_date: Date.now() + 3600000 });
  await refuses(400, genai, { source: { prompt: 'x [moderate]' } });
  await refuses(400, genai, { config: { aspectRatio: '1:1' } });
  await refuses(401, genaiClient(VEO_BASE_URL, { auth: { authClient: stranger } }));
  await refuses(403, genaiClient(VEO_BASE_URL, { project: 'another' }));
  await refuses(404, genai, { model: 'veo-2.0-generate-001' });
}

// ---- the AI SDK -----------------------------------------------------------------------------------------------------

const ask = ({ vertex: options, ...wish }) =>
  generateVideo({
    model: vertex.video(model),
    duration: 4,
    maxRetries: 0,
    download: ({ url }) => fetchObject(url.href),
    providerOptions: { vertex: { pollIntervalMs: 50, ...options } },
    ...wish,
  });

async function makesForTheAiSdk() {
  const image = readFileSync(`${folder}/first.png`);
  const frameImages = [
    { image, frameType: 'first_frame' },
    { image: readFileSync(`${folder}/last.png`), frameType: 'last_frame' },
  ];
  const wishes = {
    ai_text: {
      prompt: 'a mill',
      aspectRatio: '9:16',
      resolution: '1280x720',
      seed: 7,
      generateAudio: false,
      vertex: { negativePrompt: 'rain', personGeneration: 'allow_adult' },
    },
    ai_image: { prompt: { text: 'a wheel turns', image } },
    ai_frames: { prompt: 'it turns', frameImages },
    ai_stored: { prompt: 'a mill', vertex: { storageUri: 'gs://films/ai' } },
  };
  for (const [name, wish] of Object.entries(wishes)) {
    const { video, warnings } = await ask(wish);
    assert.deepEqual(warnings, []);
    assert.equal(video.mediaType, 'video/mp4');
    keep(name, video.uint8Array);
  }
  const { videos } = await ask({ prompt: 'a mill', n: 3 });
  assert.equal(videos.length, 3);
}

async function tellsTheAiSdkOfTrouble() {
  await assert.rejects(ask({ prompt: 'x [fail 8 a storm]' }), /Video generation failed: a storm/);
  await assert.rejects(ask({ prompt: 'x [filter]' }), /No videos in response.*"raiMediaFilteredCount":1/);
  await assert.rejects(ask({ prompt: 'x', aspectRatio: '1:1' }), { name: 'AI_APICallError', statusCode: 400 });
  // Its own name for storageUri, which Google does not document.
  await assert.rejects(ask({ prompt: 'x', vertex: { gcsOutputDirectory: 'gs://films/ai' } }), /gcsOutputDirectory/);
}

await Promise.all([
  answersInline(),
  storesAndExtends(),
  takesPictures(),
  takesEveryField(),
  tellsFailures(),
  tellsWhatWasFiltered(),
  tellsRefusals(),
  makesForTheAiSdk(),
  tellsTheAiSdkOfTrouble(),
]);
