import { useId, useState } from 'hono/jsx/dom';
import { type Call, LANGUAGES } from './call-text.ts';
import { cutText } from './cut-text.ts';
import { useEffect } from './use-effect.ts';

type Language = keyof typeof LANGUAGES;
const COPYING = {
  none: '',
  done: 'Copied',
  refused: 'Not allowed here: select it by hand',
} as const;
const NAMES = Object.keys(LANGUAGES) as Language[];

/** The question that was asked last, as programs ask it, to be taken along. */
export function CallExamples({ call }: { call: Call }) {
  const group = useId();
  const [language, setLanguage] = useState<Language>('curl');
  const [copying, setCopying] = useState<keyof typeof COPYING>('none');
  const text = LANGUAGES[language](call);
  useEffect(() => setCopying('none'), [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopying('done');
    } catch {
      // Browsers refuse it where the page came without TLS from another machine.
      setCopying('refused');
    }
  };
  return (
    <section class="call" aria-label="The same call from a program">
      <div class="choices">
        <fieldset class="segments">
          <legend>As</legend>
          {NAMES.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name={group}
                checked={name === language}
                onChange={() => setLanguage(name)}
              />
              {name}
            </label>
          ))}
        </fieldset>
        <button type="button" onClick={copy}>
          Copy
        </button>
        <span role="status">{COPYING[copying]}</span>
      </div>
      {/* Who has to select it by hand needs all of it. */}
      <pre tabindex={0}>{copying === 'refused' ? text : cutText(text)}</pre>
    </section>
  );
}
