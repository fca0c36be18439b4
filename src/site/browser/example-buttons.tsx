/** The rows of a model's card, to start from. */
export function ExampleButtons({
  examples,
  onChoose,
}: {
  examples: readonly unknown[];
  onChoose: (example: unknown) => void;
}) {
  if (examples.length === 0) return null;
  return (
    <fieldset class="examples">
      <legend>Examples</legend>
      {examples.map((example, i) => (
        <button key={i} type="button" onClick={() => onChoose(example)}>
          <span class="unseen">Example </span>
          {i + 1}
        </button>
      ))}
    </fieldset>
  );
}
