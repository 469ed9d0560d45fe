/** Reading what a URL holds: whatever somebody typed there, a page gets the type it asked for, or undefined. */

export function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function number(value: unknown): number | undefined {
  const read = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

export function flag(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 ? true : undefined;
}

export function yesOrNo(value: unknown): boolean | undefined {
  return value === true || value === "true" ? true : value === false || value === "false" ? false : undefined;
}

export function texts(value: unknown): string[] | undefined {
  const list = (Array.isArray(value) ? value : [value]).map(text).filter((one) => one !== undefined);
  return list.length === 0 ? undefined : list;
}

export function oneOf<const Choice extends string>(value: unknown, choices: readonly Choice[]): Choice | undefined {
  return choices.find((choice) => choice === value);
}

/** A day as a date field writes it; anything else is none. */
export function day(value: unknown): string | undefined {
  const said = text(value);
  return said !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(said) && !Number.isNaN(Date.parse(said)) ? said : undefined;
}

/** The id of something that is being changed; empty of one that does not exist yet. */
export function idOrNew(value: unknown): string | undefined {
  return value === "" ? "" : text(value);
}
