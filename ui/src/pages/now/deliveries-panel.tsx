import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, type Model } from "~/api/client";
import { useAdminister } from "~/api/rights";
import { plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { deadDeliveries, givenUp } from "./queries";
import { Quiet } from "./quiet";

const NOTIFICATIONS: string = "/settings/notifications";

/** What the hub has given up to deliver: its own notifications, and what boards' webhooks and subscriptions carry. */
export function DeliveriesPanel() {
  const dead = useQuery(deadDeliveries);
  const ofBoards = useQuery(givenUp);
  const isNone = dead.data?.total === 0 && ofBoards.data?.total === 0;
  return (
    <Panel
      title="Failed deliveries"
      actions={
        <PageLink to={NOTIFICATIONS} search={{ state: "dead" } as never} size="sm">
          Notifications
        </PageLink>
      }
    >
      {isNone ? (
        <Quiet>None: everybody was told.</Quiet>
      ) : (
        <Stack gap="sm">
          <Answer query={ofBoards}>
            {(found) => (
              <>
                {found.items.map((one) => (
                  <OfBoard key={one.id} one={one} />
                ))}
                <More many={found.total - found.items.length} />
              </>
            )}
          </Answer>
          <Answer query={dead}>
            {(found) => (
              <>
                {found.items.map((one) => (
                  <Notification key={one.id} delivery={one} />
                ))}
                <More many={found.total - found.items.length} />
              </>
            )}
          </Answer>
        </Stack>
      )}
    </Panel>
  );
}

function More({ many }: { many: number }) {
  if (many <= 0) return null;
  return (
    <Text size="xs" c="dimmed">
      and {many} more
    </Text>
  );
}

/** A webhook is looked at where its payloads are; what goes out can be posted again from here. */
function OfBoard({ one }: { one: Model<"GivenUp"> }) {
  const path = { board_id: one.board_id, subscription_id: one.id };
  const resend = () =>
    answered(api.POST("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/resend", { params: { path } }));
  const opened = one.way === "in" ? { webhook: one.id } : { subscription: one.id };
  return (
    <Line
      area="webhooks"
      resend={one.way === "out" && one.can_write ? resend : undefined}
      title={
        <>
          <PageLink
            inherit
            fw={600}
            to={`/boards/${encodeURIComponent(one.board_id)}/webhooks` as string}
            search={{ ...opened, state: "dead" } as never}
          >
            {one.name}
          </PageLink>{" "}
          <Moment at={one.latest_at} c="dimmed" fz="xs" />
        </>
      }
    >
      {plural(one.dead, one.way === "in" ? "payload" : "event")} of {one.board_name} given up
    </Line>
  );
}

function Notification({ delivery: one }: { delivery: Model<"Delivery"> }) {
  const params = { path: { delivery_id: one.id } };
  const resend = () => answered(api.POST("/api/v1/notifications/deliveries/{delivery_id}/resend", { params }));
  return (
    <Line
      area="notifications"
      resend={useAdminister() === null ? resend : undefined}
      title={
        <>
          <PageLink inherit fw={600} to={NOTIFICATIONS} search={{ state: "dead", delivery: one.id } as never}>
            {one.event_kind}
          </PageLink>{" "}
          <Moment at={one.finished_at ?? one.created_at} c="dimmed" fz="xs" />
        </>
      }
    >
      {one.problem ?? "no answer"}
    </Line>
  );
}

type LineProps = { title: ReactNode; area: string; resend?: () => Promise<unknown>; children: ReactNode };

function Line({ title, area, resend, children }: LineProps) {
  const queries = useQueryClient();
  const sending = useMutation({
    mutationFn: async () => resend?.(),
    onError: sayProblem,
    onSuccess: () => {
      say("It is sent again.");
      return queries.invalidateQueries({ queryKey: [area] });
    },
  });
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <div>
        <Text size="sm">{title}</Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {children}
        </Text>
      </div>
      {resend === undefined ? null : (
        <Button variant="default" flex="none" loading={sending.isPending} onClick={() => sending.mutate()}>
          Send again
        </Button>
      )}
    </Group>
  );
}
