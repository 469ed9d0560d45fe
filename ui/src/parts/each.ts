import { asProblem } from "~/api/client";

/** How it went with one of many. */
export type Outcome = { id: string; state: "waiting" | "done" | "failed"; words: string };

const AT_ONCE = 4;

/** Does the same with each of many, some at once; whatever happens to one, the others get their turn. */
export async function each(
  ids: Iterable<string>,
  act: (id: string) => Promise<string>,
  told: (outcomes: Outcome[]) => void,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [...ids].map((id) => ({ id, state: "waiting", words: "" }));
  const say = () => told([...outcomes]);
  say();
  let next = 0;
  const work = async () => {
    while (next < outcomes.length) {
      const at = next;
      next += 1;
      const { id } = outcomes[at] as Outcome;
      try {
        outcomes[at] = { id, state: "done", words: await act(id) };
      } catch (error) {
        outcomes[at] = { id, state: "failed", words: asProblem(error).detail };
      }
      say();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcomes;
}

/** `12 done, 1 failed, 3 to go`. */
export function tally(outcomes: Outcome[]): string {
  const counted = (state: Outcome["state"]) => outcomes.filter((one) => one.state === state).length;
  const [done, failed, waiting] = [counted("done"), counted("failed"), counted("waiting")];
  return [`${done} done`, failed > 0 ? `${failed} failed` : "", waiting > 0 ? `${waiting} to go` : ""]
    .filter((one) => one !== "")
    .join(", ");
}
