import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions of a Dockerfile, by stage; lines that go on are one. */
export function readStages(path: string): Instruction[][] {
  const text = readFileSync(path, 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '');
  const stages: Instruction[][] = [];
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, name = '', value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, value });
  }
  return stages;
}

/** What the instructions of one name say. */
export function valuesOf(stage: readonly Instruction[], name: string): string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ value }) => value);
}

/** What a stage copies. */
export interface Copy {
  /** The stage that it comes from; undefined for the build context. */
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function readCopy(value: string): Copy {
  const [, from, paths = ''] = /^(?:--from=(\S+)\s+)?(.*)$/.exec(value) ?? [];
  const words = paths.split(/\s+/);
  return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}

/** What others call a stage that they copy from. */
export function nameOf(stage: readonly Instruction[]): string | undefined {
  return / AS (\S+)$/i.exec(valuesOf(stage, 'FROM')[0] ?? '')?.[1];
}

/** A pattern of .dockerignore as an expression: as in Go, a star also stands for a dot at the beginning of a name. */
function toExpression(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('?', '[^/]')
    .replaceAll('**/', '<any folder>')
    .replaceAll('*', '[^/]*')
    .replaceAll('<any folder>', '(?:.*/)?');
  return new RegExp(`^${source}$`);
}

/**
 * Whether a .dockerignore lets a path into the build: the last pattern that fits it, or a folder that it is in, decides
 * (https://docs.docker.com/build/concepts/context/#dockerignore-files).
 */
export function createFilter(dockerignore: string): (path: string) => boolean {
  const patterns = readFileSync(dockerignore, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({
      keep: line.startsWith('!'),
      expression: toExpression(line.replace(/^!/, '')),
    }));
  return (path) => {
    const parts = path.split('/');
    const places = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    const last = patterns.findLast(({ expression }) =>
      places.some((each) => expression.test(each)),
    );
    return last?.keep ?? true;
  };
}
