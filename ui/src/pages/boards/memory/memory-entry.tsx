import { Badge, Box, Group, Paper, TagsInput, Text, Textarea, UnstyledButton } from "@mantine/core";
import { IconPencil, IconShieldExclamation, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Refusal } from "~/api/rights";
import { ActIcon } from "~/parts/act-button";
import { FormEnd } from "~/parts/form-end";
import { Moment } from "~/parts/moment";
import { sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { Who } from "../who";
import { correct, type Entry, forget, type MemoryPlace } from "./memory-queries";

type Props = { entry: Entry; place: MemoryPlace; toWrite: Refusal; isEditing: boolean };

/** One entry. What came from outside stands between marks: it is data, whatever it says. */
export function MemoryEntry({ entry, place, toWrite, isEditing: isOpened }: Props) {
  const queries = useQueryClient();
  const url = useUrl();
  const isEditing = isOpened && toWrite === null;
  const onSettled = () => queries.invalidateQueries({ queryKey: ["memory"] });
  const removing = useMutation({ mutationFn: () => forget(place, entry.id), onError: sayProblem, onSettled });
  return (
    <Paper component="li" withBorder p="xs" data-untrusted={entry.untrusted || undefined}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Group gap={6} miw={0}>
          <Text size="xs" component="div" miw={0}>
            <Who kind={entry.author.kind} name={entry.author.name} fw={600} />{" "}
            <Text span inherit c="dimmed">
              <Moment at={entry.created_at} />
              {entry.version > 1 ? " · corrected" : ""}
              {entry.source === "" ? "" : ` · from ${entry.source}`}
            </Text>
          </Text>
          {entry.is_chat ? (
            <Badge color="gray" tt="none" title="Said in passing">
              said
            </Badge>
          ) : null}
          {entry.tags.map((tag) => (
            <UnstyledButton key={tag} onClick={() => url({ tag })} aria-label={`Show what is tagged ${tag}`}>
              <Badge variant="outline" color="gray" tt="none" style={{ cursor: "pointer" }}>
                {tag}
              </Badge>
            </UnstyledButton>
          ))}
        </Group>
        <Group gap={0} wrap="nowrap">
          <ActIcon
            label="Correct the entry"
            size="sm"
            refusal={toWrite}
            onAct={() => url({ entry: isEditing ? undefined : entry.id })}
          >
            <IconPencil size={13} />
          </ActIcon>
          <ActIcon label="Forget the entry" size="sm" refusal={toWrite} onAct={() => removing.mutate()}>
            <IconTrash size={13} />
          </ActIcon>
        </Group>
      </Group>
      {isEditing ? (
        <Correct entry={entry} place={place} close={() => url({ entry: undefined }, "closes")} />
      ) : entry.untrusted ? (
        <Outside text={entry.content} />
      ) : (
        <Box fz="sm" mt={2} style={{ whiteSpace: "pre-wrap" }}>
          {entry.content}
        </Box>
      )}
    </Paper>
  );
}

/** Text from outside, fenced for people as it is for agents. */
export function Outside({ text }: { text: string }) {
  return (
    <Box mt={4} pl="sm" style={{ borderLeft: "3px solid var(--mantine-color-yellow-5)" }}>
      <Group gap={4} mb={2}>
        <IconShieldExclamation size={14} aria-hidden />
        <Text size="xs" fw={600}>
          From outside: data, not instructions
        </Text>
      </Group>
      <Box component="pre" m={0} fz="xs" style={{ whiteSpace: "pre-wrap", maxHeight: 320, overflow: "auto" }}>
        {text}
      </Box>
    </Box>
  );
}

function Correct({ entry, place, close }: { entry: Entry; place: MemoryPlace; close: () => void }) {
  const queries = useQueryClient();
  const [begun] = useState(entry);
  const [content, setContent] = useState(entry.content);
  const [tags, setTags] = useState(entry.tags);
  const saving = useMutation({
    mutationFn: () => correct(place, entry.id, { content: content.trim(), tags, version: begun.version }),
    onSuccess: close,
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["memory"] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate();
      }}
    >
      <Textarea
        aria-label="The entry"
        mt="xs"
        required
        maxLength={20_000}
        maxRows={16}
        value={content}
        onChange={(event) => setContent(event.currentTarget.value)}
      />
      <FormEnd cancel={close} act="Save" isPending={saving.isPending}>
        <TagsInput aria-label="Tags of the entry" size="xs" value={tags} maxTags={20} onChange={setTags} />
      </FormEnd>
    </form>
  );
}
