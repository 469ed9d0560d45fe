/** What the lines look like in which tests, compilers and programs say that they failed. */
const SIGNS = [
  /\b(FAILED|FAIL|FATAL|PANIC)\b/,
  /\b(fatal|panic|panicked|Segmentation fault|core dumped|Killed)\b/,
  /^(\s*E {2,}\S|not ok\b|--- FAIL)/,
  /\bTraceback \(most recent call last\)/,
  /\b[A-Z]\w*(Error|Exception|Failure)\b(:|$)/,
  /(^|[\s:[])(error|Error|ERROR)(\[\w+\])?[:!\]\s]/,
];
// `0 failed`, `no errors`: these say that all went well.
const FINE = /\b(0|no|without)\s+(failed|failures?|errors?|FAILED|ERRORS?)\b/i;

export function saysFailure(line: string): boolean {
  return SIGNS.some((sign) => sign.test(line)) && !FINE.test(line);
}
