import type { ModelRepository } from './repository.ts';

/**
 * The configured model, else the only one, else the one that ships with Kilat. It stays the default while it is there:
 * another model that comes must not change what is asked.
 *
 * @returns tells the name of the default, or undefined where there is none
 */
export function createDefault(
  configured: string | undefined,
  models: ModelRepository,
): () => string | undefined {
  let chosen = configured;
  const choose = () => {
    const names = models.names();
    if (configured !== undefined || (chosen !== undefined && names.includes(chosen))) return chosen;
    chosen = names.length === 1 ? names[0] : names.find((name) => name === 'breast-cancer');
    return chosen;
  };
  choose();
  return choose;
}
