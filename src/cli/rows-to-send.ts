import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { AppError } from '../errors.ts';
import { createRowReader } from '../inference/rows.ts';
import { parseDataRows } from '../rows/data-rows.ts';
import type { ServedModel } from './served-model.ts';
import { readText } from './training-data.ts';

/**
 * Finds the rows to ask a model for: those of a file or of standard input, else the examples of its card.
 *
 * @param source a file's path, or - for standard input
 * @param size rows in a request
 * @throws Error in one line: where there are no rows, or one that the model would not take, counting from 1; and the
 *   signal's reason
 */
export async function findRows(
  model: ServedModel,
  source: string | undefined,
  size: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const { name } = model;
  const fixed = fixedRows(model);
  if (fixed !== undefined && fixed !== size) {
    throw new Error(
      `model '${name}' takes ${fixed} rows at a time: send them with --rows ${fixed}`,
    );
  }
  // The server has asked for the first example itself, and for all of them whether they are rows.
  if (source === undefined) return requireExamples(model);
  const file = source === '-' ? 'stdin' : source;
  const content = source === '-' ? await readStdin(signal) : await readText(source);
  const rows = parseDataRows(content, file, model);
  if (rows.length === 0) throw new Error(`${file} has no rows`);
  checkRows(rows, file, model);
  return rows;
}

/** @returns how many rows a request has to have; undefined where the model takes as many as it is given */
export function fixedRows({ inputs }: ServedModel): number | undefined {
  return inputs.map(({ shape }) => shape[0] ?? -1).find((rows) => rows > 0);
}

/** Who has started the command and typed nothing ends it as any other. */
async function readStdin(signal: AbortSignal): Promise<string> {
  return text(addAbortSignal(signal, process.stdin)).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

function requireExamples({ name, examples }: ServedModel): readonly unknown[] {
  if (examples.length > 0) return examples;
  throw new Error(
    `model '${name}' has no examples to send: give rows with --data, or its card "examples"`,
  );
}

/** Reads each row as the server would. */
function checkRows(rows: readonly unknown[], file: string, { inputs, features }: ServedModel) {
  const read = createRowReader(inputs, features);
  for (const [i, row] of rows.entries()) {
    try {
      // A scalar has no dimension of rows, so there is no wrong row either: the server says what is.
      if (inputs.every(({ shape }) => shape.length > 0)) read([row]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // It is the first of a request of one row; what stands in quotes is a name or a value of somebody's.
      const message = error.message.replace(/\brow 0\b(?!')/, `row ${i + 1}`);
      throw new Error(`${file}${message.startsWith('row') ? ', ' : ': '}${message}`, {
        cause: error,
      });
    }
  }
}
