import "./live.css";
import { Box, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CatchBoundary, useNavigate } from "@tanstack/react-router";
import { answered, api } from "~/api/client";
import { Failure } from "~/parts/failure";
import { PageButton } from "~/parts/link";
import { Mark } from "~/parts/marks";
import { Page } from "~/parts/page";
import { BoundariesTab } from "./boundaries/boundaries-tab";
import { EstopButton } from "./estop-button";
import { Feed, useFeed, useLive } from "./feed/feed-context";
import { LinkNotice } from "./link-notice";
import type { LiveSearch } from "./live-search";
import { NowTab } from "./now/now-tab";
import { RiskTab } from "./risk/risk-tab";

/** A robot as it decides, now. */
export function LivePage({ robotId, search }: { robotId: string; search: LiveSearch }) {
  return (
    <Feed robotId={robotId}>
      <Stop robotId={robotId} />
      {/* Whatever of the page fails, the button above stays. */}
      <CatchBoundary
        getResetKey={() => robotId}
        errorComponent={({ error, reset }) => <Failure error={error} retry={reset} />}
      >
        <Watched robotId={robotId} search={search} />
      </CatchBoundary>
    </Feed>
  );
}

function Stop({ robotId }: { robotId: string }) {
  const feed = useFeed();
  return <EstopButton robotId={robotId} onStopped={(status) => feed.know(status)} />;
}

function Watched({ robotId, search }: { robotId: string; search: LiveSearch }) {
  const navigate = useNavigate({ from: "/robots/$robotId/live" });
  const robot = useQuery({
    queryKey: ["robots", "one", robotId],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/robots/{robot_id}", { params: { path: { robot_id: robotId } }, signal })),
  });
  const { status } = useLive();
  return (
    <Page
      title={robot.data?.name ?? robotId}
      up={{ to: "/fleet", title: "Fleet" }}
      marks={status === null ? undefined : <Mark of={status.state === "emergency" ? "EMERGENCY" : status.state} />}
      actions={
        <PageButton to="/robots/$robotId" params={{ robotId }} variant="default">
          About this robot
        </PageButton>
      }
    >
      {robot.isError ? <Failure error={robot.error} retry={() => void robot.refetch()} /> : null}
      <LinkNotice robotId={robotId} />
      <Tabs
        value={search.tab ?? "now"}
        onChange={(tab) => void navigate({ search: { tab: tab === "now" ? undefined : (tab as LiveSearch["tab"]) } })}
      >
        <Tabs.List mb="sm">
          <Tabs.Tab value="now">Now</Tabs.Tab>
          <Tabs.Tab value="boundaries">Boundaries</Tabs.Tab>
          <Tabs.Tab value="risk">Risk log</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="now">
          <NowTab robotId={robotId} task={search.task} />
        </Tabs.Panel>
        <Tabs.Panel value="boundaries">
          <BoundariesTab robotId={robotId} chosen={search.boundary} isRemoval={search.remove === true} />
        </Tabs.Panel>
        <Tabs.Panel value="risk">
          <RiskTab robotId={robotId} search={search} />
        </Tabs.Panel>
      </Tabs>
      {/* Room to scroll everything out from under the button. */}
      <Box h={110} />
    </Page>
  );
}
