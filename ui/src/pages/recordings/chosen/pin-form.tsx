import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "~/api/client";
import { each } from "~/parts/each";
import { Outcomes } from "~/parts/outcomes";
import { useOutcomes } from "~/parts/use-outcomes";
import type { FormProps } from "./acting";

/** Pins keep recordings from every deletion; each says why. */
export function PinForm({ ids, isUnpin = false }: FormProps & { isUnpin?: boolean }) {
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [outcomes, setOutcomes] = useOutcomes(isUnpin ? "unpin" : "pin");
  const act = async () => {
    await each(ids, isUnpin ? unpin : (id) => pin(id, reason), setOutcomes);
    await queries.invalidateQueries({ queryKey: ["recordings"] });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void act();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          {isUnpin
            ? "Retention and people may delete them again."
            : "Nothing deletes a pinned recording: no retention, no person."}
        </Text>
        {isUnpin ? null : (
          <TextInput
            label="Why"
            required
            maxLength={1_000}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        )}
        {outcomes === null ? null : <Outcomes outcomes={outcomes} />}
        <Group justify="flex-end">
          <Button type="submit" loading={outcomes?.some((one) => one.state === "waiting")}>
            {isUnpin ? "Unpin" : "Pin"}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

async function pin(id: string, reason: string): Promise<string> {
  const path = { session_id: id };
  await answered(api.PUT("/api/v1/recordings/{session_id}/pin", { params: { path }, body: { reason } }));
  return "pinned";
}

async function unpin(id: string): Promise<string> {
  await answered(api.DELETE("/api/v1/recordings/{session_id}/pin", { params: { path: { session_id: id } } }));
  return "not pinned any more";
}
