import type { AddressObject, ParsedMail } from 'mailparser';

/** Anybody on this machine can send a mail: what would steer a terminal is left out. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;

/** A mail as somebody reads it in a terminal: from whom to whom, and its plain text. */
export function mailText(mail: ParsedMail, received: Date): string {
  const { from, to, subject, text } = mail;
  const time = received.toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  const read = `---- mail ${'-'.repeat(70)}
time     ${time}
from     ${addresses(from)}
to       ${addresses(to)}
subject  ${subject ?? ''}

${(text ?? '').trim()}
${'-'.repeat(80)}`;
  return read.replaceAll(CONTROLS, '');
}

function addresses(of: AddressObject | readonly AddressObject[] | undefined): string {
  return [of ?? []]
    .flat()
    .map(({ text }) => text)
    .join(', ');
}
