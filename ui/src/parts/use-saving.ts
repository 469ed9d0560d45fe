import { useMutation, useQueryClient } from "@tanstack/react-query";

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
