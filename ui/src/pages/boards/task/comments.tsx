import { Box, Button, Group, Paper, Stack, Text, Textarea } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { isAdmin } from "~/api/rights";
import { ActButton, ActIcon } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { useShown } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { useOnBoard } from "../board/on-board";
import { comments, type Task } from "../model/queries";
import { isMine } from "../model/rights";
import { Who } from "../who";

/** What people, agents and programs said about a task: text, whatever it looks like. */
export function Comments({ task, editedId }: { task: Task; editedId?: string }) {
  const { boardId } = useOnBoard();
  const found = useShown(useInfiniteQuery(comments(boardId, task.id)), "comments");
  return (
    <Stack gap="xs">
      <Answer query={found}>
        {({ items }) => (
          <Stack gap="xs" component="ol" m={0} p={0} style={{ listStyle: "none" }} aria-label="Comments">
            {items.map((one) => (
              <OneComment key={one.id} comment={one} taskId={task.id} isEditing={one.id === editedId} />
            ))}
          </Stack>
        )}
      </Answer>
      <More of={found} />
      <NewComment taskId={task.id} />
    </Stack>
  );
}

function useSaid(taskId: string) {
  const { boardId } = useOnBoard();
  const queries = useQueryClient();
  return {
    path: { board_id: boardId, task_id: taskId },
    onSettled: () => queries.invalidateQueries({ queryKey: ["boards", boardId] }),
  };
}

type CommentProps = { comment: Model<"Comment">; taskId: string; isEditing: boolean };

function OneComment({ comment, taskId, isEditing: isOpened }: CommentProps) {
  const { me, toWrite } = useOnBoard();
  const { path, onSettled } = useSaid(taskId);
  const url = useUrl();
  const mine = isMine({ kind: comment.made_by_kind, id: comment.made_by_id }, me);
  const isEditing = isOpened && mine && toWrite === null;
  const params = { path: { ...path, comment_id: comment.id } };
  const removing = useMutation({
    mutationFn: () =>
      answered(api.DELETE("/api/v1/boards/{board_id}/tasks/{task_id}/comments/{comment_id}", { params })),
    onError: sayProblem,
    onSettled,
  });
  const saving = useMutation({
    mutationFn: (body: string) =>
      answered(
        api.PATCH("/api/v1/boards/{board_id}/tasks/{task_id}/comments/{comment_id}", {
          params,
          body: { body, version: comment.version },
        }),
      ),
    onSuccess: () => url({ comment: undefined }),
    onError: sayProblem,
    onSettled,
  });
  return (
    <Paper component="li" withBorder p="xs">
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs" component="div" miw={0}>
          <Who kind={comment.made_by_kind} name={comment.made_by_name} fw={600} />{" "}
          <Text span inherit c="dimmed">
            <Moment at={comment.created_at} />
            {comment.edited_at === null ? "" : " · edited"}
          </Text>
        </Text>
        {toWrite === null && (mine || isAdmin(me)) ? (
          <Group gap={0} wrap="nowrap">
            {mine ? (
              <ActIcon
                label="Edit the comment"
                size="sm"
                onAct={() => url({ comment: isEditing ? undefined : comment.id })}
              >
                <IconPencil size={13} />
              </ActIcon>
            ) : null}
            <ActIcon label="Delete the comment" size="sm" onAct={() => removing.mutate()}>
              <IconTrash size={13} />
            </ActIcon>
          </Group>
        ) : null}
      </Group>
      {isEditing ? (
        <Writing first={comment.body} act="Save" isBusy={saving.isPending} send={(body) => saving.mutate(body)} />
      ) : (
        <Box fz="sm" mt={2} style={{ whiteSpace: "pre-wrap" }}>
          {comment.body}
        </Box>
      )}
    </Paper>
  );
}

function NewComment({ taskId }: { taskId: string }) {
  const { path, onSettled } = useSaid(taskId);
  const adding = useMutation({
    mutationFn: (body: string) =>
      answered(api.POST("/api/v1/boards/{board_id}/tasks/{task_id}/comments", { params: { path }, body: { body } })),
    onError: sayProblem,
    onSettled,
  });
  return (
    <Writing
      first=""
      act="Comment"
      isBusy={adding.isPending}
      send={(body, clear) => adding.mutate(body, { onSuccess: clear })}
    />
  );
}

type WritingProps = { first: string; act: string; isBusy: boolean; send: (body: string, clear: () => void) => void };

function Writing({ first, act, isBusy, send }: WritingProps) {
  const { toWrite, snapshot } = useOnBoard();
  const [body, setBody] = useState(first);
  const agent = snapshot.agents[0]?.name;
  const isEmpty = body.trim() === "";
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty && toWrite === null) send(body.trim(), () => setBody(""));
      }}
    >
      <Textarea
        aria-label={act === "Save" ? "The comment" : "Your comment"}
        placeholder={agent === undefined ? "Say something" : `Say something; @${agent} speaks to the agent`}
        maxLength={50_000}
        maxRows={12}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
        }}
      />
      <Group justify="flex-end" mt={6}>
        {toWrite === null ? (
          <Button type="submit" disabled={isEmpty} loading={isBusy} title="Ctrl Enter">
            {act}
          </Button>
        ) : (
          <ActButton refusal={toWrite}>{act}</ActButton>
        )}
      </Group>
    </form>
  );
}
