import { Button, Group, Modal, NumberInput, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { doer } from "~/format/doers";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { inParts, useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { SecretOnce } from "../secret-once";
import { type Access, AccessFields } from "./access-fields";

type Invite = Model<"Invite">;
type Props = { organizationId: string; roles: Invite["role"][]; isMaking: boolean };

const invitesOf = (organizationId: string) =>
  inParts(["members", organizationId, "invites"], (query, signal) =>
    answered(
      api.GET("/api/v1/organizations/{organization_id}/invites", {
        params: { path: { organization_id: organizationId }, query },
        signal,
      }),
    ),
  );

/** Invites, open or not, and the making of one. */
export function Invites({ organizationId, roles, isMaking }: Props) {
  const queries = useQueryClient();
  const url = useUrl();
  const path = { organization_id: organizationId };
  const invites = useShown(useInfiniteQuery(invitesOf(organizationId)), "invites");
  const revoke = useMutation({
    mutationFn: (invite_id: string) =>
      answered(
        api.DELETE("/api/v1/organizations/{organization_id}/invites/{invite_id}", {
          params: { path: { ...path, invite_id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["members"] }),
    onError: sayProblem,
  });
  const close = () => url({ invite: undefined }, "closes");
  return (
    <Panel title="Invites" flush>
      <Answer query={invites}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nobody was invited yet" />
          ) : (
            <Table aria-label="Invites">
              <Table.Tbody>
                {items.map((invite) => (
                  <Row key={invite.id} invite={invite} onRevoke={() => revoke.mutate(invite.id)} />
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      <More of={invites} />
      <NewInvite organizationId={organizationId} roles={roles} opened={isMaking} onClose={close} />
    </Panel>
  );
}

function Row({ invite, onRevoke }: { invite: Invite; onRevoke: () => void }) {
  const state = invite.is_open ? "open" : invite.accepted_at ? "accepted" : invite.revoked_at ? "revoked" : "over";
  const at = invite.accepted_at ?? invite.revoked_at ?? invite.expires_at;
  return (
    <Table.Tr>
      <Table.Td w="40%">
        <Text size="sm">{invite.email ?? "anybody"}</Text>
        <Text size="xs" c="dimmed">
          {invite.role}, by {doer(invite.created_by)}
        </Text>
      </Table.Td>
      <Table.Td>
        <Mark of={state} />
        <Text size="xs" c="dimmed" component="div">
          {invite.is_open ? "ends " : ""}
          <Moment at={at} />
          {invite.accepted_by ? `, ${doer(invite.accepted_by)}` : ""}
        </Text>
      </Table.Td>
      <Table.Td>
        {invite.is_open ? (
          <Group justify="flex-end">
            <Confirm
              question="Revoke this invite?"
              consequence="Its token lets nobody in any more."
              onConfirm={onRevoke}
            >
              Revoke
            </Confirm>
          </Group>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}

type NewProps = { organizationId: string; roles: Invite["role"][]; opened: boolean; onClose: () => void };

function NewInvite({ organizationId, roles, opened, onClose }: NewProps) {
  const queries = useQueryClient();
  const [role, setRole] = useState<Invite["role"]>("member");
  const [access, setAccess] = useState<Access>({ all_boards_read: false, all_boards_write: false, boards: [] });
  const [made, setMade] = useState<Model<"MadeInvite"> | null>(null);
  const make = useMutation({
    mutationFn: (invite: Model<"NewInvite">) =>
      answered(
        api.POST("/api/v1/organizations/{organization_id}/invites", {
          params: { path: { organization_id: organizationId } },
          body: invite,
        }),
      ),
    onSuccess: async (invite) => {
      setMade(invite);
      onClose();
      await queries.invalidateQueries({ queryKey: ["members"] });
    },
    onError: sayProblem,
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const email = String(fields.get("email") ?? "").trim();
    make.mutate({
      email: email === "" ? undefined : email,
      role,
      access: role === "member" ? access : undefined,
      expires_in_h: Number(fields.get("hours")) || 72,
    });
  };
  return (
    <>
      <Modal opened={opened} onClose={onClose} title="Invite somebody" size="lg">
        <form onSubmit={submit}>
          <Stack gap="sm">
            <Group grow align="end">
              <TextInput
                name="email"
                type="email"
                label="Only for this address"
                placeholder="anybody who has the token"
                data-autofocus
              />
              <Select
                label="As"
                data={roles}
                value={role}
                allowDeselect={false}
                onChange={(chosen) => setRole((chosen ?? "member") as Invite["role"])}
              />
              <NumberInput name="hours" label="Good for" suffix=" h" min={1} max={720} defaultValue={72} />
            </Group>
            {role === "member" ? (
              <AccessFields access={access} change={setAccess} />
            ) : (
              <Text size="sm" c="dimmed">
                An {role} may see and change every board.
              </Text>
            )}
            <Group justify="flex-end">
              <Button type="submit" loading={make.isPending}>
                Make the invite
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
      <SecretOnce title="The invite" secret={made?.token} onClose={() => setMade(null)}>
        <Text size="sm" mt="md" mb="xs">
          Or send this link; what stands behind # never reaches a server on its way:
        </Text>
        <Command text={made?.link ?? ""} label="Copy the link" />
      </SecretOnce>
    </>
  );
}
