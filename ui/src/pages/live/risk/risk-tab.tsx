import { Button, Grid, Group, Select, Text } from "@mantine/core";
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { count, plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";
import { askGuard } from "../guard-requests";
import { type LiveSearch, OUTCOMES, RISK_LEVELS } from "../live-search";
import { CycleInspector } from "./cycle-inspector";
import { type CycleRecord, wantedOf } from "./record";
import { RiskTable } from "./risk-table";

type Page = { events: CycleRecord[]; count: number };
type Statistics = { total: number; rejected: number; clamped: number; by_risk_level: Record<string, number> };
const LIMIT = 100;

/** The cycles of the guard's own risk log, and one of them to its last number. */
export function RiskTab({ robotId, search }: { robotId: string; search: LiveSearch }) {
  const query = useQuery({
    queryKey: ["live", robotId, "risk-log", search.outcome ?? null, search.level ?? null],
    queryFn: ({ signal }) =>
      askGuard<Page>(robotId, { method: "GET", path: "/api/risk-log", query: wantedOf(search, LIMIT) }, signal),
    placeholderData: keepPreviousData,
  });
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  const select = (event: number) => void navigate({ search: { ...search, event: String(event) }, resetScroll: false });
  const { event } = search;
  return (
    <Grid gap="sm">
      <Grid.Col span={{ base: 12, lg: event === undefined ? 12 : 6 }} order={{ base: 2, lg: 1 }}>
        <Panel title="Risk log" flush actions={<Newer robotId={robotId} loadedAt={query.dataUpdatedAt} />}>
          <Filters search={search} />
          <Answer query={query}>
            {({ events }) =>
              events.length === 0 ? (
                <Empty title="No such cycle">
                  The guard keeps what was clamped, rejected or failed, and what its monitors would have stopped.
                </Empty>
              ) : (
                <RiskTable events={events} chosen={event} onChoose={select} />
              )
            }
          </Answer>
        </Panel>
        <Totals robotId={robotId} loadedAt={query.dataUpdatedAt} />
      </Grid.Col>
      {event === undefined ? null : (
        <Grid.Col span={{ base: 12, lg: 6 }} order={{ base: 1, lg: 2 }}>
          <CycleInspector
            robotId={robotId}
            eventId={event}
            listed={query.data?.events}
            onClose={() => void navigate({ search: { ...search, event: undefined } })}
          />
        </Grid.Col>
      )}
    </Grid>
  );
}

function Filters({ search }: { search: LiveSearch }) {
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  const set = (change: Partial<LiveSearch>) => void navigate({ search: { ...search, ...change } });
  return (
    <Group gap="xs" p="sm">
      <Select
        aria-label="Outcome"
        placeholder="Any outcome"
        clearable
        data={[...OUTCOMES]}
        value={search.outcome ?? null}
        onChange={(outcome) => set({ outcome: outcome === null ? undefined : (outcome as LiveSearch["outcome"]) })}
        w={140}
      />
      <Select
        aria-label="Risk at least"
        placeholder="Any risk"
        clearable
        data={RISK_LEVELS.map((level) => ({ value: level, label: `${level.toLowerCase()} or worse` }))}
        value={search.level ?? null}
        onChange={(level) => set({ level: level === null ? undefined : (level as LiveSearch["level"]) })}
        w={180}
      />
    </Group>
  );
}

/** Asking the robot again is a decision: each question goes over its network and into the audit log. */
function Newer({ robotId, loadedAt }: { robotId: string; loadedAt: number }) {
  const queries = useQueryClient();
  const { notable } = useLive();
  const [seen, setSeen] = useState({ loadedAt, notable });
  useEffect(() => {
    if (seen.loadedAt !== loadedAt) setSeen({ loadedAt, notable });
  }, [loadedAt, notable, seen]);
  const newer = notable - seen.notable;
  return (
    <Button
      variant={newer > 0 ? "light" : "default"}
      size="compact-xs"
      onClick={() => void queries.invalidateQueries({ queryKey: ["live", robotId, "risk-log"] })}
    >
      {newer > 0 ? `Show ${plural(newer, "newer one")}` : "Ask again"}
    </Button>
  );
}

function Totals({ robotId, loadedAt }: { robotId: string; loadedAt: number }) {
  const query = useQuery({
    queryKey: ["live", robotId, "risk-totals", loadedAt],
    queryFn: ({ signal }) => askGuard<Statistics>(robotId, { method: "GET", path: "/api/risk-log/stats" }, signal),
    enabled: loadedAt > 0,
    placeholderData: keepPreviousData,
  });
  if (query.data === undefined) return null;
  const { total, rejected, clamped } = query.data;
  return (
    <Text size="xs" c="dimmed" mt={4}>
      {plural(total, "cycle")} in the guard's log: {count(rejected)} rejected, {count(clamped)} clamped. The newest{" "}
      {LIMIT} that match are listed.
    </Text>
  );
}
