// For the same wish golem-video says what the official SDK says. Usage: same.mjs FIRST LAST, two pictures in PNG.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import RunwayML from '@runwayml/sdk';
import { assertSame, golemVideo, startRecorder } from './wire.mjs';

const [first, last] = process.argv.slice(2);
const sandbox = new URL(process.env.RUNWAYML_BASE_URL);

const dataUri = (path) => `data:image/png;base64,${readFileSync(path).toString('base64')}`;

const wishes = {
  'a text': {
    sdk: (client) =>
      client.textToVideo.create({
        model: 'gen4.5',
        promptText: 'ein Boot \u26f5 "im Regen"',
        ratio: '720:1280',
        duration: 2,
        seed: 4294967295,
        contentModeration: { publicFigureThreshold: 'low' },
        outputFormat: 'mp4',
      }),
    ours: [
      ...['generate', 'ein Boot \u26f5 "im Regen"', '--model', 'gen4.5', '--aspect-ratio', 'portrait'],
      ...['--duration', '2', '--seed', '4294967295', '--option', 'public_figure_threshold=low'],
      ...['--option', 'output_format=mp4'],
    ],
  },
  'a picture': {
    sdk: (client) =>
      client.imageToVideo.create({
        model: 'gen4_turbo',
        promptText: 'slow zoom',
        promptImage: [{ uri: dataUri(first), position: 'first' }],
        ratio: '1280:720',
        duration: 2,
        seed: 0,
      }),
    ours: [
      ...['generate', 'slow zoom', '--model', 'gen4_turbo', '--image', first, '--aspect-ratio', 'landscape'],
      ...['--duration', '2', '--seed', '0'],
    ],
  },
  'a first and a last frame': {
    sdk: (client) =>
      client.imageToVideo.create({
        model: 'veo3.1_fast',
        promptText: 'it turns',
        promptImage: [
          { uri: dataUri(first), position: 'first' },
          { uri: dataUri(last), position: 'last' },
        ],
        ratio: '1280:720',
        duration: 4,
        audio: false,
        negativePrompt: 'blur',
        seed: 7,
      }),
    ours: [
      ...['generate', 'it turns', '--model', 'veo3.1_fast', '--image', first, '--last-frame', last],
      ...['--aspect-ratio', 'landscape', '--duration', '4', '--no-audio', '--negative-prompt', 'blur', '--seed', '7'],
    ],
  },
};

function readCreate(said) {
  assert.equal(said.length, 1);
  const [{ path, type, headers, body }] = said;
  return { path, type, authorization: headers.authorization, version: headers['x-runway-version'], body };
}

const recorder = await startRecorder(sandbox.origin);
const baseURL = recorder.origin + sandbox.pathname;
const client = new RunwayML({ baseURL, maxRetries: 0 });
for (const [name, { sdk, ours }] of Object.entries(wishes)) {
  const { id } = await sdk(client);
  const said = readCreate(recorder.take());
  await client.tasks.retrieve(id).waitForTaskOutput();
  await golemVideo([...ours, '--provider', 'runway'], { RUNWAY_BASE_URL: baseURL, RUNWAYML_BASE_URL: baseURL });
  assertSame(name, said, readCreate(recorder.take()), {});
}
recorder.stop();
