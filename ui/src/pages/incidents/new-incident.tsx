import { Button, Group, Modal, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { answered, api } from "~/api/client";
import { toTend } from "~/api/rights";
import { Permitted } from "~/parts/permitted";
import { sayProblem } from "~/parts/say";
import { SEVERITIES, type Severity } from "./search";

/** For what a person saw; robots, guards and alerts open incidents by themselves. */
export function NewIncident({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Report an incident">
      <Permitted to={toTend}>
        <Form />
      </Permitted>
    </Modal>
  );
}

function Form() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<Severity>("medium");
  const [robot, setRobot] = useState("");
  const [description, setDescription] = useState("");
  // The same report sent twice is one incident.
  const once = useRef(crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
  const open = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/api/v1/incidents", {
          body: { title, severity, robot_id: robot.trim() || null, description: description.trim() || null },
          headers: { "Idempotency-Key": once.current },
        }),
      ),
    onError: sayProblem,
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["incidents"] });
      await navigate({ to: "/incidents/$incidentId", params: { incidentId: made.id }, search: {} });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        open.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label="What happened"
          required
          maxLength={300}
          data-autofocus
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <Group grow>
          <Select
            label="Severity"
            allowDeselect={false}
            data={[...SEVERITIES]}
            value={severity}
            onChange={(value) => setSeverity(SEVERITIES.find((one) => one === value) ?? "medium")}
          />
          <TextInput
            label="Robot"
            placeholder="Any or none"
            maxLength={100}
            value={robot}
            onChange={(event) => setRobot(event.currentTarget.value)}
          />
        </Group>
        <Textarea
          label="What you saw"
          maxLength={10_000}
          minRows={3}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={open.isPending}>
            Report
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
