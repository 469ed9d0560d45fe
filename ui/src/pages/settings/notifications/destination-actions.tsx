import { ActionIcon, Button, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answered, api } from "~/api/client";
import { plural } from "~/format/numbers";
import { Confirm } from "~/parts/confirm";
import { say, sayProblem } from "~/parts/say";
import type { Destination } from "./queries";

type Props = { destination: Destination; onSecret: (secret: string | null) => void };

/** Test, change, switch off, a new secret, everything again, no more. */
export function DestinationActions({ destination, onSecret }: Props) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const params = { path: { destination_id: destination.id } };
  const refresh = () => queries.invalidateQueries({ queryKey: ["notifications"] });
  const onError = async (error: unknown) => {
    sayProblem(error);
    await refresh();
  };
  const test = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/notifications/destinations/{destination_id}/test", { params })),
    onSuccess: async (delivery) => {
      await refresh();
      await navigate({
        to: "/settings/notifications",
        search: { destination: destination.id, delivery: delivery.id },
        resetScroll: false,
      });
    },
    onError,
  });
  const toggle = useMutation({
    mutationFn: () =>
      answered(
        api.PATCH("/api/v1/notifications/destinations/{destination_id}", {
          params,
          body: { enabled: !destination.enabled, version: destination.version },
        }),
      ),
    onSuccess: refresh,
    onError,
  });
  const renew = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/notifications/destinations/{destination_id}/secret", { params, body: { overlap_s: 86_400 } }),
      ),
    onSuccess: async (made) => {
      onSecret(made.secret ?? null);
      await refresh();
    },
    onError,
  });
  const resend = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/notifications/destinations/{destination_id}/resend", { params })),
    onSuccess: async ({ deliveries }) => {
      say(`${plural(deliveries, "delivery", "deliveries")} will be sent again.`);
      await refresh();
    },
    onError,
  });
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE("/api/v1/notifications/destinations/{destination_id}", { params })),
    onSuccess: refresh,
    onError,
  });
  return (
    <Group gap="xs" justify="flex-end" wrap="nowrap">
      <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
        Test
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`More for ${destination.name}`}>
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void navigate({ to: "/settings/notifications", search: { edit: destination.id } })}>
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
      <Confirm
        question={`Delete ${destination.name}?`}
        consequence="It is told nothing more, and the log of what it was told is deleted."
        onConfirm={() => remove.mutate()}
      >
        Delete
      </Confirm>
    </Group>
  );
}
