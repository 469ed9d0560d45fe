import { Badge, Group, List, Progress, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Empty } from "~/parts/empty";
import { Panel } from "~/parts/panel";
import { LabFrame } from "./lab-frame";
import { Level } from "./level";
import { sandboxQuery } from "./queries";

/** How far sessions are kept apart, worker by worker. */
export function SandboxPage() {
  const query = useQuery(sandboxQuery);
  return (
    <LabFrame title="Sandbox">
      <Answer query={query}>
        {({ workers }) =>
          workers.length === 0 ? (
            <Empty title="No worker runs">
              Sessions wait until one does. The hub runs them itself unless PILOTHOUSE_LAB_WORKER is off; or, on another
              machine with the same database:
              <Command text="pilothouse worker" />
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              {workers.map((worker) => (
                <Worker key={worker.worker} worker={worker} />
              ))}
            </SimpleGrid>
          )
        }
      </Answer>
    </LabFrame>
  );
}

function Worker({ worker }: { worker: Model<"LabSandbox"> }) {
  const share = worker.capacity === 0 ? 0 : (100 * worker.running) / worker.capacity;
  return (
    <Panel title={worker.worker} actions={<Level of={worker.level} />}>
      <Stack gap="sm">
        {worker.refuses ? (
          <Text size="sm" c="red">
            It takes nothing: {worker.refuses}
          </Text>
        ) : null}
        <Group gap="sm" wrap="nowrap">
          <Progress value={share} flex={1} aria-label={`${worker.running} of ${worker.capacity} sessions run`} />
          <Text size="sm">
            {worker.running} of {worker.capacity} run
          </Text>
        </Group>
        <List size="sm" spacing={2} listStyleType="none" m={0} p={0}>
          {Object.entries(worker.mechanisms ?? {}).map(([name, state]) => (
            <List.Item key={name}>
              {state === "works" ? name : `${name}: `}
              {state === "works" ? null : (
                <Text span inherit c="red">
                  {state}
                </Text>
              )}
            </List.Item>
          ))}
        </List>
        <Group gap="xs">
          <Text size="sm">Networks:</Text>
          {(worker.networks ?? []).map((network) => (
            <Badge key={network} color="gray" tt="none">
              {network}
            </Badge>
          ))}
        </Group>
      </Stack>
    </Panel>
  );
}
