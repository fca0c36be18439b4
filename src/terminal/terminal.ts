import type { LineWriter } from '../log.ts';
import { formatLine, parseLine } from './log-lines.ts';
import { type ColourSupport, createPaint, type Paint, plain } from './text.ts';
import { type Started, welcome } from './welcome.ts';

/** Who started the server, and sees what it says. */
export class Terminal implements LineWriter {
  private readonly paint: Paint;
  private readonly lines: LineWriter;
  private hasStarted = false;

  /** @param lines takes what is to be shown, a line or several */
  constructor(terminal: ColourSupport, lines: LineWriter) {
    this.paint = createPaint(terminal);
    this.lines = lines;
  }

  /** What is shown before the models are loaded, which may take a while. */
  heading(version: string, repository: string): string {
    return `${this.paint('bold', `Kilat ${version}`)} loads the models of ${plain(repository)}\n`;
  }

  /** Shows what is served where, and from then on every line of the log. */
  welcome(started: Started): void {
    this.hasStarted = true;
    this.lines.write(welcome(started, this.paint));
  }

  /**
   * Shows a line of the log. Until the server has started those are left out that the welcome tells better: what went
   * well, and which models cannot be served.
   *
   * @param json as pino writes it
   */
  write(json: string): void {
    const line = parseLine(json);
    if (!line) {
      this.lines.write(json);
      return;
    }
    const isTold = line.level === 'info' || line.level === 'debug' || 'fault' in line;
    if (this.hasStarted || !isTold) this.lines.write(formatLine(line, this.paint));
  }
}
