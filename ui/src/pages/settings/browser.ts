const NAMES: [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/\bOPR\/(\d+)/, "Opera"],
  [/\bFirefox\/(\d+)/, "Firefox"],
  [/\b(?:Headless)?Chrom(?:e|ium)\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+).*\bSafari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

/** A browser by its `User-Agent`, as people call it: `Firefox 140 on Linux`; what is not known stays as it is. */
export function browserOf(userAgent: string): string {
  for (const [sign, name] of NAMES) {
    const found = sign.exec(userAgent);
    if (found === null) continue;
    const system = SYSTEMS.find(([one]) => one.test(userAgent))?.[1];
    return `${name} ${found[1]}${system === undefined ? "" : ` on ${system}`}`;
  }
  return userAgent;
}
