import { AppError } from '../errors.ts';

/** The bytes of bodies that are held at once, by all requests together: what many large ones could fill memory with. */
export class PendingBytes {
  private readonly max: number;
  private held = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** @throws AppError overloaded when that is more than may be held; nothing more is held then */
  take(bytes: number): void {
    if (this.held + bytes > this.max) {
      const message = `the server holds bodies of ${this.held} bytes already, of at most ${this.max}`;
      throw new AppError('overloaded', message);
    }
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}
