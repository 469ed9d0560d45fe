import { Button, Group, NumberInput, Stack, Table, TagsInput, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { Answer } from "~/parts/answer";
import { Confirm } from "~/parts/confirm";
import { useEverything } from "~/parts/listed";
import { Moment } from "~/parts/moment";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import { openEnrolments } from "../queries";
import { GivenCode } from "./given-code";

const HOUR_S = 3_600;
const ROBOT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Lets a robot in: a code that is good once, what to type on the robot, and whether it has come. */
export function EnrolPage() {
  const [given, setGiven] = useState<Model<"Enrolment"> | null>(null);
  return (
    <Page title="Enrol a robot" up={{ to: "/fleet", title: "Fleet" }}>
      <Permitted>
        <Stack gap="sm">
          <Panel title="A code for one robot">
            {given === null ? (
              <Ask onGiven={setGiven} />
            ) : (
              <GivenCode enrolment={given} onDone={() => setGiven(null)} />
            )}
          </Panel>
          <OpenOnes />
        </Stack>
      </Permitted>
    </Page>
  );
}

function Ask({ onGiven }: { onGiven: (enrolment: Model<"Enrolment">) => void }) {
  const queries = useQueryClient();
  const [robotId, setRobotId] = useState("");
  const [site, setSite] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const [hours, setHours] = useState<number>(1);
  const isWrong = robotId !== "" && !ROBOT_ID.test(robotId);
  const making = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/robots/enrolments", {
          body: {
            robot_id: robotId === "" ? null : robotId,
            site: site === "" ? null : site,
            tags,
            expires_in_s: Math.round(hours * HOUR_S),
          },
        }),
      ),
    onSuccess: (enrolment) => {
      void queries.invalidateQueries({ queryKey: openEnrolments.queryKey });
      onGiven(enrolment);
    },
    onError: sayProblem,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!isWrong) making.mutate();
      }}
    >
      <Group align="start" gap="sm">
        <TextInput
          label="Robot"
          description="Empty: it brings its own id"
          value={robotId}
          error={isWrong ? "Letters, digits, . _ and -" : null}
          onChange={(event) => setRobotId(event.currentTarget.value.trim())}
          w={{ base: "100%", xs: 200 }}
        />
        <TextInput
          label="Site"
          description="Where it is"
          value={site}
          onChange={(event) => setSite(event.currentTarget.value)}
          w={{ base: "100%", xs: 180 }}
        />
        <TagsInput
          label="Tags"
          description="Enter after each"
          size="xs"
          value={tags}
          onChange={setTags}
          w={{ base: "100%", xs: 220 }}
        />
        <NumberInput
          label="Good for"
          description="Hours"
          min={0.1}
          max={720}
          value={hours}
          onChange={(value) => setHours(typeof value === "number" ? value : 1)}
          w={90}
        />
        <Button type="submit" loading={making.isPending} mt={37}>
          Make a code
        </Button>
      </Group>
    </form>
  );
}

function OpenOnes() {
  const queries = useQueryClient();
  const query = useEverything(useInfiniteQuery(openEnrolments));
  const revoking = useMutation({
    mutationFn: (id: string) =>
      answered(api.DELETE("/api/v1/robots/enrolments/{enrolment_id}", { params: { path: { enrolment_id: id } } })),
    onSuccess: () => say("That code lets nobody in any more."),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: openEnrolments.queryKey }),
  });
  return (
    <Answer query={query}>
      {({ items }) =>
        items.length === 0 ? null : (
          <Panel title="Codes that wait for their robot" flush>
            <Table>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Robot</Table.Th>
                  <Table.Th visibleFrom="sm">Made by</Table.Th>
                  <Table.Th>Good until</Table.Th>
                  <Table.Th w={110} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {items.map((one) => (
                  <Table.Tr key={one.enrolment_id}>
                    <Table.Td>
                      {one.robot_id ?? "any"}
                      <Text span c="dimmed" size="xs">
                        {" "}
                        {[one.site, ...one.tags].filter(Boolean).join(", ")}
                      </Text>
                    </Table.Td>
                    <Table.Td visibleFrom="sm">{one.created_by}</Table.Td>
                    <Table.Td>
                      <Moment at={one.expires_at} />
                    </Table.Td>
                    <Table.Td ta="right">
                      <Confirm
                        size="compact-xs"
                        question="Revoke this code?"
                        consequence="Whoever has it gets in no more. A new one can be made at any time."
                        onConfirm={() => revoking.mutate(one.enrolment_id)}
                      >
                        Revoke
                      </Confirm>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Panel>
        )
      }
    </Answer>
  );
}
