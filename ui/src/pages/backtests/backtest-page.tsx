import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answered, api } from "~/api/client";
import { useTend } from "~/api/rights";
import { span } from "~/format/time";
import { ActButton, ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { say, sayProblem } from "~/parts/say";
import { HowFar, isOver, nameOf } from "./progress";
import { type Backtest, backtestQuery } from "./queries";
import { Results } from "./results";
import type { BacktestSearch } from "./search";

const UP = { to: "/recordings/backtests", title: "Backtests" };
type Props = { backtestId: string; search: BacktestSearch };

/** What rules did with recordings, while they run and afterwards. */
export function BacktestPage({ backtestId, search }: Props) {
  const query = useQuery(backtestQuery(backtestId));
  const one = query.data;
  return (
    <Page
      title={one === undefined ? "Backtest" : nameOf(one)}
      up={UP}
      actions={one === undefined ? undefined : <Actions backtest={one} />}
    >
      <Answer query={query}>{(found) => <Found backtest={found} search={search} />}</Answer>
    </Page>
  );
}

function Actions({ backtest: one }: { backtest: Backtest }) {
  const refusal = useTend();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { backtest_id: one.id } };
  const changed = () => queries.invalidateQueries({ queryKey: ["backtests"] });
  const cancel = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/backtests/{backtest_id}/cancel", { params })),
    onError: sayProblem,
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/backtests/{backtest_id}", { params })),
    onError: sayProblem,
    onSuccess: async () => {
      say("The backtest is deleted.");
      await navigate({ to: "/recordings/backtests", search: {} });
      await changed();
    },
  });
  return (
    <>
      <ActLink
        refusal={refusal}
        to="/recordings/backtests/new"
        search={{ rule: one.rules.filter(isLine) }}
        variant="default"
      >
        Try others
      </ActLink>
      {isOver(one) ? (
        <Confirm
          refusal={refusal}
          question="Delete this backtest?"
          consequence="What it found is gone then; the recordings stay."
          onConfirm={() => remove.mutate()}
          loading={remove.isPending}
        >
          Delete
        </Confirm>
      ) : (
        <ActButton variant="default" refusal={refusal} onAct={() => cancel.mutate()} loading={cancel.isPending}>
          Stop it
        </ActButton>
      )}
    </>
  );
}

/** A rule without a name of its own is called by its line; others are not told by their names. */
function isLine(rule: string): boolean {
  return rule.startsWith("/");
}

function Found({ backtest: one, search }: { backtest: Backtest; search: BacktestSearch }) {
  const navigate = useNavigate();
  return (
    <Stack gap="md">
      <div>
        <HowFar backtest={one} />
        <Text size="sm" c="dimmed" component="div" mt={4}>
          Begun <Moment at={one.created_at} />
          {one.started_at === null || one.finished_at === null
            ? ""
            : `, took ${span((Date.parse(one.finished_at) - Date.parse(one.started_at)) / 1_000)}`}
        </Text>
        {one.name === null ? null : (
          <Text size="sm" ff="monospace" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {one.rules.join("\n")}
          </Text>
        )}
      </div>
      <Group>
        <SegmentedControl
          aria-label="Which recordings"
          value={search.fired === true ? "fired" : "all"}
          data={[
            { value: "all", label: "All recordings" },
            { value: "fired", label: "Where a rule fired" },
          ]}
          onChange={(value) =>
            void navigate({
              to: "/recordings/backtests/$backtestId",
              params: { backtestId: one.id },
              search: { fired: value === "fired" || undefined },
              replace: true,
            })
          }
        />
      </Group>
      <Results backtest={one} search={search} />
    </Stack>
  );
}
