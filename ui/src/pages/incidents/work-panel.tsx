import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api, asProblem, type Model } from "~/api/client";
import { plural } from "~/format/numbers";
import { Failure } from "~/parts/failure";
import { PageLink } from "~/parts/link";
import { useEverything } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { TaskTitle } from "~/parts/task-title";
import { GoalLink } from "./goal-link";
import { boards, task } from "./queries";
import type { Place, Work } from "./work";

type Choosing = { board: string | undefined; onBoard: (board: string | undefined) => void };
type Props = Choosing & { incidentId: string; places: Place[]; work: Work };

/** The tasks of an incident, what agents and people say in them, and what they ask to be allowed. */
export function WorkPanel({ incidentId, places, work, ...choosing }: Props) {
  return (
    <Panel title="Work">
      {places.length === 0 ? (
        <Bring incidentId={incidentId} {...choosing} />
      ) : (
        <Stack gap="md">
          {places.map((place) => (
            <TaskOf key={place.taskId} place={place} work={work} incidentId={incidentId} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

const SHOWN_COMMENTS = 3;

function TaskOf({ place, work, incidentId }: { place: Place; work: Work; incidentId: string }) {
  const query = useQuery(task(place.boardId, place.taskId));
  if (query.isError) return <Hidden error={query.error} />;
  if (query.data === undefined) return null;
  const one = query.data;
  const said = work.comments.filter(({ comment }) => comment.task_id === one.id);
  const asked = work.approvals.filter((approval) => approval.task_ids.includes(one.id));
  return (
    <Stack gap={6}>
      <div>
        <GoalLink goal={{ to: "task", id: one.id, boardId: one.board_id }} size="sm" fw={600}>
          <TaskTitle title={one.title} incidentId={incidentId} />
        </GoalLink>
        <Group gap={6} fz="xs" c="dimmed">
          <Mark of={one.blocked ? "blocked" : one.status} />
          <span>{one.assigned_name === null ? "nobody has taken it" : one.assigned_name}</span>
        </Group>
      </div>
      {asked.map((approval) => (
        <Asked key={approval.id} approval={approval} />
      ))}
      {said.slice(-SHOWN_COMMENTS).map(({ comment }) => (
        <div key={comment.id}>
          <Text size="xs" c="dimmed">
            {comment.made_by_name}, <Moment at={comment.created_at} />
          </Text>
          <Text size="sm" style={{ whiteSpace: "pre-wrap" }} lineClamp={6}>
            {comment.body}
          </Text>
        </div>
      ))}
      {said.length > SHOWN_COMMENTS ? (
        <GoalLink goal={{ to: "task", id: one.id, boardId: one.board_id }} fz="xs">
          All {plural(said.length, "comment")}
        </GoalLink>
      ) : null}
    </Stack>
  );
}

function Asked({ approval }: { approval: Model<"Approval"> }) {
  const decided = approval.decisions.at(-1);
  return (
    <div>
      <Group gap={6}>
        <Mark of={approval.status} />
        <GoalLink goal={{ to: "approval", id: approval.id, boardId: approval.board_id }} size="sm">
          {approval.action_type}
        </GoalLink>
        <Text size="xs" c="dimmed">
          {Math.round(approval.confidence)} % sure
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {approval.requested_by_name} asks
        {decided === undefined ? "" : `, ${decided.decided_by_name} ${decided.status}`}
      </Text>
    </div>
  );
}

/** A task that is deleted, or on a board of others, is said in one line: the incident is no less for it. */
function Hidden({ error }: { error: unknown }) {
  const { status } = asProblem(error);
  if (status !== 404 && status !== 403) return <Failure error={error} />;
  return (
    <Text size="sm" c="dimmed">
      A task that is deleted, or on a board that you do not see.
    </Text>
  );
}

function Bring({ incidentId, board, onBoard }: Choosing & { incidentId: string }) {
  const queries = useQueryClient();
  const known = useEverything(useInfiniteQuery(boards));
  const items = (known.data?.items ?? []).filter(({ can_write }) => can_write).map(({ board: one }) => one);
  const boardId = board ?? (items.length === 1 ? (items[0]?.id ?? null) : null);
  const bring = useMutation({
    mutationFn: (to: string) =>
      answered(
        api.POST("/api/v1/boards/{board_id}/incidents", {
          params: { path: { board_id: to } },
          body: { incident_id: incidentId },
        }),
      ),
    onError: sayProblem,
    onSuccess: () => {
      say("A task is made for it.");
      onBoard(undefined);
      return queries.invalidateQueries({ queryKey: ["incidents"] });
    },
  });
  if (known.isError) return <Hidden error={known.error} />;
  if (known.data !== undefined && items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No board works on it, and there is none that you may change.{" "}
        <PageLink to="/boards" underline="always" inherit>
          See the boards
        </PageLink>
      </Text>
    );
  }
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        No board works on it yet.
      </Text>
      <Group gap="xs" wrap="nowrap">
        <Select
          aria-label="Board"
          placeholder="Board"
          searchable
          flex={1}
          data={items.map(({ id, name }) => ({ value: id, label: name }))}
          value={boardId}
          onChange={(chosen) => onBoard(chosen ?? undefined)}
        />
        <Button
          variant="default"
          disabled={boardId === null}
          loading={bring.isPending}
          onClick={() => boardId !== null && bring.mutate(boardId)}
        >
          Put on the board
        </Button>
      </Group>
    </Stack>
  );
}
