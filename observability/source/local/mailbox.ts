import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

interface MailboxOptions {
  /** Who may send; anybody on this machine when left out. */
  readonly credentials?: Credentials;
  /** Told every mail, what it came as, and the how many-th it is. Where it throws, the sender tries again. */
  readonly onMail?: (mail: ParsedMail, source: Uint8Array, count: number) => void;
}

/** A mail server on the loopback address that keeps what it is sent, and sends nothing on. */
export class Mailbox {
  readonly mails: ParsedMail[] = [];
  private readonly server: SMTPServer;

  private constructor({ credentials, onMail }: MailboxOptions) {
    this.server = new SMTPServer({
      authMethods: ['PLAIN', 'LOGIN'],
      // It is all on this machine, and there is no certificate for it.
      disabledCommands: credentials ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, callback) => {
        const known = username === credentials?.username && password === credentials?.password;
        if (known) callback(null, { user: username });
        else callback(new Error('unknown user or wrong password'));
      },
      onData: (stream, _session, callback) => {
        const received = async () => {
          const source = await buffer(stream);
          const mail = await simpleParser(source);
          const count = this.mails.push(mail);
          onMail?.(mail, source, count);
        };
        received().then(() => callback(), callback);
      },
    });
    // A sender that breaks off is the sender's affair.
    this.server.on('error', () => {});
  }

  static async open(options: MailboxOptions = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    const listening = mailbox.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    return mailbox;
  }

  /** host:port */
  get address(): string {
    const address = this.server.server.address();
    return `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
