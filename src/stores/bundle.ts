// Written by `npm run models:bundle`: one import per model that the Worker carries. Do not edit.
import card0 from '../../model/breast-cancer/model.json' with { type: 'json' };
import graph0v1 from '../../model/breast-cancer/1/model.onnx';
import card1 from '../../model/diabetes/model.json' with { type: 'json' };
import graph1v1 from '../../model/diabetes/1/model.onnx';
import card2 from '../../model/digits/model.json' with { type: 'json' };
import graph2v1 from '../../model/digits/1/model.onnx';
import type { ModelStore } from '../inference/repository.ts';

function bundled(version: string, graph: ArrayBuffer) {
  return { version, graph: async () => new Uint8Array(graph) };
}

const models = [
  { name: 'breast-cancer', card: async () => card0, versions: [bundled('1', graph0v1)] },
  { name: 'diabetes', card: async () => card1, versions: [bundled('1', graph1v1)] },
  { name: 'digits', card: async () => card2, versions: [bundled('1', graph2v1)] },
];

/** The models that are part of the Worker itself. */
export const bundle: ModelStore = { list: async () => models };
