import { Button, Menu } from "@mantine/core";
import { IconClockPlus, IconRefresh } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answered, api } from "~/api/client";
import { Confirm } from "~/parts/confirm";
import { PageButton } from "~/parts/link";
import { say, sayProblem } from "~/parts/say";
import { commandLine } from "../form/command-line";
import type { LabCommand, LabSession } from "../queries";
import { isOver } from "../words";

const LIVES: [string, number][] = [
  ["1 hour", 3_600],
  ["4 hours", 14_400],
  ["1 day", 86_400],
  ["1 week", 604_800],
];

/** Again, longer, or no more. */
export function SessionActions({ session, commands }: { session: LabSession; commands: readonly LabCommand[] }) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ["lab"] });
  const params = { path: { session_id: session.id } };
  const prolong = useMutation({
    mutationFn: (ttl_s: number) => answered(api.PATCH("/sessions/{session_id}", { params, body: { ttl_s } })),
    onSuccess: refresh,
    onError: sayProblem,
  });
  const end = useMutation({
    mutationFn: () => answered(api.DELETE("/sessions/{session_id}", { params })),
    onSuccess: async () => {
      say("The session is ended.");
      await refresh();
    },
    onError: sayProblem,
  });
  return (
    <>
      <PageButton
        variant="default"
        leftSection={<IconRefresh size={15} />}
        title={session.patch_hash ? "The same without its patch, which is not sent again" : "The same once more"}
        to="/lab/new"
        search={{
          repository: session.repository,
          commit: session.commit_sha ?? undefined,
          ref: session.ref ?? undefined,
          recording: session.recordings,
          incident: session.incident_id ?? undefined,
          command: commands.map((one) => commandLine(one.argv)),
          artifact: session.artifacts,
          label: session.labels,
        }}
      >
        Again
      </PageButton>
      {isOver(session.state) ? null : (
        <>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" leftSection={<IconClockPlus size={15} />} loading={prolong.isPending}>
                Live longer
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>It ends from now in</Menu.Label>
              {LIVES.map(([words, seconds]) => (
                <Menu.Item key={seconds} onClick={() => prolong.mutate(seconds)}>
                  {words}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Confirm
            question="End this session?"
            consequence="Everything that runs in it is ended, and its checkout is gone. Its output and artifacts stay."
            onConfirm={() => end.mutate()}
          >
            End
          </Confirm>
        </>
      )}
    </>
  );
}
