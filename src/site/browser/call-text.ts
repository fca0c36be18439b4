/** A request for a prediction, as somebody else would send it. */
export interface Call {
  readonly url: string;
  readonly instances: readonly unknown[];
  /** Whether the server asks for a token; none is ever shown. */
  readonly needsToken: boolean;
}

/** How a call is written in each language, with nothing that would have to be installed for it. */
export const LANGUAGES = {
  curl: writeCurl,
  JavaScript: writeJavaScript,
  Python: writePython,
} as const satisfies Record<string, (call: Call) => string>;

/** In bytes, with room for what stands around it: Linux takes no argument of a command that is longer than 128 KiB. */
const LONGEST_ARGUMENT = 100_000;

function writeCurl({ url, instances, needsToken }: Call): string {
  const body = JSON.stringify({ instances });
  const token = needsToken ? ['-H "Authorization: Bearer $API_TOKEN"'] : [];
  const data =
    new TextEncoder().encode(body).length > LONGEST_ARGUMENT
      ? // JSON has no line of its own that could end it.
        `-d @- <<'JSON'\n${body}\nJSON`
      : `-d '${body.replaceAll("'", String.raw`'\''`)}'`;
  return [`curl -s '${url}'`, "-H 'Content-Type: application/json'", ...token, data].join(
    ' \\\n  ',
  );
}

function writeJavaScript({ url, instances, needsToken }: Call): string {
  const headers = [
    "'Content-Type': 'application/json'",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a program.
    ...(needsToken ? ['Authorization: `Bearer ${process.env.API_TOKEN}`'] : []),
  ];
  return `const response = await fetch('${url}', {
  method: 'POST',
  headers: { ${headers.join(', ')} },
  body: JSON.stringify(${JSON.stringify({ instances })}),
});
console.log(await response.json());`;
}

function writePython({ url, instances, needsToken }: Call): string {
  const headers = [
    '"Content-Type": "application/json"',
    ...(needsToken ? ['"Authorization": "Bearer " + os.environ["API_TOKEN"]'] : []),
  ];
  return `import json${needsToken ? ', os' : ''}
from urllib.request import Request, urlopen

body = ${toPython({ instances })}
request = Request("${url}", json.dumps(body).encode(), {${headers.join(', ')}})
print(json.load(urlopen(request)))`;
}

/** A JSON value as Python writes it. Text and numbers are the same in both. */
function toPython(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(toPython).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([name, field]) => `${JSON.stringify(name)}: ${toPython(field)}`,
  );
  return `{${fields.join(', ')}}`;
}
