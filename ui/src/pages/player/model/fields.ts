import type { Model } from "~/api/client";

export type Field = { name: string; topic: string; path: string };

// The hub is asked for several fields with commas between them: one with a comma in its name cannot be asked for.
const BETWEEN = ",";

/** Every number that can be plotted, as `/topic.path`, which is how the hub and links name it. */
export function fieldsOf(tree: Model<"FieldTree">): Field[] {
  return tree.topics
    .flatMap(({ topic, fields }) =>
      fields.map((path) => ({ name: path.startsWith("[") ? `${topic}${path}` : `${topic}.${path}`, topic, path })),
    )
    .filter(({ name }) => !name.includes(BETWEEN));
}

/**
 * Fields that hold every word of what was typed, in any order, best first: a word at the beginning of a part of the
 * name counts more than one within it, and a short name more than a long one.
 */
export function searched(fields: Field[], typed: string, most = 60): Field[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const ranked = fields.flatMap((field) => {
    const name = field.name.toLowerCase();
    let rank = name.length / 1_000 + (isBookkeeping(field.path) ? 1 : 0);
    for (const word of words) {
      const at = name.indexOf(word);
      if (at < 0) return [];
      const startsPart = new RegExp(`(^|[/._[])${escaped(word)}`).test(name);
      rank += startsPart ? 0 : 1;
    }
    return [{ field, rank }];
  });
  ranked.sort((one, other) => one.rank - other.rank);
  return ranked.slice(0, most).map(({ field }) => field);
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

const BOOKKEEPING = /(^|[.\]])(stamp|timestamp|header|seq|secs?|nsecs?|nanosec|nanos|seconds)(\.|$)/;

/** Times and counters of a header: numbers, but nothing that anybody wants to see first. */
export function isBookkeeping(path: string): boolean {
  return BOOKKEEPING.test(path);
}

/** What is plotted before anybody chooses: what the trigger measured, else the first numbers that mean something. */
export function defaultPlots(tree: Model<"FieldTree">, trigger: Model<"TriggerFired"> | null | undefined): string[] {
  const fields = fieldsOf(tree).filter((field) => !isBookkeeping(field.path));
  const measured = fields.find((field) => field.topic === trigger?.topic && field.path === trigger.field);
  const others = [...new Map(fields.map((field) => [field.topic, field])).values()].filter(
    (field) => field.topic !== measured?.topic && isCalm(tree, field.topic),
  );
  const small = others.filter((field) => field.path === "data" || field.path === "value");
  const chosen = measured === undefined ? [] : [measured];
  for (const field of [...small, ...others]) {
    if (chosen.length >= 2) break;
    if (!chosen.includes(field)) chosen.push(field);
  }
  return chosen.map((field) => field.name);
}

// A topic with more messages than this is not read through merely because somebody opened the page.
const MANY_MESSAGES = 500_000;

function isCalm(tree: Model<"FieldTree">, topic: string): boolean {
  return (tree.topics.find((one) => one.topic === topic)?.message_count ?? 0) < MANY_MESSAGES;
}
