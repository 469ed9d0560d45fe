import { Grid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { toAdminister, useKnown } from "~/api/rights";
import { Answer } from "~/parts/answer";
import { PageButton } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Page } from "~/parts/page";
import { robot } from "./queries";
import { AboutPanel } from "./robot/about-panel";
import { HealthPanel } from "./robot/health-panel";
import { RobotIncidents, RobotRecordings } from "./robot/outcome-panels";
import { TokensPanel } from "./robot/tokens-panel";
import { TopicsPanel } from "./robot/topics-panel";
import { groupOf } from "./robots";

/** One robot: how it is and was, what it hears, what came of it, and its credentials. */
export function RobotPage({ robotId, edit = false }: { robotId: string; edit?: boolean }) {
  const query = useQuery(robot(robotId));
  const maySeeTokens = useKnown(toAdminister) === null;
  const group = query.data === undefined ? undefined : groupOf(query.data);
  return (
    <Page
      title={query.data?.name ?? robotId}
      up={{ to: "/fleet", title: "Fleet" }}
      marks={group === undefined ? undefined : <Mark of={group} />}
      actions={
        <PageButton to="/robots/$robotId/live" params={{ robotId }}>
          Watch it live
        </PageButton>
      }
    >
      <Answer query={query}>
        {(shown) => (
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, md: 7 }}>
              <Stack gap="sm">
                <HealthPanel robot={shown} />
                <TopicsPanel robot={shown} />
              </Stack>
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 5 }}>
              <Stack gap="sm">
                <AboutPanel robot={shown} edit={edit} />
                <RobotIncidents robotId={robotId} />
                <RobotRecordings robotId={robotId} />
                {maySeeTokens ? <TokensPanel robotId={robotId} isRetired={group === "retired"} /> : null}
              </Stack>
            </Grid.Col>
          </Grid>
        )}
      </Answer>
    </Page>
  );
}
