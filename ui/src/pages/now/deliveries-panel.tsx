import { Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { deadDeliveries } from "./queries";
import { Quiet } from "./quiet";

const NOTIFICATIONS: string = "/settings/notifications";

/** Notifications that the hub has given up to deliver. */
export function DeliveriesPanel() {
  const query = useQuery(deadDeliveries);
  return (
    <Panel
      title="Failed deliveries"
      actions={
        <PageLink to={NOTIFICATIONS} size="sm">
          Notifications
        </PageLink>
      }
    >
      <Answer query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <Quiet>None: everybody was told.</Quiet>
          ) : (
            <Stack gap="sm">
              {items.map((one) => (
                <Delivery key={one.id} delivery={one} />
              ))}
              {total > items.length ? (
                <Text size="xs" c="dimmed">
                  and {total - items.length} more
                </Text>
              ) : null}
            </Stack>
          )
        }
      </Answer>
    </Panel>
  );
}

function Delivery({ delivery: one }: { delivery: Model<"Delivery"> }) {
  const queries = useQueryClient();
  const resend = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/notifications/deliveries/{delivery_id}/resend", {
          params: { path: { delivery_id: one.id } },
        }),
      ),
    onError: sayProblem,
    onSuccess: () => {
      say("It is sent again.");
      return queries.invalidateQueries({ queryKey: ["notifications"] });
    },
  });
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <div>
        <Text size="sm">
          {one.event_kind} <Moment at={one.finished_at ?? one.created_at} c="dimmed" fz="xs" />
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {one.problem ?? "no answer"}
        </Text>
      </div>
      <Button variant="default" flex="none" loading={resend.isPending} onClick={() => resend.mutate()}>
        Send again
      </Button>
    </Group>
  );
}
