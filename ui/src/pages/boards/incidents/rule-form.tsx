import { Group, Select, Switch, TagsInput } from "@mantine/core";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { FormDialog } from "~/parts/form-dialog";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";
import { useOnBoard } from "../board/on-board";
import { PRIORITIES } from "../model/lanes";

const SEVERITIES: Model<"Severity">[] = ["low", "medium", "high", "critical"];

/** Which incidents become tasks: those that fit all of it; what is empty means any. */
export function RuleForm({ rule, close }: { rule?: Model<"Rule">; close: () => void }) {
  const { boardId } = useOnBoard();
  const [draft, setDraft] = useState({
    name: rule?.name ?? "",
    enabled: rule?.enabled ?? true,
    min_severity: rule?.min_severity ?? null,
    robot_ids: rule?.robot_ids ?? [],
    labels: rule?.labels ?? [],
    incident_rules: rule?.incident_rules ?? [],
    priority: rule?.priority ?? null,
  });
  const [version] = useState(rule?.version);
  const change = (one: Partial<typeof draft>) => setDraft({ ...draft, ...one });
  const board = { params: { path: { board_id: boardId } } };
  const one = { params: { path: { board_id: boardId, rule_id: rule?.id ?? "" } } };
  const save = () =>
    rule === undefined
      ? answered(api.POST("/api/v1/boards/{board_id}/incident-rules", { ...board, body: draft }))
      : answered(
          api.PATCH("/api/v1/boards/{board_id}/incident-rules/{rule_id}", { ...one, body: { ...draft, version } }),
        );
  const remove = () => answered(api.DELETE("/api/v1/boards/{board_id}/incident-rules/{rule_id}", one));
  const saving = useSaving<unknown>(save, ["boards", boardId], close);
  const removing = useSaving(remove, ["boards", boardId], close);
  return (
    <FormDialog
      title={rule === undefined ? "New rule" : `Rule ${rule.name}`}
      close={close}
      saving={saving}
      act={rule === undefined ? "Make the rule" : "Save"}
      removing={
        rule && {
          ...removing,
          question: `Delete the rule ${rule.name}?`,
          consequence: "The tasks it made stay.",
        }
      }
    >
      <NameField value={draft.name} onChange={(name) => change({ name })} />
      <Group grow>
        <Select
          label="Severity at least"
          placeholder="Any"
          clearable
          data={SEVERITIES}
          value={draft.min_severity}
          onChange={(next) => change({ min_severity: next as Model<"Severity"> | null })}
        />
        <Select
          label="Priority of the tasks"
          placeholder="By severity"
          clearable
          data={PRIORITIES}
          value={draft.priority}
          onChange={(next) => change({ priority: next as Model<"Priority"> | null })}
        />
      </Group>
      <Listed label="Robots" value={draft.robot_ids} set={(robot_ids) => change({ robot_ids })} />
      <Listed label="Labels" value={draft.labels} set={(labels) => change({ labels })} />
      <Listed
        label="Rules that open incidents"
        value={draft.incident_rules}
        set={(incident_rules) => change({ incident_rules })}
      />
      <Switch
        label="It is on"
        checked={draft.enabled}
        onChange={(event) => change({ enabled: event.currentTarget.checked })}
      />
    </FormDialog>
  );
}

function Listed(props: { label: string; value: string[]; set: (value: string[]) => void }) {
  const { label, value, set } = props;
  return (
    <TagsInput
      label={label}
      size="xs"
      placeholder={value.length === 0 ? "Any; Enter adds one" : undefined}
      value={value}
      onChange={set}
    />
  );
}
