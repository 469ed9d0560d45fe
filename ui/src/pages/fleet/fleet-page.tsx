import { Button, Group, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { PageButton } from "~/parts/link";
import { Page } from "~/parts/page";
import classes from "./fleet.module.css";
import type { FleetSearch } from "./fleet-search";
import { latestRisk, robotList } from "./queries";
import { RobotCard } from "./robot-card";
import { grouped, guardWords, type Group as Health } from "./robots";

const TITLES: Record<Health, string> = {
  silent: "Silent",
  stale: "Stale",
  healthy: "Healthy",
  unheard: "Never heard of by heartbeat",
  retired: "Retired",
};

/** All robots, the troubled ones first. */
export function FleetPage({ search }: { search: FleetSearch }) {
  const query = useQuery(robotList(search));
  return (
    <Page
      title="Fleet"
      actions={
        <PageButton to="/fleet/enrol" leftSection={<IconPlus size={15} />}>
          Enrol a robot
        </PageButton>
      }
    >
      <Filters search={search} />
      <Answer query={query}>
        {({ items, total }) =>
          items.length > 0 ? (
            <>
              <Groups robots={items} />
              {total > items.length ? (
                <Text size="sm" c="dimmed" mt="sm">
                  {plural(total - items.length, "more robot")}: narrow the list to see them.
                </Text>
              ) : null}
            </>
          ) : Object.values(search).some((one) => one !== undefined) ? (
            <Empty title="No such robot">
              <PageButton to="/fleet" search={{}} variant="default">
                Show all robots
              </PageButton>
            </Empty>
          ) : (
            <NoRobots />
          )
        }
      </Answer>
    </Page>
  );
}

function Groups({ robots }: { robots: Parameters<typeof grouped>[0] }) {
  const risk = useQuery(latestRisk);
  const words = guardWords(risk.data?.items ?? []);
  return grouped(robots).map(({ group, robots: members }) => (
    <section key={group} aria-label={TITLES[group]}>
      <Title order={2} size="h3" mt={8} mb={4}>
        {TITLES[group]}{" "}
        <Text span c="dimmed" size="sm">
          {members.length}
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

function Filters({ search }: { search: FleetSearch }) {
  const navigate = useNavigate({ from: "/fleet/" });
  const find = useDebouncedCallback((q: string) => {
    void navigate({ search: (before) => ({ ...before, q: q === "" ? undefined : q }), replace: true });
  }, 250);
  const isMore = search.site !== undefined || search.tag !== undefined || search.health !== undefined;
  return (
    <Group gap="xs" mb="xs">
      <TextInput
        key={search.q === undefined ? "none" : "some"}
        aria-label="Find a robot"
        placeholder="Id, name or site"
        defaultValue={search.q}
        onChange={(event) => find(event.currentTarget.value)}
        w={220}
        autoFocus={search.q !== undefined}
      />
      <PageButton
        to="/fleet"
        search={{ ...search, retired: search.retired ? undefined : true }}
        variant={search.retired ? "light" : "default"}
        aria-current={search.retired === true ? "true" : undefined}
      >
        Retired ones
      </PageButton>
      {isMore ? (
        <Button variant="subtle" onClick={() => void navigate({ search: { q: search.q } })}>
          {[search.site, search.tag, search.health].filter((one) => one !== undefined).join(", ")} ✕
        </Button>
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
      <PageButton to="/fleet/enrol">Enrol a robot</PageButton>
    </Empty>
  );
}
