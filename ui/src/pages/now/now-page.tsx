import { Grid, Stack } from "@mantine/core";
import { useWhoAmI } from "~/api/session";
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
  const me = useWhoAmI();
  // A hub without credentials shows its fleet to everybody; what waits for somebody waits for nobody then.
  const isSomebody = me !== null && me !== undefined;
  const counts = useBeginnings(isSomebody);
  return (
    <Page title="Now">
      {isSomebody ? <FiguresStrip /> : null}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="md">
            {isBeginning(counts) ? <FirstSteps counts={counts} /> : null}
            <IncidentsPanel />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            {isSomebody ? <ApprovalsPanel /> : null}
            <GuardsPanel />
            <RobotsPanel />
            {isSomebody ? <DeliveriesPanel /> : null}
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}
