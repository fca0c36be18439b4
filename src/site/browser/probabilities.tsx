import { percent } from '../../quantities.ts';

/** How sure a model is of each class, in the order of its card. */
export function Probabilities({
  probabilities,
}: {
  probabilities: Readonly<Record<string, number>>;
}) {
  const entries = Object.entries(probabilities);
  const most = Math.max(...entries.map(([, share]) => share));
  return (
    <ul class="bars">
      {entries.map(([label, share]) => (
        <li key={label} data-most={share === most ? '' : undefined}>
          <span>{label}</span>{' '}
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${share * 100}%` }} />
          </span>
          <span>{percent(share)}</span>
        </li>
      ))}
    </ul>
  );
}
