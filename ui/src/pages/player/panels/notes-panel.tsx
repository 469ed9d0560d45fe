import { ActionIcon, Badge, Button, Group, Stack, Text, Textarea, Tooltip, UnstyledButton } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useState } from "react";
import { answered, api, asProblem, type Model } from "~/api/client";
import { clock } from "~/format/time";
import { Answer } from "~/parts/answer";
import { Moment } from "~/parts/moment";
import { Overtaken } from "~/parts/overtaken";
import { say, sayProblem } from "~/parts/say";
import { type Draft, useDraft } from "~/parts/use-draft";
import { nsOf } from "../model/times";
import { usePlayer, usePlaying } from "../playing";
import { annotationsKey, annotationsQuery } from "../queries";
import { usePlace } from "../use-place";
import { PanelFrame } from "./frame";

type Annotation = Model<"Annotation">;

/** Remarks at times and spans. */
export function NotesPanel({ input }: { input: RefObject<HTMLTextAreaElement | null> }) {
  const { recording } = usePlaying();
  const query = useQuery(annotationsQuery(recording.session_id));
  return (
    <PanelFrame name="notes" title="Notes">
      <NewNote input={input} />
      <Answer query={query}>
        {(annotations) => (
          <Stack gap={8} mt={8} component="ul" p={0} style={{ listStyle: "none" }}>
            {annotations.map((annotation) => (
              <Note key={annotation.id} annotation={annotation} />
            ))}
          </Stack>
        )}
      </Answer>
    </PanelFrame>
  );
}

function useChanged(): () => Promise<void> {
  const { recording } = usePlaying();
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: annotationsKey(recording.session_id) });
}

/** Where a new note goes: the selected span, else the cursor. */
function NewNote({ input }: { input: RefObject<HTMLTextAreaElement | null> }) {
  const { recording, player } = usePlaying();
  const changed = useChanged();
  const [body, setBody] = useState("");
  const selection = usePlayer((state) => state.selection);
  const cursor = usePlayer((state) => Math.round(state.cursor * 1e3) / 1e3);
  const adding = useMutation({
    mutationFn: () => {
      const at = player.state.selection ?? { from: player.state.cursor, to: null };
      const time_ns = Math.round(at.from * 1e9);
      const end_time_ns = at.to === null ? null : Math.round(at.to * 1e9);
      const params = { path: { session_id: recording.session_id } };
      const note = { body, time_ns, end_time_ns, tags: [] };
      return answered(api.POST("/api/sessions/{session_id}/annotations", { params, body: note }));
    },
    onError: sayProblem,
    onSuccess: () => {
      setBody("");
      return changed();
    },
  });
  const where = selection === null ? `at ${clock(cursor)}` : `from ${clock(selection.from)} to ${clock(selection.to)}`;
  const add = () => {
    if (body.trim() !== "" && !adding.isPending) adding.mutate();
  };
  return (
    <>
      <Textarea
        ref={input}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) add();
          // Back to the keys of the page; what was written stays.
          if (event.key === "Escape") event.currentTarget.blur();
        }}
        maxLength={10_000}
        placeholder={`Note ${where}`}
        aria-label={`Note ${where}`}
      />
      <Group justify="space-between" mt={4}>
        <Text size="xs" c="dimmed">
          {where}
        </Text>
        <Button
          size="compact-xs"
          title="Ctrl Enter"
          onClick={add}
          disabled={body.trim() === ""}
          loading={adding.isPending}
        >
          Add note
        </Button>
      </Group>
    </>
  );
}

/** The entity tag of the version that is shown, as the hub writes it. */
function versionTag(annotation: Annotation): string {
  return `"${annotation.id}-${(nsOf(annotation.updated_at) / 1_000n).toString(16)}"`;
}

function Note({ annotation }: { annotation: Annotation }) {
  const { player } = usePlaying();
  const changed = useChanged();
  const draft = useDraft(annotation.body);
  const { search, choose } = usePlace();
  const isEditing = search.note === annotation.id;
  const close = () => {
    choose({ note: undefined });
    draft.reset();
  };
  const path = { annotation_id: annotation.id };
  const failed = (error: unknown) => {
    // 409 and 412: somebody else was faster; their wording is fetched, one's own stays in the field.
    if ([404, 409, 412].includes(asProblem(error).status)) void changed();
    sayProblem(error);
  };
  const saving = useMutation({
    mutationFn: (body: string) => {
      const params = { path, header: { "if-match": versionTag(annotation) } };
      return answered(api.PUT("/api/annotations/{annotation_id}", { params, body: { body } }));
    },
    onError: failed,
    onSuccess: () => {
      close();
      return changed();
    },
  });
  const removing = useMutation({
    mutationFn: () => answered(api.DELETE("/api/annotations/{annotation_id}", { params: { path } })),
    onError: failed,
    onSuccess: () => {
      say("The note is deleted.");
      return changed();
    },
  });
  const go = () => {
    player.seek(annotation.time_ns / 1e9);
    if (annotation.end_time_ns != null) player.select(annotation.time_ns / 1e9, annotation.end_time_ns / 1e9);
  };
  const end = annotation.end_time_ns == null ? "" : ` – ${clock(annotation.end_time_ns / 1e9)}`;
  return (
    <li id={`note-${annotation.id}`} tabIndex={-1}>
      <Group justify="space-between" wrap="nowrap" gap={4}>
        <UnstyledButton onClick={go} fz="xs" ff="monospace" c="var(--mantine-color-anchor)">
          {clock(annotation.time_ns / 1e9)}
          {end}
        </UnstyledButton>
        <Group gap={0} wrap="nowrap">
          <Tooltip label="Edit">
            <ActionIcon
              size="sm"
              onClick={() => choose({ note: annotation.id })}
              aria-label={`Edit note ${annotation.body}`}
            >
              <IconPencil size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Delete">
            <ActionIcon
              size="sm"
              onClick={() => removing.mutate()}
              loading={removing.isPending}
              aria-label={`Delete note ${annotation.body}`}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
      {!isEditing ? (
        <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
          {annotation.body}
        </Text>
      ) : (
        <Editor draft={draft} isSaving={saving.isPending} onSave={() => saving.mutate(draft.text)} onCancel={close} />
      )}
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          {annotation.author === "" ? "" : `${annotation.author}, `}
          <Moment at={annotation.updated_at} />
        </Text>
        {annotation.tags?.map((tag) => (
          <Badge key={tag} color="gray">
            {tag}
          </Badge>
        ))}
      </Group>
    </li>
  );
}

type EditorProps = { draft: Draft; isSaving: boolean; onSave: () => void; onCancel: () => void };

function Editor({ draft, isSaving, onSave, onCancel }: EditorProps) {
  return (
    <>
      <Textarea
        value={draft.text}
        onChange={(event) => draft.write(event.currentTarget.value)}
        maxLength={10_000}
        aria-label="Wording of the note"
        autoFocus
      />
      {draft.wasOvertaken ? <Overtaken draft={draft} /> : null}
      <Group gap={6} my={4}>
        <Button
          size="compact-xs"
          onClick={onSave}
          disabled={draft.text.trim() === "" || draft.wasOvertaken}
          loading={isSaving}
        >
          Save
        </Button>
        <Button size="compact-xs" variant="default" onClick={onCancel}>
          Cancel
        </Button>
      </Group>
    </>
  );
}
