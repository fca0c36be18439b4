import { Command } from 'commander';

/** A command as package.json has it: what it says of itself is what a person types. */
export function npmCommand(script: string): Command {
  const command = new Command(`npm run ${script} --`);
  return command.configureOutput({
    outputError: (message, write) => write(message + hint(message, command)),
  });
}

/** Options that do not come behind `--` are npm's: all that is left of `--model digits` is `digits`. */
function hint(message: string, command: Command): string {
  if (!message.startsWith('error: too many arguments')) return '';
  return `put -- before the options: ${command.name()} ${command.usage()}\n`;
}
