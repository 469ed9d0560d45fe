import { Group, Select, Stack, Table, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { isAdmin, toAdminister } from "~/api/rights";
import { useWhoAmI, type WhoAmI } from "~/api/session";
import { doer } from "~/format/doers";
import { ActLink } from "~/parts/act-button";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Pager } from "~/parts/pager";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import { useUrl } from "~/parts/use-url";
import { SettingsFrame } from "../settings-frame";
import { Invites } from "./invites";
import { MemberAccess } from "./member-access";

export type MembersSearch = { offset?: number; access?: string; invite?: true };
type Member = Model<"Member">;

const ROLES = ["owner", "admin", "member"] as const;

/** Nobody gives or takes a role above their own. */
function rolesOf(me: WhoAmI): Member["role"][] {
  return ROLES.slice(ROLES.indexOf(me.role ?? "member"));
}

/** Who belongs to the organization one acts in, as what, and which boards they see. */
export function MembersPage({ search }: { search: MembersSearch }) {
  const me = useWhoAmI();
  return (
    <SettingsFrame
      title="Members"
      actions={
        me?.organization_id ? (
          <ActLink
            refusal={toAdminister(me)}
            to="/settings/members"
            search={{ ...search, invite: true }}
            leftSection={<IconPlus size={15} />}
          >
            Invite somebody
          </ActLink>
        ) : null
      }
    >
      {me === undefined ? null : me === null || me.organization_id === null ? (
        <Empty title="You act in no organization">
          <PageLink inherit to="/login" search={{ next: "/settings/members" }}>
            Sign in
          </PageLink>{" "}
          as a person, or accept an invite.
        </Empty>
      ) : (
        <Stack gap="md">
          <Members me={me} organizationId={me.organization_id} search={search} />
          {isAdmin(me) || search.invite ? (
            <Permitted>
              <Invites organizationId={me.organization_id} roles={rolesOf(me)} isMaking={search.invite === true} />
            </Permitted>
          ) : null}
        </Stack>
      )}
    </SettingsFrame>
  );
}

type Here = { me: WhoAmI; organizationId: string };

function Members({ me, organizationId, search }: Here & { search: MembersSearch }) {
  const url = useUrl();
  const members = useQuery({
    queryKey: ["members", organizationId, search.offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/organizations/{organization_id}/members", {
          params: { path: { organization_id: organizationId }, query: { limit: 50, offset: search.offset } },
          signal,
        }),
      ),
  });
  const close = () => url({ access: undefined }, "closes");
  return (
    <Panel title="Members" flush>
      <Answer query={members}>
        {(found) => (
          <>
            <Table aria-label="Members">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Name</Table.Th>
                  <Table.Th>Role</Table.Th>
                  <Table.Th visibleFrom="xs">Boards</Table.Th>
                  <Table.Th visibleFrom="sm">Since</Table.Th>
                  <Table.Th aria-label="Actions" />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {found.items.map((member) => (
                  <Row key={member.user_id} member={member} me={me} organizationId={organizationId} />
                ))}
              </Table.Tbody>
            </Table>
            <Pager total={found.total} limit={found.limit} offset={found.offset} />
            <MemberAccess
              organizationId={organizationId}
              member={found.items.find((one) => one.user_id === search.access)}
              onClose={close}
            />
          </>
        )}
      </Answer>
    </Panel>
  );
}

function Row({ member, me, organizationId }: Here & { member: Member }) {
  const queries = useQueryClient();
  const path = { organization_id: organizationId, user_id: member.user_id };
  const refresh = () => queries.invalidateQueries({ queryKey: ["members"] });
  // What the hub answers is said as it says it: that the last owner stays one, that another was faster.
  const failed = async (error: unknown) => {
    sayProblem(error);
    await refresh();
  };
  const change = useMutation({
    mutationFn: (role: Member["role"]) =>
      answered(
        api.PATCH("/api/v1/organizations/{organization_id}/members/{user_id}", {
          params: { path },
          body: { role, version: member.version },
        }),
      ),
    onSuccess: async (changed) => {
      say(`${changed.name} is ${changed.role} now.`);
      await refresh();
    },
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: () =>
      answered(api.DELETE("/api/v1/organizations/{organization_id}/members/{user_id}", { params: { path } })),
    onSuccess: refresh,
    onError: failed,
  });
  const isMe = member.user_id === me.user_id;
  const roles = rolesOf(me);
  const mayArrange = isAdmin(me) && roles.includes(member.role);
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={550}>
          {member.name}
          {isMe ? " (you)" : ""}
        </Text>
        <Text size="xs" c="dimmed">
          {member.email}
        </Text>
      </Table.Td>
      <Table.Td>
        {mayArrange ? (
          <Select
            aria-label={`Role of ${member.name}`}
            data={roles}
            value={member.role}
            allowDeselect={false}
            w={110}
            onChange={(role) => role !== null && role !== member.role && change.mutate(role as Member["role"])}
          />
        ) : (
          member.role
        )}
      </Table.Td>
      <Table.Td visibleFrom="xs">
        {mayArrange ? (
          <PageLink inherit to="/settings/members" search={(before) => ({ ...before, access: member.user_id })}>
            {boardsOf(member)}
          </PageLink>
        ) : (
          boardsOf(member)
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Moment at={member.joined_at} />
        <Text size="xs" c="dimmed">
          by {doer(member.invited_by)}
        </Text>
      </Table.Td>
      <Table.Td>
        {isMe || mayArrange ? (
          <Group justify="flex-end">
            <Confirm
              question={isMe ? "Leave this organization?" : `Remove ${member.name}?`}
              consequence={
                isMe
                  ? "You see nothing of it any more. Somebody must invite you to come back."
                  : "They see nothing of this organization any more; their invites end. What they did stays."
              }
              onConfirm={() => remove.mutate()}
            >
              {isMe ? "Leave" : "Remove"}
            </Confirm>
          </Group>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}

export function boardsOf(member: Pick<Member, "role" | "all_boards_read" | "all_boards_write">): string {
  if (member.role === "owner" || member.all_boards_write) return "changes all";
  return member.all_boards_read ? "sees all" : "single boards";
}
