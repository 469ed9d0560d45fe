import { Alert, Button, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Command } from "~/parts/command";
import { Confirm } from "~/parts/confirm";
import { useShown } from "~/parts/listed";
import { Mark } from "~/parts/marks";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { say, sayProblem } from "~/parts/say";
import { robotTokens } from "../queries";

/** What a robot shows to the hub: another in its place, or none. */
export function TokensPanel({ robotId, isRetired }: { robotId: string; isRetired: boolean }) {
  const queries = useQueryClient();
  const query = useShown(useInfiniteQuery(robotTokens(robotId)), "tokens");
  const refresh = () => queries.invalidateQueries({ queryKey: ["robots", "tokens", robotId] });
  const rotating = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/robots/{robot_id}/token", { params: { path: { robot_id: robotId } } })),
    onError: sayProblem,
    onSettled: refresh,
  });
  const revoking = useMutation({
    mutationFn: (id: string) =>
      answered(
        api.DELETE("/api/v1/robots/{robot_id}/tokens/{token_id}", {
          params: { path: { robot_id: robotId, token_id: id } },
        }),
      ),
    onSuccess: () => say("That token opens nothing any more."),
    onError: sayProblem,
    onSettled: refresh,
  });
  return (
    <Panel
      title="Tokens"
      flush
      actions={
        isRetired ? null : (
          <Button variant="default" size="compact-xs" loading={rotating.isPending} onClick={() => rotating.mutate()}>
            Make a new one
          </Button>
        )
      }
    >
      {rotating.data === undefined ? null : <Made token={rotating.data} onClose={rotating.reset} />}
      <Answer query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" c="dimmed" p="sm">
              It has none of its own: it shows the token that robots share, or the hub is open.
            </Text>
          ) : (
            <Table aria-label="Tokens of this robot" layout="fixed">
              <Table.Tbody>
                {items.map((token) => (
                  <Row key={token.id} token={token} onRevoke={() => revoking.mutate(token.id)} />
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      <More of={query} />
    </Panel>
  );
}

function Made({ token, onClose }: { token: Model<"RobotToken">; onClose: () => void }) {
  return (
    <Alert
      title="The new token, shown this once"
      m="sm"
      withCloseButton
      onClose={onClose}
      closeButtonLabel="Hide the token"
    >
      <Stack gap="xs">
        <Command text={token.token} label="Copy the token" />
        <Text size="sm">
          Give it to the robot as <code>hub_token</code>. The one before stays good until this one is first used
          {token.previous_until ? (
            <>
              , or until <Moment at={token.previous_until} form="absolute" />
            </>
          ) : null}
          . A robot that was enrolled exchanges its own by itself.
        </Text>
      </Stack>
    </Alert>
  );
}

function Row({ token, onRevoke }: { token: Model<"Token">; onRevoke: () => void }) {
  return (
    <Table.Tr>
      <Table.Td>
        {token.prefix}{" "}
        <Text span size="xs" c="dimmed">
          made <Moment at={token.created_at} />, {token.last_used_at ? "used " : "never used"}
          {token.last_used_at ? <Moment at={token.last_used_at} /> : null}
        </Text>
      </Table.Td>
      <Table.Td w={100} ta="right">
        {token.active ? (
          <Confirm
            size="compact-xs"
            question="Revoke this token?"
            consequence="A robot that shows it is refused from now on. Enrol it again to let it in."
            onConfirm={onRevoke}
          >
            Revoke
          </Confirm>
        ) : (
          <Mark of={token.revoked_at ? "revoked" : "ended"} />
        )}
      </Table.Td>
    </Table.Tr>
  );
}
