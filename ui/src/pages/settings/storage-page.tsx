import { Button, Group, Progress, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { answered, api, type Model } from "~/api/client";
import { toTend } from "~/api/rights";
import { bytes, count, plural } from "~/format/numbers";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { Empty } from "~/parts/empty";
import { PageLink } from "~/parts/link";
import { inParts, partsWanted, useShown } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { More } from "~/parts/more";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { say } from "~/parts/say";
import { useActing } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import { SettingsFrame } from "./settings-frame";

/** What recordings take of what they may take, and what leaves when it is too much. */
export function StoragePage() {
  return (
    <SettingsFrame title="Storage">
      <Permitted to={toTend}>
        <Stack gap="md">
          <DiskUse />
          <Sweep />
          <Pinned />
        </Stack>
      </Permitted>
    </SettingsFrame>
  );
}

function DiskUse() {
  const disk = useQuery({
    queryKey: ["recordings", "disk"],
    queryFn: ({ signal }) => answered(api.GET("/api/admin/disk", { signal })),
  });
  const rescan = useActing(
    () => answered(api.POST("/api/admin/rescan")),
    ["recordings"],
    (found) => {
      const changes = `${found.added} new, ${found.updated} changed, ${found.removed} gone`;
      say(`${plural(found.session_count, "recording")} are known: ${changes}, ${found.damaged} damaged.`);
    },
  );
  return (
    <Panel
      title="Disk"
      actions={
        <Button variant="default" loading={rescan.isPending} onClick={() => rescan.mutate()}>
          Look at the directory again
        </Button>
      }
    >
      <Answer query={disk}>{(use) => <Use use={use} />}</Answer>
    </Panel>
  );
}

function Use({ use }: { use: Model<"DiskUse"> }) {
  const cap = use.cap_mb * 2 ** 20;
  const share = cap === 0 ? 0 : (100 * use.used_bytes) / cap;
  return (
    <Stack gap="xs">
      <Text>
        {plural(use.session_count, "recording takes", "recordings take")} {bytes(use.used_bytes)}
        {use.cap_enabled ? ` of ${bytes(cap)}` : ""}.
      </Text>
      {use.cap_enabled ? (
        <Progress
          value={Math.min(100, share)}
          color={share > 100 ? "red" : share > 90 ? "yellow" : undefined}
          size="lg"
          aria-label={`${share.toFixed(0)} % of the cap is used`}
        />
      ) : (
        <Text size="sm" c="dimmed">
          There is no cap: nothing is deleted by itself. MD_MAX_DISK_MB sets one.
        </Text>
      )}
    </Stack>
  );
}

function Sweep() {
  const plan = useQuery({
    queryKey: ["recordings", "sweep"],
    queryFn: ({ signal }) => answered(api.GET("/api/admin/sweep", { signal })),
  });
  const sweep = useActing(
    () => answered(api.POST("/api/admin/sweep")),
    ["recordings"],
    (swept) => say(`${plural(swept.deleted_ids.length, "recording")} deleted, ${bytes(swept.bytes_freed)} freed.`),
  );
  return (
    <Panel title="What a sweep would delete now" flush>
      <Answer query={plan}>
        {(found) =>
          found.total === 0 ? (
            <Empty title="Nothing would leave">
              Recordings leave when they are too many, oldest first; annotated ones, and those of incidents that are
              still open, go last, pinned ones never.
            </Empty>
          ) : (
            <>
              <Group justify="space-between" p="sm">
                <Text size="sm">
                  {plural(found.total, "recording")} would go and free {bytes(found.bytes_freed)};{" "}
                  {bytes(found.bytes_after)} would stay.
                </Text>
                <Confirm
                  question={`Delete ${plural(found.total, "recording")}?`}
                  consequence={`${bytes(found.bytes_freed)} are freed. Deleted recordings do not come back. What is pinned meanwhile stays.`}
                  onConfirm={() => sweep.mutate()}
                  loading={sweep.isPending}
                >
                  Sweep now
                </Confirm>
              </Group>
              <Going plan={found} />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

const SHOWN = 100;

function Going({ plan }: { plan: Model<"SweepPlan"> }) {
  const url = useUrl();
  const parts = useLocation({ select: ({ search }) => partsWanted((search as { going?: unknown }).going) });
  const shown = plan.items.slice(0, SHOWN * parts);
  return (
    <>
      <Table aria-label="Recordings that would go">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Recording</Table.Th>
            <Table.Th visibleFrom="sm">Robot</Table.Th>
            <Table.Th>Recorded</Table.Th>
            <Table.Th ta="right">Size</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((one) => (
            <Table.Tr key={one.session_id}>
              <Table.Td>
                <PageLink inherit to="/recordings/$recordingId" params={{ recordingId: one.session_id }}>
                  {one.session_id}
                </PageLink>
              </Table.Td>
              <Table.Td visibleFrom="sm">{one.robot_id}</Table.Td>
              <Table.Td>
                <Moment at={one.recorded_at} />
              </Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {bytes(one.size_bytes)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {plan.total > shown.length ? (
        <Text size="xs" c="dimmed" p="xs">
          and {count(plan.total - shown.length)} more
        </Text>
      ) : null}
      <More
        of={{
          hasMore: plan.items.length > shown.length,
          isAsking: false,
          showMore: () => url({ going: parts + 1 }),
        }}
      />
    </>
  );
}

const allPinned = inParts(["recordings", "pinned"], async (query, signal) => {
  const found = await answered(api.GET("/api/sessions", { params: { query: { pinned: true, ...query } }, signal }));
  return { items: found.sessions, total: found.total, offset: query.offset };
});

function Pinned() {
  const pinned = useShown(useInfiniteQuery(allPinned), "pinned");
  const unpin = useActing(
    (session_id: string) =>
      answered(api.DELETE("/api/v1/recordings/{session_id}/pin", { params: { path: { session_id } } })),
    ["recordings"],
  );
  return (
    <Panel title="Pinned" flush>
      <Answer query={pinned}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing is pinned">What is pinned on its page is never deleted.</Empty>
          ) : (
            <>
              <Table aria-label="Pinned recordings">
                <Table.Tbody>
                  {items.map((one) => (
                    <Table.Tr key={one.session_id}>
                      <Table.Td>
                        <PageLink inherit to="/recordings/$recordingId" params={{ recordingId: one.session_id }}>
                          {one.session_id}
                        </PageLink>
                      </Table.Td>
                      <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                        {bytes(one.size_bytes)}
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button variant="default" onClick={() => unpin.mutate(one.session_id)}>
                          Unpin
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <More of={pinned} />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
