/**
 * What is put in the place of something valid. None of it looks like a path of this machine or like a stack, so that
 * an answer in which one is found has it from the server.
 */

/** The words of a text, between spaces and line feeds; a space within a word is written as ␣. */
export function words(text: string): string[] {
  const all = text.split(/[ \n]+/).filter((word) => word !== '');
  return all.map((word) => word.replaceAll('␣', ' '));
}

/** JSON, or nearly, in the place of a value: text, since much of it is no value of JavaScript. */
export const VALUES: readonly string[] = [
  ...words(String.raw`
    null true false 0 -0 -1 1.5 1e0 5e-324 1e-400 1e308 -1e308 1e999 -1e999 3.5e38 9007199254740993 2147483648
    18446744073709551616 -9223372036854775809 1e00000000000000000001 NaN Infinity -Infinity undefined 0x10 01 +1 .5
    1. 1e --1 1n "" "1" "NaN" "-1" "1e3" "null" "\u0000" "a\u0000b" "\ufeff1" "\ud800" "\udc00\ud800" "\x41" "\u12"
    "\ud83e\udd8a" "\u202e" "{{7*7}}" "%s%n%d" "$(id)" "<script>alert(1)</script>" 'single' "open 1, ,1 [1,] {"a":1,}
    {1:1} [] [[]] [null] [[null]] [[],[1]] [[1],1] [{}] [true] ["1"] [1e999] {} {"":1} {"length":-1} {"0":1}
    {"length":4294967295} {"a":1,"a":2} {"__proto__":{"polluted":true}} {"__proto__":null} {"toString":1,"valueOf":1}
    {"constructor":{"prototype":{"polluted":true}}} {"then":{"then":1}} {"toJSON":1} {"hasOwnProperty":1}
    {"\u005f_proto__":{"polluted":true}} {"$ref":"#"}`),
  ...['" "', '"\u0001"', '/* note */ 1', '// note\n1', '1 2', '"\ufeff"', `"' OR 1=1 --"`],
  ...['9'.repeat(400), `0.${'1'.repeat(400)}`, `"${'x'.repeat(20_000)}"`, `"${'\\n'.repeat(500)}"`],
  ...[40, 63, 65, 5000].flatMap((levels) => [
    '['.repeat(levels) + ']'.repeat(levels),
    `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  ]),
  ...['0', '[0]', '{}'].map((value) => `[${`${value},`.repeat(999)}${value}]`),
];

/** Names of fields, as JSON has them between its quotes. */
export const KEYS: readonly string[] = [
  ...words(String.raw`
    __proto__ constructor prototype toString valueOf hasOwnProperty then __defineGetter__ __lookupSetter__ toJSON
    isPrototypeOf length 0 -1 a.b a[0] \u0000 \ud800 \u005f_proto__ \" $where polluted * instances inputs outputs data
    shape datatype parameters columns id name INSTANCES 🦊`),
  ...['', ' ', 'instances ', 'x'.repeat(5000)],
];

/** Parts of a path: names of models and versions that are none. */
export const SEGMENTS: readonly string[] = [
  ...words(`
    ..%2f..%2f..%2fetc%2fpasswd %2e%2e%2f%2e%2e%2fetc%2fpasswd ..%252f..%252fetc%252fpasswd %252e%252e%252f
    ..%5c..%5cwindows %5c%5chost%5cshare ..%c0%af..%c0%afetc ..; ... %c0%ae%c0%ae %2fetc%2fpasswd
    digits%2f..%2fdiabetes digits%2fmodel.json %00 %2e digits%00 digits%00.onnx % %z %zz %f %ff %ed%a0%80
    %ef%bb%bfdigits __proto__ constructor prototype toString hasOwnProperty valueOf __lookupGetter__ -1 0 01 1.0 1e1
    +1 %2b1 0x1 1%20 %201 99999999999999999999 NaN 1%00 1%2f 1,2 latest * ** :name %7bname%7d {version} (1) [1] 1;2
    DIGITS digits%20 digits. digits%0a %0d%0aX-Injected:%201 %E5%98%8A%E5%98%8D ~ con nul %24%28id%29 %60id%60
    '%20or%201=1 %3cscript%3e %F0%9F%A6%8A @ $& digits:predict:predict :predict %3Apredict`),
  ...['a'.repeat(300), '%61'.repeat(300), 'a'.repeat(9000)],
];

/** What stands behind a path. */
export const QUERIES: readonly string[] = [
  ...words(`
    ? ?? ?a ?= ?&&& ?a=1&a=2 ?__proto__[polluted]=1 ?constructor.prototype.x=1 ?% ?%00 ?a=%ff ?/../../etc/passwd
    ?name=diabetes&version=9 ?method=DELETE #x ?#? / // /. /.. /%2e%2e`),
  ...[`?${'a=1&'.repeat(1500)}`, `?${'x'.repeat(9000)}`],
];

export const METHODS = words('GET HEAD POST PUT PATCH DELETE OPTIONS PURGE post');
