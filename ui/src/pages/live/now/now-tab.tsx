import { Box, Grid, Stack } from "@mantine/core";
import { useFeed, useLive } from "../feed/feed-context";
import { linkOf } from "../link-state";
import { Cameras } from "./cameras";
import { Counts } from "./counts";
import { Decided } from "./decided";
import { Guards } from "./guards";
import { Joints } from "./joints";
import { Latency } from "./latency";
import { LoopControls } from "./loop-controls";

/** What the guard decides, cycle by cycle. */
export function NowTab({ robotId, task }: { robotId: string; task: string | undefined }) {
  const feed = useFeed();
  const state = useLive();
  const link = linkOf(feed.socket, state, performance.now());
  // An old picture must not look like a new one.
  const isOld = link !== "live" && link !== "quiet";
  return (
    <Stack gap="sm">
      <LoopControls robotId={robotId} task={task} />
      <Box style={isOld ? { filter: "grayscale(1)" } : undefined} data-old={isOld || undefined}>
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Stack gap="sm">
              <Decided />
              <Latency />
              <Joints />
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <Stack gap="sm">
              <Cameras />
              <Guards />
              <Counts />
            </Stack>
          </Grid.Col>
        </Grid>
      </Box>
    </Stack>
  );
}
