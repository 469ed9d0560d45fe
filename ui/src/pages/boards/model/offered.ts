export type Choice = { value: string; label: string };

/** What a field offers: those that are known whose names hold the words, then what was found; each once. */
export function offered(known: Choice[], found: Choice[], words: string): Choice[] {
  const sought = words.trim().toLowerCase();
  const all = [...known.filter(({ label }) => label.toLowerCase().includes(sought)), ...found];
  return all.filter(({ value }, place) => all.findIndex((one) => one.value === value) === place);
}
