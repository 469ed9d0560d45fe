const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes in steps of 1000, three digits: `37.4 MB`. */
export function bytes(size: number): string {
  let rest = Math.abs(size);
  let unit = 0;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const text = unit === 0 || rest >= 100 ? rest.toFixed(0) : rest.toPrecision(3);
  return `${size < 0 ? "−" : ""}${text} ${UNITS[unit]}`;
}

/** A measured value with at most `digits` significant digits, never in a form longer than that needs. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return String(value).replace("-", "−");
  if (size !== 0 && (size >= 1e7 || size < 1e-4)) return value.toExponential(Math.max(0, digits - 2)).replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

const grouped = new Intl.NumberFormat("en");
export function count(value: number): string {
  return grouped.format(value).replaceAll(",", " ");
}

/** `1 robot`, `3 robots`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
