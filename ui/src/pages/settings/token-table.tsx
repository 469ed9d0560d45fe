import { Badge, Code, Group, Table, Text } from "@mantine/core";
import type { Model } from "~/api/client";
import { doer } from "~/format/doers";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { browserOf } from "./browser";

type Token = Model<"Token">;
type Props = {
  label: string;
  /** Of sign-ins, which may all that their person may. */
  areBrowsers?: boolean;
  tokens: readonly Token[];
  end: { word: string; question: (token: Token) => string; consequence: string; act: (token: Token) => void };
  empty: string;
};

/** Tokens or sign-ins with what they may, when they were last used, and a way to end them. */
export function TokenTable({ label, areBrowsers = false, tokens, end, empty }: Props) {
  if (tokens.length === 0) return <Empty title={empty} />;
  return (
    <Table aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          {areBrowsers ? null : <Table.Th visibleFrom="sm">May</Table.Th>}
          <Table.Th visibleFrom="xs">Last used</Table.Th>
          <Table.Th visibleFrom="md">Made</Table.Th>
          <Table.Th>Ends</Table.Th>
          <Table.Th aria-label="Actions" />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tokens.map((token) => (
          <Table.Tr key={token.id} opacity={token.active ? undefined : 0.75}>
            <Table.Td>
              <Text size="sm" fw={550}>
                {areBrowsers ? browserOf(token.name) : token.name}
              </Text>
              <Code>{token.prefix}…</Code>
            </Table.Td>
            {areBrowsers ? null : (
              <Table.Td visibleFrom="sm">
                <Scopes token={token} />
              </Table.Td>
            )}
            <Table.Td visibleFrom="xs" style={{ whiteSpace: "nowrap" }}>
              {token.last_used_at ? <Moment at={token.last_used_at} /> : <Text size="sm">never</Text>}
            </Table.Td>
            <Table.Td visibleFrom="md">
              <Moment at={token.created_at} />
              <Text size="xs" c="dimmed">
                by {doer(token.created_by)}
              </Text>
            </Table.Td>
            <Table.Td style={{ whiteSpace: "nowrap" }}>
              <EndOf token={token} />
            </Table.Td>
            <Table.Td>
              {token.active ? (
                <Group justify="flex-end">
                  <Confirm
                    question={end.question(token)}
                    consequence={end.consequence}
                    onConfirm={() => end.act(token)}
                  >
                    {end.word}
                  </Confirm>
                </Group>
              ) : null}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Scopes({ token }: { token: Token }) {
  const bound = [token.repository, token.session_id].filter(Boolean);
  return (
    <Group gap={4}>
      {(token.scopes ?? []).length === 0 && token.user_id ? <Text size="sm">all that its person may</Text> : null}
      {(token.scopes ?? []).map((scope) => (
        <Badge key={scope} color={scope === "admin" ? "yellow" : "gray"} tt="none">
          {scope}
        </Badge>
      ))}
      {bound.map((one) => (
        <Text key={one} size="xs" c="dimmed">
          only {one}
        </Text>
      ))}
    </Group>
  );
}

function EndOf({ token }: { token: Token }) {
  if (token.revoked_at) {
    return (
      <>
        <Mark of="revoked" /> <Moment at={token.revoked_at} fz="xs" />
      </>
    );
  }
  if (!token.active) return <Mark of="over" />;
  return token.expires_at ? <Moment at={token.expires_at} /> : <Text size="sm">never</Text>;
}
