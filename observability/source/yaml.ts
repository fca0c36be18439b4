import { Document } from 'yaml';
import { NOTICE } from './files.ts';

/**
 * A YAML file that says what wrote it.
 *
 * @param options.indent spaces per level
 * @param options.comment what else stands at its head, in lines
 */
export function toYaml(value: unknown, options: { indent: number; comment?: string }): string {
  // Prometheus and Grafana read with Go's library, to which some words mean what they did in YAML 1.1.
  const document = new Document(value, { version: '1.1', aliasDuplicateObjects: false });
  const comment = [NOTICE, ...(options.comment ? ['', ...options.comment.split('\n')] : [])];
  document.commentBefore = comment.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
  return document.toString({ indent: options.indent, lineWidth: 0 });
}
