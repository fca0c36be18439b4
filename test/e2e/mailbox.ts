import { once } from 'node:events';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A mail server that keeps what it is sent: it takes mail from whoever has the password. */
export class Mailbox {
  readonly mails: ParsedMail[] = [];
  private readonly server: SMTPServer;

  private constructor({ username, password }: Credentials) {
    this.server = new SMTPServer({
      authMethods: ['PLAIN', 'LOGIN'],
      // It is all on this machine, and there is no certificate for it.
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth: (given, _session, callback) => {
        const known = given.username === username && given.password === password;
        if (known) callback(null, { user: username });
        else callback(new Error('unknown user or wrong password'));
      },
      onData: (stream, _session, callback) => {
        const received = async () => {
          this.mails.push(await simpleParser(stream));
        };
        received().then(() => callback(), callback);
      },
    });
  }

  static async open(credentials: Credentials): Promise<Mailbox> {
    const mailbox = new Mailbox(credentials);
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
