// Written by `npm run models:bundle`: one import per file of the models that the Worker carries. Do not edit.
import file0 from '../../model/breast-cancer/model.json' with { type: 'json' };
import file1 from '../../model/breast-cancer/1/model.onnx';
import file2 from '../../model/diabetes/model.json' with { type: 'json' };
import file3 from '../../model/diabetes/1/model.onnx';
import file4 from '../../model/digits/model.json' with { type: 'json' };
import file5 from '../../model/digits/1/model.onnx';
import { fileMapStore } from './file-map.ts';

/** The models that are part of the Worker itself. */
export const bundle = fileMapStore({
  'breast-cancer/model.json': file0,
  'breast-cancer/1/model.onnx': file1,
  'diabetes/model.json': file2,
  'diabetes/1/model.onnx': file3,
  'digits/model.json': file4,
  'digits/1/model.onnx': file5,
});
