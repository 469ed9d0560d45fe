import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sayProblem } from "./say";

/** What a form sends, once or again: what it made old is asked for anew, and then `done` is told. */
export function useSaving<Result>(send: () => Promise<Result>, area: string[], done: (result: Result) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: (result) => {
      void queries.invalidateQueries({ queryKey: area });
      done(result);
    },
  });
}

/** What a button does: what it made old is asked for anew whatever came of it, and why nothing did is told in the corner. */
export function useActing<Result, Given = void>(
  send: (given: Given) => Promise<Result>,
  area: string[],
  done: (result: Result) => unknown = () => undefined,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: done,
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: area }),
  });
}
