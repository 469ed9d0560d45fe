import { Badge, Button, Group, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { useAdminister } from "~/api/rights";
import { ActLink } from "~/parts/act-button";
import { Confirm } from "~/parts/confirm";
import { PageLink } from "~/parts/link";
import { Moment } from "~/parts/moment";
import { Panel } from "~/parts/panel";
import { Permitted } from "~/parts/permitted";
import { say, sayProblem } from "~/parts/say";
import type { Robot } from "../robots";
import { Fact } from "./fact";

/** What people call a robot and where it is; and its end. */
export function AboutPanel({ robot, edit }: { robot: Robot; edit: boolean }) {
  const refusal = useAdminister();
  return (
    <Panel
      title="About"
      actions={
        <ActLink
          refusal={edit ? null : refusal}
          to={`/robots/${encodeURIComponent(robot.robot_id)}`}
          search={{ edit: edit ? undefined : true }}
          variant="subtle"
          size="compact-xs"
        >
          {edit ? "Cancel" : "Change"}
        </ActLink>
      }
    >
      {edit ? (
        <Permitted>
          <Form robot={robot} />
        </Permitted>
      ) : (
        <Facts robot={robot} />
      )}
    </Panel>
  );
}

function Facts({ robot }: { robot: Robot }) {
  const versions = Object.entries(robot.versions ?? {});
  return (
    <Stack gap={2}>
      <Fact name="Id">{robot.robot_id}</Fact>
      <Fact name="Site">
        {robot.site ? (
          <PageLink to="/fleet" search={{ site: robot.site }} inherit>
            {robot.site}
          </PageLink>
        ) : (
          "–"
        )}
      </Fact>
      <Fact name="Tags">
        {(robot.tags ?? []).length === 0
          ? "–"
          : robot.tags?.map((tag) => (
              <Badge key={tag} color="gray" mr={4} tt="none">
                {tag}
              </Badge>
            ))}
      </Fact>
      <Fact name="First seen">{robot.first_seen_at ? <Moment at={robot.first_seen_at} form="both" /> : "–"}</Fact>
      <Fact name="Enrolled">{robot.enrolled_at ? <Moment at={robot.enrolled_at} form="both" /> : "never"}</Fact>
      {robot.retired_at ? (
        <Fact name="Retired">
          <Moment at={robot.retired_at} form="both" />
        </Fact>
      ) : null}
      {versions.map(([program, version]) => (
        <Fact key={program} name={program}>
          {version}
        </Fact>
      ))}
      <Retire robot={robot} />
    </Stack>
  );
}

function Form({ robot }: { robot: Robot }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(robot.name ?? "");
  const [site, setSite] = useState(robot.site ?? "");
  const [tags, setTags] = useState(robot.tags ?? []);
  const changing = useMutation({
    mutationFn: (body: Model<"RobotUpdate">) =>
      answered(api.PATCH("/api/v1/robots/{robot_id}", { params: { path: { robot_id: robot.robot_id } }, body })),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["robots"] });
      await navigate({ to: "/robots/$robotId", params: { robotId: robot.robot_id }, search: {} });
    },
    onError: sayProblem,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        changing.mutate({ name: name.trim() || null, site: site.trim() || null, tags });
      }}
    >
      <Stack gap="xs">
        <TextInput
          label="Name"
          value={name}
          maxLength={200}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput label="Site" value={site} maxLength={200} onChange={(event) => setSite(event.currentTarget.value)} />
        <TagsInput label="Tags" size="xs" value={tags} onChange={setTags} />
        <Group>
          <Button type="submit" loading={changing.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Retire({ robot }: { robot: Robot }) {
  const queries = useQueryClient();
  const retiring = useMutation({
    mutationFn: () =>
      answered(api.POST("/api/v1/robots/{robot_id}/retire", { params: { path: { robot_id: robot.robot_id } } })),
    onSuccess: () => say(`${robot.robot_id} is retired.`),
    onError: sayProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: ["robots"] }),
  });
  const refusal = useAdminister();
  if (robot.retired_at) return null;
  return (
    <Confirm
      refusal={refusal}
      mt="xs"
      w="fit-content"
      loading={retiring.isPending}
      question={`Retire ${robot.robot_id}?`}
      consequence="Its tokens end now and its heartbeats are refused. What it recorded stays. Enrolling it again brings it back."
      onConfirm={() => retiring.mutate()}
    >
      Retire it
    </Confirm>
  );
}
