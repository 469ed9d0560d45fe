import { Grid, Stack } from "@mantine/core";
import { Page } from "~/parts/page";
import { ApprovalsPanel } from "./approvals-panel";
import { DeliveriesPanel } from "./deliveries-panel";
import { FiguresStrip } from "./figures-strip";
import { FirstSteps, isBeginning, useBeginnings } from "./first-steps";
import { GuardsPanel } from "./guards-panel";
import { IncidentsPanel } from "./incidents-panel";
import { RobotsPanel } from "./robots-panel";

/** What wants attention, the most urgent first. */
export function NowPage() {
  const counts = useBeginnings();
  return (
    <Page title="Now">
      <FiguresStrip />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            {isBeginning(counts) ? <FirstSteps counts={counts} /> : null}
            <IncidentsPanel />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            <ApprovalsPanel />
            <GuardsPanel />
            <RobotsPanel />
            <DeliveriesPanel />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
