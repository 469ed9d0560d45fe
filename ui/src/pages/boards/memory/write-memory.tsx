import { Checkbox, Group, Paper, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Refusal } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { sayProblem } from "~/parts/say";
import { type MemoryPlace, remember } from "./memory-queries";

const NOTHING = { content: "", tags: [] as string[], is_chat: false, untrusted: false, source: "" };

/** Says or remembers something; what somebody outside wrote is marked, so that no agent takes it for an order. */
export function WriteMemory({ place, toWrite }: { place: MemoryPlace; toWrite: Refusal }) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NOTHING);
  const change = (one: Partial<typeof NOTHING>) => setDraft({ ...draft, ...one });
  const writing = useMutation({
    mutationFn: () => remember(place, { ...draft, content: draft.content.trim(), source: draft.source.trim() || null }),
    onSuccess: () => setDraft({ ...NOTHING, is_chat: draft.is_chat }),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["memory"] }),
  });
  const isEmpty = draft.content.trim() === "";
  return (
    <Paper withBorder p="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isEmpty && toWrite === null) writing.mutate();
        }}
      >
        <Textarea
          aria-label="What is to be remembered"
          placeholder="Remember something, or say it"
          maxLength={20_000}
          maxRows={12}
          value={draft.content}
          onChange={(event) => change({ content: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
        <Group gap="sm" mt="xs" align="center">
          <TagsInput
            aria-label="Tags"
            placeholder={draft.tags.length === 0 ? "Tags" : undefined}
            size="xs"
            w={170}
            maxTags={20}
            value={draft.tags}
            onChange={(tags) => change({ tags })}
          />
          <TextInput
            aria-label="Source"
            placeholder="Source, such as runbook"
            w={200}
            maxLength={200}
            value={draft.source}
            onChange={(event) => change({ source: event.currentTarget.value })}
          />
          <Checkbox
            label="only said"
            title="Said in passing rather than worth keeping"
            checked={draft.is_chat}
            onChange={(event) => change({ is_chat: event.currentTarget.checked })}
          />
          <Checkbox
            label="from outside"
            title="Text that you were given: agents get it fenced, as data"
            checked={draft.untrusted}
            onChange={(event) => change({ untrusted: event.currentTarget.checked })}
          />
          <ActButton
            ml="auto"
            type="submit"
            refusal={toWrite}
            disabled={toWrite === null && isEmpty}
            loading={writing.isPending}
          >
            {draft.is_chat ? "Say it" : "Remember it"}
          </ActButton>
        </Group>
      </form>
    </Paper>
  );
}
