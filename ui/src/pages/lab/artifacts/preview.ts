export type Kind = "image" | "junit" | "xml" | "text" | "other";

export const MOST_PREVIEW_BYTES = 16 << 20;
const MOST_TEXT_BYTES = 1 << 20;
const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
  avif: "image/avif",
};
const TEXTS = /\.(txt|log|md|json|jsonl|ya?ml|toml|csv|tsv|py|sh|c|cc|cpp|h|rs|ts|js|html?|css|ini|cfg|patch|diff)$/i;

/** How an artifact can be shown here: by its name, since what guests say of its type is not to be believed. */
export function kindOf(path: string): Kind {
  if (imageType(path) !== undefined) return "image";
  if (/\.xml$/i.test(path)) return "xml";
  return TEXTS.test(path) ? "text" : "other";
}

export function imageType(path: string): string | undefined {
  return IMAGES[path.split(".").at(-1)?.toLowerCase() ?? ""];
}

/** Bytes as text, or null where they are none, or too many. */
export function asText(bytes: Uint8Array): string | null {
  if (bytes.length > MOST_TEXT_BYTES) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
