/** A command as a person types it, and as the hub runs it. */

const SHELL_SIGNS = /[|&;<>$`(){}*?~\n]/;
const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

export type Parsed = { argv: string[]; byShell: boolean } | { problem: string };

/** Words with quotes as in a shell; a line that needs a shell for more than words is given to one whole. */
export function parseCommandLine(line: string): Parsed {
  const text = line.trim();
  if (text === "") return { problem: "Say what to run." };
  const words = split(text);
  if (words === null) return { problem: "A quote is not closed." };
  if (words.some((word) => word.needsShell)) return { argv: ["sh", "-c", text], byShell: true };
  return { argv: words.map((word) => word.text), byShell: false };
}

/** The command as one line that can be pasted into a terminal. */
export function commandLine(argv: readonly string[]): string {
  const [program, option, script] = argv;
  if (argv.length === 3 && (program === "sh" || program === "bash") && option === "-c" && script !== undefined) {
    const again = parseCommandLine(script);
    if ("byShell" in again && again.byShell && program === "sh") return script;
  }
  return argv.map(quoted).join(" ");
}

function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

type Word = { text: string; needsShell: boolean };

function split(text: string): Word[] | null {
  const words: Word[] = [];
  let word: Word | null = null;
  let place = 0;
  const add = (more: string, needsShell = false) => {
    word ??= { text: "", needsShell: false };
    word.text += more;
    word.needsShell ||= needsShell;
  };
  while (place < text.length) {
    const sign = text[place] as string;
    place += 1;
    if (sign === "'" || sign === '"') {
      const end = closing(text, place, sign);
      if (end === null) return null;
      const inside = text.slice(place, end);
      add(sign === '"' ? inside.replace(/\\(["\\$`])/g, "$1") : inside, sign === '"' && /(^|[^\\])[$`]/.test(inside));
      place = end + 1;
    } else if (sign === "\\" && place < text.length) {
      add(text[place] as string);
      place += 1;
    } else if (sign === " " || sign === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else add(sign, SHELL_SIGNS.test(sign));
  }
  if (word !== null) words.push(word);
  const [first] = words;
  // A variable set for one command is a thing of shells, too.
  if (first !== undefined && /^[A-Za-z_]\w*=/.test(first.text)) first.needsShell = true;
  return words;
}

function closing(text: string, from: number, quote: string): number | null {
  for (let place = from; place < text.length; place += 1) {
    if (quote === '"' && text[place] === "\\") place += 1;
    else if (text[place] === quote) return place;
  }
  return null;
}
