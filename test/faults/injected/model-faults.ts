import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorCode } from '../../../src/errors.ts';
import { GOLDEN_MODELS } from '../../helpers/golden.ts';
import type { Scene } from '../clients/scene.ts';
import { ask } from '../question.ts';
import { TOKENS } from '../server.ts';
import { Wire } from '../wire.ts';
import { ModelFiles } from './model-files.ts';

/** What is done to the files of models, and by whoever may load and unload them. */

/** Two looks of MODEL_POLL_SECONDS, and a half-second in which files have to have stayed the same. */
const TAKEN_UP_MS = 3000;
const HALF_WRITTEN_MS = 300;

export interface ModelFault {
  readonly name: string;
  /** Does it, and mends it again. */
  readonly run: (files: ModelFiles, scene: Scene) => Promise<void>;
}

/** Loads or unloads a model by request. */
async function administer(
  { port, ledger }: Scene,
  call: 'load' | 'unload',
  model: string,
  codes: readonly ErrorCode[] = [],
): Promise<boolean> {
  const wire = await Wire.connect(port);
  const path = `/v2/repository/models/${model}/${call}`;
  const parts = { path, body: '{}', headers: { Authorization: `Bearer ${TOKENS.admin}` } };
  const answer = await ledger.ask(
    wire,
    ask(`admin: ${call}`, parts, { codes, check: () => undefined }),
  );
  wire.close();
  return answer?.status === 200;
}

/** A version beside the first one, which is never taken away. */
const another = ({ random }: Scene) => String(random.integer(2, 4));

/** Does something to a version that is served, and puts the good one back. */
async function spoil(
  files: ModelFiles,
  scene: Scene,
  damage: (version: string) => void,
): Promise<void> {
  const version = another(scene);
  files.putTable(version);
  await sleep(TAKEN_UP_MS);
  damage(version);
  await sleep(TAKEN_UP_MS);
  files.putTable(version);
}

export const MODEL_FAULTS: readonly ModelFault[] = [
  {
    name: 'a version comes, and goes',
    run: async (files, scene) => {
      const version = another(scene);
      files.putTable(version);
      await sleep(TAKEN_UP_MS);
      files.removeTable(version);
      await sleep(TAKEN_UP_MS);
    },
  },
  {
    name: 'garbage takes the place of a graph',
    run: (files, scene) => spoil(files, scene, (version) => files.putGarbage(version)),
  },
  {
    name: 'a graph is cut off',
    run: (files, scene) => spoil(files, scene, (version) => files.cutTable(version)),
  },
  {
    name: 'garbage is loaded by request',
    run: async (files, scene) => {
      files.putGarbage('1');
      if (await administer(scene, 'load', 'lookup', ['bad_model'])) {
        scene.ledger.fault('garbage was loaded');
      }
      files.putTable('1');
      await administer(scene, 'load', 'lookup');
    },
  },
  {
    name: 'a graph is copied slowly',
    run: async (files, scene) => {
      await files.copyTable(another(scene), () => sleep(HALF_WRITTEN_MS));
      await sleep(TAKEN_UP_MS);
    },
  },
  {
    name: 'a card is cut off',
    run: async (files) => {
      files.putCard('{"name": "lookup", "ta');
      await sleep(TAKEN_UP_MS);
      files.removeCard();
      await sleep(TAKEN_UP_MS);
    },
  },
  {
    name: 'the repository is away',
    run: async (files) => {
      files.takeAway();
      await sleep(TAKEN_UP_MS);
      files.bringBack();
    },
  },
  {
    name: 'a table is replaced by request',
    run: async (files, scene) => {
      for (const step of [15, ModelFiles.step('1')]) {
        files.putTable('1', step);
        if (await administer(scene, 'load', 'lookup')) files.tables.settle('1', step);
      }
    },
  },
  {
    name: 'graphs are replaced by the same',
    run: async (files) => {
      for (const model of [...GOLDEN_MODELS, 'slow']) files.touch(model);
      await sleep(TAKEN_UP_MS);
    },
  },
  {
    name: 'a model is unloaded, and loaded',
    run: async (_files, scene) => {
      const model = scene.random.pick(['diabetes', 'digits', 'lookup', 'slow']);
      await administer(scene, 'unload', model);
      await sleep(scene.random.integer(0, 500));
      await administer(scene, 'load', model);
    },
  },
];
