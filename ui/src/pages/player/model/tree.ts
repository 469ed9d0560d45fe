/** A decoded message as rows that a person opens and closes. */
export type Node = {
  /** How the hub names the field, after the topic: `.pose.position.x`, `[3]`. */
  path: string;
  name: string;
  /** The value in one line; what is inside has none. */
  text: string | null;
  isNumber: boolean;
  inner: (() => Node[]) | null;
};

// Elements of an array that are shown; a point cloud has a million.
const MOST_ELEMENTS = 100;
const MOST_TEXT = 2_000;
const SHOWN_BYTES = 24;
// What paths and lists of them are made of: a name with one of these in it cannot be asked for.
const UNASKABLE = /[.[\],\s]/;

export function nodeOf(name: string, value: unknown, path = "", isAskable = true): Node {
  const leaf = (text: string, isNumber = false): Node => {
    return { path, name, text, isNumber: isNumber && isAskable, inner: null };
  };
  if (value === null || value === undefined) return leaf("null");
  if (typeof value === "number") return leaf(String(value), true);
  if (typeof value === "boolean" || typeof value === "bigint") return leaf(String(value), true);
  if (typeof value === "string") return leaf(shortened(value));
  if (value instanceof Uint8Array) return leaf(bytesText(value));
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return arrayNode(name, Array.from(value as unknown[]), path, isAskable);
  }
  const stamp = stampText(value as Record<string, unknown>);
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0) return leaf("{}");
  const inner = () =>
    entries.map(([key, one]) => nodeOf(key, one, `${path}.${key}`, isAskable && !UNASKABLE.test(key)));
  return { path, name, text: stamp, isNumber: false, inner };
}

function arrayNode(name: string, values: unknown[], path: string, isAskable: boolean): Node {
  if (values.length === 0) return { path, name, text: "[]", isNumber: false, inner: null };
  const inner = () => {
    const shown = values
      .slice(0, MOST_ELEMENTS)
      .map((one, index) => nodeOf(`[${index}]`, one, `${path}[${index}]`, isAskable));
    const rest = values.length - shown.length;
    if (rest > 0) shown.push({ path: `${path}…`, name: "…", text: `${rest} more`, isNumber: false, inner: null });
    return shown;
  };
  const isFlat = values.length <= 9 && values.every((one) => typeof one === "number");
  const text = isFlat ? `[${values.join(", ")}]` : `${values.length} elements`;
  return { path, name, text, isNumber: false, inner };
}

function shortened(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}… (${text.length} characters)`;
}

function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes${bytes.length === 0 ? "" : `: ${shown}${bytes.length > SHOWN_BYTES ? " …" : ""}`}`;
}

/** Seconds and nanoseconds since 1970 as a moment. */
function stampText(value: Record<string, unknown>): string | null {
  const seconds = value.sec ?? value.secs ?? value.seconds;
  const nanos = value.nanosec ?? value.nsec ?? value.nsecs ?? value.nanos;
  if (nanos === undefined || Object.keys(value).length !== 2) return null;
  const at = Number(seconds);
  if (!(at > 1e8 && at < 1e11)) return null;
  const fraction = String(Number(nanos)).padStart(9, "0").slice(0, 6);
  return `${new Date(at * 1_000).toISOString().slice(0, 19)}.${fraction}Z`;
}
