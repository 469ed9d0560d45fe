/** Times of a recording: seconds from its start as numbers, moments as nanoseconds since 1970 as bigint. */

const NS_PER_S = 1_000_000_000n;

/** RFC 3339 with all its digits; JavaScript's dates end at milliseconds. */
export function nsOf(moment: string): bigint {
  const fraction = /\.(\d+)/.exec(moment)?.[1] ?? "";
  const whole = BigInt(Math.floor(new Date(moment).getTime() / 1_000)) * NS_PER_S;
  return whole + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

/** Nanoseconds as JSON gave them: beyond 2^53 its last digits are lost, which is less than a microsecond. */
export function asNs(value: number | bigint): bigint {
  return typeof value === "bigint" ? value : BigInt(Math.round(value));
}

export function secondsAfter(startNs: bigint, ns: bigint): number {
  const passed = ns - startNs;
  return Number(passed / NS_PER_S) + Number(passed % NS_PER_S) / 1e9;
}

export function nsAt(startNs: bigint, seconds: number): bigint {
  const whole = Math.floor(seconds);
  return startNs + BigInt(whole) * NS_PER_S + BigInt(Math.round((seconds - whole) * 1e9));
}

/** What a link holds of a time: microseconds, which is finer than anybody can point. */
export function rounded(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** RFC 3339 in UTC with microseconds, as viewers and people read it. */
export function momentOf(ns: bigint): string {
  const micros = ns / 1_000n;
  const whole = new Date(Number(micros / 1_000n)).toISOString().slice(0, 19);
  return `${whole}.${String(micros % 1_000_000n).padStart(6, "0")}Z`;
}
