import { ActionIcon, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { answered, api } from "~/api/client";
import { useAdminister } from "~/api/rights";
import { plural } from "~/format/numbers";
import { ActButton } from "~/parts/act-button";
import { Confirm } from "~/parts/confirm";
import { say } from "~/parts/say";
import { useActing } from "~/parts/use-saving";
import type { Destination } from "./queries";

/** The secret before a new one signs beside it for a day. */
const OVERLAP_S = 86_400;

type Props = { destination: Destination; onSecret: (secret: string | null) => void };

/** Test, change, switch off, a new secret, everything again, no more. */
export function DestinationActions({ destination, onSecret }: Props) {
  const refusal = useAdminister();
  const navigate = useNavigate();
  const params = { path: { destination_id: destination.id } };
  const area = ["notifications"];
  const test = useActing(
    () => answered(api.POST("/api/v1/notifications/destinations/{destination_id}/test", { params })),
    area,
    (delivery) => {
      const search = { destination: destination.id, delivery: delivery.id };
      return navigate({ to: "/settings/notifications", search, resetScroll: false });
    },
  );
  const toggle = useActing(() => {
    const body = { enabled: !destination.enabled, version: destination.version };
    return answered(api.PATCH("/api/v1/notifications/destinations/{destination_id}", { params, body }));
  }, area);
  const renew = useActing(
    () => {
      const body = { overlap_s: OVERLAP_S };
      return answered(api.POST("/api/v1/notifications/destinations/{destination_id}/secret", { params, body }));
    },
    area,
    (made) => onSecret(made.secret ?? null),
  );
  const resend = useActing(
    () => answered(api.POST("/api/v1/notifications/destinations/{destination_id}/resend", { params })),
    area,
    ({ deliveries }) => say(`${plural(deliveries, "delivery", "deliveries")} will be sent again.`),
  );
  const remove = useActing(
    () => answered(api.DELETE("/api/v1/notifications/destinations/{destination_id}", { params })),
    area,
  );
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <ActButton variant="default" refusal={refusal} loading={test.isPending} onAct={() => test.mutate()}>
        Test
      </ActButton>
      {refusal === null ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={`More for ${destination.name}`}>
              <IconDots size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              onClick={() => void navigate({ to: "/settings/notifications", search: { edit: destination.id } })}
            >
              Change
            </Menu.Item>
            <Menu.Item onClick={() => toggle.mutate()}>{destination.enabled ? "Switch off" : "Switch on"}</Menu.Item>
            {destination.kind === "webhook" ? (
              <Menu.Item onClick={() => renew.mutate()}>New secret; the old one signs for a day</Menu.Item>
            ) : null}
            {(destination.dead ?? 0) > 0 ? (
              <Menu.Item onClick={() => resend.mutate()}>Send what was given up again</Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      <Confirm
        refusal={refusal}
        question={`Delete ${destination.name}?`}
        consequence="It is told nothing more, and the log of what it was told is deleted."
        onConfirm={() => remove.mutate()}
      >
        Delete
      </Confirm>
    </Group>
  );
}
