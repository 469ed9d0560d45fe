import { Group, Text, Title } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useAdminister } from "~/api/rights";
import { count } from "~/format/numbers";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton } from "~/parts/link";
import { Page } from "~/parts/page";
import { Pager } from "~/parts/pager";
import { useUrl } from "~/parts/use-url";
import { Words } from "~/parts/words";
import classes from "./fleet.module.css";
import type { FleetSearch } from "./fleet-search";
import { guardsOf, robotList } from "./queries";
import { RobotCard } from "./robot-card";
import { grouped, type Group as Health, type Robot } from "./robots";

const TITLES: Record<Health, string> = {
  silent: "Silent",
  stale: "Stale",
  healthy: "Healthy",
  unheard: "Never heard of by heartbeat",
  retired: "Retired",
};

/** All robots, the troubled ones first; how many there are of each kind the hub counts. */
export function FleetPage({ search }: { search: FleetSearch }) {
  const query = useQuery(robotList(search));
  const refusal = useAdminister();
  const { offset: _, ...narrowed } = search;
  return (
    <Page
      title="Fleet"
      actions={
        <ActLink refusal={refusal} to="/fleet/enrol" leftSection={<IconPlus size={15} />}>
          Enrol a robot
        </ActLink>
      }
    >
      <Filters search={search} counts={query.data?.by_health} />
      <Answer query={query}>
        {({ items, total, limit, offset, by_health }) =>
          items.length > 0 ? (
            <>
              <Groups robots={items} counts={by_health ?? {}} />
              <Pager total={total} limit={limit} offset={offset} />
            </>
          ) : Object.values(narrowed).some((one) => one !== undefined) ? (
            <Empty title="No such robot">
              <PageButton to="/fleet" search={{}} variant="default">
                Show all robots
              </PageButton>
            </Empty>
          ) : total > 0 ? (
            <Pager total={total} limit={limit} offset={offset} />
          ) : (
            <NoRobots />
          )
        }
      </Answer>
    </Page>
  );
}

type Counts = Record<string, number>;

function Groups({ robots, counts }: { robots: Robot[]; counts: Counts }) {
  const guards = useQuery(guardsOf(robots.map((one) => one.robot_id)));
  const words = new Map(guards.data?.items.map((one) => [one.robot_id, one]));
  return grouped(robots).map(({ group, robots: members }) => (
    <section key={group} aria-label={TITLES[group]}>
      <Title order={2} size="h3" mt={8} mb={4}>
        {TITLES[group]}{" "}
        <Text span c="dimmed" size="sm">
          {count(counts[group] ?? members.length)}
        </Text>
      </Title>
      <div className={classes.cards}>
        {members.map((robot) => (
          <RobotCard key={robot.robot_id} robot={robot} guard={words.get(robot.robot_id)} />
        ))}
      </div>
    </section>
  ));
}

/** Narrows the list; each health says how many there are, before anybody has chosen it. */
function Filters({ search, counts }: { search: FleetSearch; counts: Counts | undefined }) {
  const url = useUrl();
  const kinds = [
    { kind: "silent", of: "silent" },
    { kind: "stale", of: "stale" },
    { kind: "healthy", of: "healthy" },
    { kind: "unheard", of: "never heard of" },
    { kind: "retired", of: "retired" },
  ] as const;
  const chosen = search.retired ? "retired" : search.health;
  const narrow = (kind: (typeof kinds)[number]["kind"]): FleetSearch => ({
    ...search,
    offset: undefined,
    retired: kind === "retired" && chosen !== kind ? true : undefined,
    health: kind === "retired" || chosen === kind ? undefined : kind,
  });
  const where = [search.site, search.tag].filter((one) => one !== undefined);
  return (
    <Group gap="xs" mb="xs">
      <Words
        label="Find a robot"
        placeholder="Id, name or site"
        value={search.q}
        onChange={(q) => url({ q, offset: undefined })}
        w={220}
      />
      <Group gap={4} component="nav" aria-label="Robots by health">
        {kinds.map(({ kind, of }) =>
          (counts?.[kind] ?? 0) === 0 && chosen !== kind ? null : (
            <PageButton
              key={kind}
              to="/fleet"
              search={narrow(kind)}
              variant={chosen === kind ? "light" : "default"}
              aria-current={chosen === kind ? "true" : undefined}
            >
              {count(counts?.[kind] ?? 0)} {of}
            </PageButton>
          ),
        )}
      </Group>
      {where.length > 0 ? (
        <PageButton
          variant="subtle"
          to="/fleet"
          search={{ ...search, site: undefined, tag: undefined, offset: undefined }}
          rightSection={<IconX size={13} />}
        >
          {where.join(", ")}
        </PageButton>
      ) : null}
    </Group>
  );
}

function NoRobots() {
  return (
    <Empty title="No robot is known yet">
      <Text size="sm" mb="xs">
        A robot is known as soon as its recorder beats, or once it is enrolled. On this machine, with a flight that
        comes along:
      </Text>
      <Command text="pilothouse demo" />
      <Text size="sm" my="xs">
        To let a robot in, with a token of its own:
      </Text>
      <ActLink refusal={useAdminister()} to="/fleet/enrol">
        Enrol a robot
      </ActLink>
    </Empty>
  );
}
