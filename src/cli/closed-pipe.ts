import { constants } from 'node:os';

/**
 * Ends the process quietly once nobody reads what it prints, as SIGPIPE would, which Node ignores: `npm run infer | head`
 * has what it wants, and the rest would be for nobody. Where it cannot be written for another reason, one line says so.
 */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
    // To throw here would end it as well, with a stack.
    console.error(`cannot write: ${error.code ?? error.message}`);
    process.exit(1);
  });
}
