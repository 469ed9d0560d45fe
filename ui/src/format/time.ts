/** Times as people read them. Moments come as RFC 3339 or as nanoseconds; a viewer's zone is the browser's. */

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

export type At = string | number | Date;

export function dateOf(at: At): Date {
  return at instanceof Date ? at : new Date(at);
}

/** Nanoseconds since 1970 as a date; beyond microseconds JavaScript's dates do not go. */
export function dateOfNs(ns: number | bigint): Date {
  return new Date(Number(BigInt(Math.round(Number(ns))) / 1_000_000n));
}

/** `3 min ago`, `in 2 h`, `just now`. */
export function relative(at: At, now: Date): string {
  const seconds = (now.getTime() - dateOf(at).getTime()) / 1_000;
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const text = span(size);
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** A length of time with its one leading unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function span(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < MINUTE) return `${Math.floor(size)} s`;
  if (size < HOUR) return `${Math.floor(size / MINUTE)} min`;
  if (size < 2 * DAY) return `${Math.floor(size / HOUR)} h`;
  return `${Math.floor(size / DAY)} d`;
}

/** A length of time exactly: `1:02:03.456`, `02:03.4`. */
export function clock(seconds: number, digits = 3): string {
  const sign = seconds < 0 ? "−" : "";
  const scale = 10 ** digits;
  const whole = Math.round(Math.abs(seconds) * scale);
  const rest = whole % (MINUTE * scale);
  const minutes = Math.floor(whole / (MINUTE * scale));
  const text = (rest / scale).toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0");
  const hours = Math.floor(minutes / 60);
  return hours === 0
    ? `${sign}${String(minutes).padStart(2, "0")}:${text}`
    : `${sign}${hours}:${String(minutes % 60).padStart(2, "0")}:${text}`;
}

const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "2-digit" });
const time = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** In the viewer's zone: the time alone on the same day, else with its date. */
export function absolute(at: At, now: Date): string {
  const moment = dateOf(at);
  return moment.toDateString() === now.toDateString()
    ? time.format(moment)
    : `${day.format(moment)} ${time.format(moment)}`;
}

const zoned = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });

/** The viewer's zone as it was then: `CET`, `GMT+2`. */
export function zone(at: At): string {
  return zoned.formatToParts(dateOf(at)).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

export function utc(at: At): string {
  return `${dateOf(at).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}
