import { Button, Group, NumberInput, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { recordingQuery } from "~/pages/player/queries";
import { each } from "~/parts/each";
import { Outcomes } from "~/parts/outcomes";
import { useOutcomes } from "~/parts/use-outcomes";
import type { FormProps } from "./acting";
import { cutUrl, type Part, spanOf } from "./cuts";
import { download } from "./downloads";

/** The same part of each, as files of their own: around the trigger, or from the start. */
export function CutForm({ ids, part: chosenPart, onPart }: FormProps) {
  const queries = useQueryClient();
  const [seconds, setSeconds] = useState<Partial<Omit<Part, "around">>>({});
  const [topics, setTopics] = useState("");
  const [outcomes, setOutcomes] = useOutcomes("cut");
  const around = chosenPart ?? "trigger";
  const isFromStart = around === "start";
  const part: Part = { around, ...(isFromStart ? { before: 0, after: 10 } : { before: 5, after: 5 }), ...seconds };
  const cut = async () => {
    await each(
      ids,
      async (id) => {
        const span = spanOf(part, await queries.fetchQuery(recordingQuery(id)));
        if (span === null) throw new Error("It has no trigger to cut around; cut from its start instead.");
        await download([cutUrl(id, span, topics)]);
        return `from ${span.start.toFixed(1)} s to ${span.end.toFixed(1)} s`;
      },
      setOutcomes,
    );
  };
  const field = (name: "before" | "after", label: string) => (
    <NumberInput
      label={label}
      suffix=" s"
      min={0}
      max={86_400}
      decimalScale={3}
      value={part[name]}
      onChange={(value) => setSeconds({ ...seconds, [name]: Number(value) || 0 })}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void cut();
      }}
    >
      <Stack gap="sm">
        <SegmentedControl
          aria-label="Which part"
          value={around}
          data={[
            { value: "trigger", label: "Around the trigger" },
            { value: "start", label: "From the start" },
          ]}
          onChange={(chosen) => {
            setSeconds({});
            onPart(chosen === "start" ? "start" : undefined);
          }}
        />
        <Group grow>
          {field("before", isFromStart ? "From" : "Before it")}
          {field("after", isFromStart ? "To" : "After it")}
        </Group>
        <TextInput
          label="Only these topics"
          placeholder="All; or /odom, /tf"
          maxLength={8_000}
          value={topics}
          onChange={(event) => setTopics(event.currentTarget.value)}
        />
        {outcomes === null ? null : <Outcomes outcomes={outcomes} />}
        <Group justify="flex-end">
          <Button
            type="submit"
            disabled={isFromStart && part.after <= part.before}
            loading={outcomes?.some((one) => one.state === "waiting")}
          >
            Cut and download
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
