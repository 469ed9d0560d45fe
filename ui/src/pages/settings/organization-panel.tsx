import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api } from "~/api/client";
import { Answer } from "~/parts/answer";
import { inParts, useShown } from "~/parts/listed";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";

const mine = inParts(["organizations"], (query, signal) =>
  answered(api.GET("/api/v1/organizations", { params: { query }, signal })),
);

/** The organizations one belongs to; one acts in one of them at a time. An invite leads into another. */
export function OrganizationPanel() {
  const queries = useQueryClient();
  const [token, setToken] = useState("");
  const organizations = useShown(useInfiniteQuery(mine), "organizations");
  const everything = () => queries.invalidateQueries();
  const choose = useMutation({
    mutationFn: (organization_id: string) =>
      answered(api.PATCH("/api/v1/organizations/me/active", { body: { organization_id } })),
    onSuccess: everything,
    onError: sayProblem,
  });
  const accept = useMutation({
    mutationFn: () => answered(api.POST("/api/v1/organizations/invites/accept", { body: { token: token.trim() } })),
    onSuccess: async ({ organization }) => {
      say(`You belong to ${organization.name} now.`);
      setToken("");
      await everything();
    },
    onError: sayProblem,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <Panel title="Organizations">
      <Stack gap="sm">
        <Answer query={organizations}>
          {({ items }) =>
            items.map((one) => (
              <Group key={one.id} gap="sm">
                <Text size="sm" fw={550}>
                  {one.name}
                </Text>
                <Badge color="gray" tt="none">
                  {one.role}
                </Badge>
                {one.owns_fleet ? (
                  <Text size="xs" c="dimmed">
                    robots and recordings are its
                  </Text>
                ) : null}
                {one.is_active ? (
                  <Badge tt="none">you act in it</Badge>
                ) : (
                  <Button variant="default" loading={choose.isPending} onClick={() => choose.mutate(one.id)}>
                    Act in it
                  </Button>
                )}
              </Group>
            ))
          }
        </Answer>
        <More of={organizations} />
        <form onSubmit={submit}>
          <Group align="end" gap="sm">
            <TextInput
              label="Invite"
              placeholder="The token somebody gave you"
              value={token}
              required
              onChange={(event) => setToken(event.currentTarget.value)}
              autoComplete="off"
              w={{ base: "100%", xs: 320 }}
            />
            <Button type="submit" variant="default" loading={accept.isPending}>
              Accept
            </Button>
          </Group>
        </form>
      </Stack>
    </Panel>
  );
}
