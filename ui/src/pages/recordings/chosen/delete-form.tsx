import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { plural } from "~/format/numbers";
import type { Outcome } from "~/parts/each";
import { Failure } from "~/parts/failure";
import { Outcomes } from "~/parts/outcomes";
import { without } from "~/parts/selection";
import type { FormProps } from "./acting";

/** Says what will be gone, asks, and says what became of each. */
export function DeleteForm({ ids, selection }: FormProps) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  const remove = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/recordings/deletions", { body: { session_ids: ids, reason } })),
    onSuccess: async (deleted) => {
      setOutcomes(outcomesOf(deleted));
      const left = without(selection.chosen, [...deleted.deleted_ids, ...(deleted.unknown_ids ?? [])]);
      // With none left the dialog would close before anybody has read what happened.
      if (left.size > 0) selection.set(left);
      await queries.invalidateQueries({ queryKey: ["recordings"] });
      await queries.invalidateQueries({ queryKey: ["recording-facets"] });
    },
  });
  if (outcomes !== null) {
    const gone = outcomes.filter((one) => one.state === "done").map((one) => one.id);
    return (
      <Stack gap="sm">
        <Outcomes outcomes={outcomes} />
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => selection.set(without(selection.chosen, gone), { act: undefined })}
            data-autofocus
          >
            Good
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        remove.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          {plural(ids.length, "recording")} and their annotations will be gone for good. Pinned ones stay. This cannot
          be taken back.
        </Text>
        <TextInput
          label="Why (for the audit log)"
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {remove.isError ? <Failure error={remove.error} /> : null}
        <Group justify="flex-end">
          <Button type="submit" color="red" loading={remove.isPending}>
            Delete {plural(ids.length, "recording")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function outcomesOf({ deleted_ids, pinned_ids, unknown_ids }: Model<"Deleted">): Outcome[] {
  return [
    ...(pinned_ids ?? []).map(
      (id) => ({ id, state: "failed", words: "is pinned, and therefore still there" }) as const,
    ),
    ...(unknown_ids ?? []).map((id) => ({ id, state: "failed", words: "was not there any more" }) as const),
    ...deleted_ids.map((id) => ({ id, state: "done", words: "deleted" }) as const),
  ];
}
