// For the same wish golem-video says what Google's SDK says, creating and polling.
// Usage: same.mjs FOLDER, where first.png, last.png and clip.mp4 are.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { finished, genaiClient } from './clients.mjs';
import { assertSame, golemVideo, startRecorder } from './wire.mjs';

const [folder] = process.argv.slice(2);
const model = 'veo-3.1-fast-generate-001';
const sandbox = new URL(process.env.VEO_BASE_URL);

const file = (name) => `${folder}/${name}`;
const base64 = (name) => readFileSync(file(name)).toString('base64');
const picture = (name) => ({ imageBytes: base64(name), mimeType: 'image/png' });

// Google serves both versions and documents v1; its samples of a create name the characters of the body.
const always = {
  'create.version': ['v1beta1', 'v1'],
  'create.type': ['application/json', 'application/json; charset=utf-8'],
  'poll.version': ['v1beta1', 'v1'],
};

// What the caller leaves open golem-video says as Google's default has it, so that the film that is paid for stays the
// one that was asked for if a default moves.
const spelledOut = (parameters) =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [`create.body.parameters.${name}`, [undefined, value]]),
  );

const wishes = {
  'a text and nothing else': {
    sdk: { source: { prompt: 'a lighthouse' } },
    ours: ['generate', 'a lighthouse'],
    exceptions: spelledOut({
      aspectRatio: '16:9',
      durationSeconds: 8,
      resolution: '720p',
      generateAudio: true,
      sampleCount: 1,
    }),
  },
  'a text with every setting': {
    sdk: {
      source: { prompt: 'ein Boot \u26f5 "im Regen"' },
      config: {
        numberOfVideos: 2,
        durationSeconds: 4,
        seed: 4294967295,
        aspectRatio: '9:16',
        resolution: '1080p',
        negativePrompt: 'blur',
        generateAudio: false,
        personGeneration: 'dont_allow',
        compressionQuality: 'LOSSLESS',
        pubsubTopic: 'projects/sandbox-project/topics/films',
        labels: { film: 'boat' },
      },
    },
    ours: [
      ...['generate', 'ein Boot \u26f5 "im Regen"', '--duration', '4', '--seed', '4294967295', '--no-audio'],
      ...['--aspect-ratio', 'portrait', '--resolution', 'fhd', '--negative-prompt', 'blur'],
      ...['--option', 'sample_count=2', '--option', 'person_generation=dont_allow'],
      ...['--option', 'compression_quality=lossless', '--option', 'labels={"film":"boat"}'],
      ...['--option', 'pubsub_topic=projects/sandbox-project/topics/films'],
    ],
    // Google documents its words in lower case, and takes either.
    exceptions: { 'create.body.parameters.compressionQuality': ['LOSSLESS', 'lossless'] },
  },
  'a picture': {
    sdk: {
      source: { prompt: 'slow zoom', image: picture('first.png') },
      config: { durationSeconds: 4, aspectRatio: '16:9', resolution: '720p', resizeMode: 'CROP', seed: 0 },
    },
    ours: [
      ...['generate', 'slow zoom', '--image', file('first.png'), '--duration', '4', '--resolution', 'hd'],
      ...['--aspect-ratio', 'landscape', '--seed', '0', '--option', 'resize_mode=crop'],
    ],
    exceptions: {
      ...spelledOut({ generateAudio: true, sampleCount: 1 }),
      'create.body.parameters.resizeMode': ['CROP', 'crop'],
    },
  },
  'a first and a last frame': {
    sdk: {
      source: { prompt: 'it turns', image: picture('first.png') },
      config: {
        lastFrame: picture('last.png'),
        numberOfVideos: 1,
        durationSeconds: 4,
        aspectRatio: '16:9',
        resolution: '720p',
        generateAudio: true,
      },
    },
    ours: [
      ...['generate', 'it turns', '--image', file('first.png'), '--last-frame', file('last.png')],
      ...['--duration', '4', '--aspect-ratio', 'landscape', '--resolution', 'hd', '--audio'],
    ],
    exceptions: {},
  },
  references: {
    sdk: {
      source: { prompt: 'they meet' },
      config: {
        referenceImages: ['first.png', 'last.png'].map((name) => ({ image: picture(name), referenceType: 'ASSET' })),
        durationSeconds: 8,
        aspectRatio: '16:9',
        resolution: '720p',
      },
    },
    ours: [
      ...['multi-image', file('first.png'), file('last.png'), '--prompt', 'they meet', '--duration', '8'],
      ...['--aspect-ratio', 'landscape', '--resolution', 'hd'],
    ],
    exceptions: {
      ...spelledOut({ generateAudio: true, sampleCount: 1 }),
      'create.body.instances.0.referenceImages.0.referenceType': ['ASSET', 'asset'],
      'create.body.instances.0.referenceImages.1.referenceType': ['ASSET', 'asset'],
    },
  },
  'a film to be made longer': {
    sdk: { source: { prompt: 'a ship comes', video: { videoBytes: base64('clip.mp4'), mimeType: 'video/mp4' } } },
    ours: ['generate', '--video', file('clip.mp4'), '--option', 'prompt=a ship comes'],
    exceptions: spelledOut({ generateAudio: true, sampleCount: 1 }),
  },
  'a place in a bucket': {
    sdk: {
      source: { prompt: 'a harbour' },
      config: { outputGcsUri: 'gs://films/run-1/', durationSeconds: 4, aspectRatio: '16:9', resolution: '720p' },
    },
    ours: [
      ...['generate', 'a harbour', '--option', 'storage_uri=gs://films/run-1/', '--duration', '4'],
      ...['--aspect-ratio', 'landscape', '--resolution', 'hd'],
    ],
    exceptions: {
      ...spelledOut({ generateAudio: true, sampleCount: 1 }),
      // Each job has a folder of its own, where it is found again should the answer be lost.
      'create.body.parameters.storageUri': ['gs://films/run-1/', 'gs://films/run-1/JOB/'],
    },
  },
};

function readRequest({ path, type, headers, body }) {
  const [, version, resource] = /^\/veo\/([^/]+)(\/.*)$/.exec(path);
  const [scheme] = headers.authorization.split(' ');
  return { version, resource, type, scheme, body };
}

// The only create and the first poll; names that differ from job to job are made alike.
function readConversation(said) {
  const plain = JSON.parse(
    JSON.stringify(said).replace(/\/operations\/[0-9a-f-]+/g, '/operations/ID').replace(/\/gv-gv_[0-9a-z]+/g, '/JOB'),
  );
  const creates = plain.filter(({ path }) => path.endsWith(':predictLongRunning'));
  const [poll] = plain.filter(({ path }) => path.endsWith(':fetchPredictOperation'));
  assert.equal(creates.length, 1);
  return { create: readRequest(creates[0]), poll: readRequest(poll) };
}

const recorder = await startRecorder(sandbox.origin);
const baseUrl = recorder.origin + sandbox.pathname;
const genai = genaiClient(baseUrl);
for (const [name, { sdk, ours, exceptions }] of Object.entries(wishes)) {
  await finished(genai, await genai.models.generateVideos({ model, ...sdk }));
  const said = readConversation(recorder.take());
  await golemVideo([...ours, '--provider', 'veo', '--model', model], { VEO_BASE_URL: baseUrl });
  assertSame(name, said, readConversation(recorder.take()), { ...always, ...exceptions });
}
recorder.stop();
