import { useId, useState } from 'hono/jsx/dom';
import { keepToken, type Scope } from './tokens.ts';

/** Asks for a token, and keeps it for this tab. */
export function TokenForm({
  scope,
  text,
  onToken,
}: {
  scope: Scope;
  text: string;
  onToken: () => void;
}) {
  const id = useId();
  const [token, setToken] = useState('');
  const use = (event: Event) => {
    event.preventDefault();
    if (token.trim() === '') return;
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
        onInput={(event: Event) => setToken((event.target as HTMLInputElement).value)}
      />
      <button type="submit">Use it</button>
      <small>It is kept for this tab alone, and sent to this server alone.</small>
    </form>
  );
}
