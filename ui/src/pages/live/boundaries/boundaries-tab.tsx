import { Box, Grid, NavLink, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTend } from "~/api/rights";
import { ActButton } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Empty } from "~/parts/empty";
import { Panel } from "~/parts/panel";
import { useLive } from "../feed/feed-context";
import { askGuard } from "../guard-requests";
import { BoundaryEditor } from "./boundary-editor";
import type { Boundary } from "./changes";

export const NEW = "+";
export type Boundaries = { boundaries: Boundary[]; version: number };

type Shown = { robotId: string; chosen: string | undefined; isRemoval: boolean };

/** What holds on this robot, changed while it holds. */
export function BoundariesTab({ robotId, chosen, isRemoval }: Shown) {
  const { status } = useLive();
  const query = useQuery({
    // The guard counts the changes made to its boundaries: another count asks for them again.
    queryKey: ["live", robotId, "boundaries", status?.config_version ?? null],
    queryFn: ({ signal }) => askGuard<Boundaries>(robotId, { method: "GET", path: "/api/boundaries" }, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <Answer query={query}>
      {(read) => (
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, sm: 4, lg: 3 }}>
            <List read={read} chosen={chosen} active={status?.active_boundaries ?? []} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, sm: 8, lg: 9 }}>
            <Chosen {...{ robotId, read, chosen, isRemoval }} />
          </Grid.Col>
        </Grid>
      )}
    </Answer>
  );
}

function List({ read, chosen, active }: { read: Boundaries; chosen: string | undefined; active: string[] }) {
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  return (
    <Panel
      title="Boundaries"
      flush
      actions={
        <ActButton
          variant="default"
          size="compact-xs"
          refusal={useTend()}
          onAct={() => void navigate({ search: { tab: "boundaries", boundary: NEW } })}
        >
          Add one
        </ActButton>
      }
    >
      {read.boundaries.map((one) => (
        <NavLink
          key={one.name}
          active={one.name === chosen}
          label={one.name}
          description={`${one.type}${active.includes(one.name) ? ", active" : ""}`}
          renderRoot={(props) => (
            <Link
              from="/robots/$robotId/live"
              to="/robots/$robotId/live"
              search={{ tab: "boundaries", boundary: one.name }}
              {...props}
            />
          )}
        />
      ))}
    </Panel>
  );
}

function Chosen({ robotId, read, chosen, isRemoval }: Shown & { read: Boundaries }) {
  const editor = { robotId, version: read.version };
  if (chosen === NEW) return <BoundaryEditor key={NEW} {...editor} before={null} isRemoval={false} />;
  const before = read.boundaries.find((one) => one.name === chosen);
  if (before !== undefined) {
    return <BoundaryEditor key={before.name} {...editor} before={before} isRemoval={isRemoval} />;
  }
  return (
    <Box>
      <Empty title={chosen === undefined ? "Choose a boundary" : `There is no boundary ${chosen} any more`}>
        <Text size="sm">
          Changes hold from the next cycle on, or not at all: the guard checks them as strictly as its Stackfile. They
          are kept beside the Stackfile, with who made them.
        </Text>
      </Empty>
    </Box>
  );
}
