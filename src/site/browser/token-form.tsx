import { useId, useState } from 'hono/jsx/dom';
import { keepToken, type Scope } from './tokens.ts';

/** What a token is made of (config.ts); no other would arrive. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Asks for a token, and keeps it for this tab. */
export function TokenForm({
  scope,
  text,
  isRefused,
  onToken,
}: {
  scope: Scope;
  text: string;
  /** Whether the last one was not taken. */
  isRefused: boolean;
  onToken: () => void;
}) {
  const id = useId();
  const [token, setToken] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  const problem = isWrong
    ? 'A token is letters, digits and . _ ~ + / - alone.'
    : isRefused && 'The server does not take that token.';
  const use = (event: Event) => {
    event.preventDefault();
    const isToken = TOKEN.test(token.trim());
    setIsWrong(!isToken);
    if (!isToken) return;
    keepToken(scope, token.trim());
    onToken();
  };
  return (
    <form class="token" onSubmit={use}>
      <label for={id}>{text}</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={token}
        aria-invalid={problem ? 'true' : undefined}
        aria-describedby={problem ? `${id}-problem` : undefined}
        onInput={(event: Event) => setToken((event.target as HTMLInputElement).value)}
      />
      <button type="submit">Use it</button>
      {problem && (
        <strong id={`${id}-problem`} class="problem" role="alert">
          {problem}
        </strong>
      )}
      <small>It is kept for this tab alone, and sent to this server alone.</small>
    </form>
  );
}
