import { ColorInput, Table } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Model } from "~/api/client";
import { toAdminister } from "~/api/rights";
import { useWhoAmI } from "~/api/session";
import { FormDialog } from "~/parts/form-dialog";
import { useShown } from "~/parts/listed";
import { NameField } from "~/parts/name-field";
import { useSaving } from "~/parts/use-saving";
import { useUrl } from "~/parts/use-url";
import { Arranged, EditIcon } from "../arranged";
import classes from "../board/kanban.module.css";
import { allTags } from "../model/queries";

const COLOURS = ["#64748b", "#0e7490", "#15803d", "#a16207", "#b45309", "#be123c", "#7e22ce", "#1d4ed8"];

/** The tags of the organization; `edit` is the one that is changed, empty for a new one. */
export function Tags({ edit }: { edit?: string }) {
  const refusal = toAdminister(useWhoAmI());
  const url = useUrl();
  const tags = useShown(useInfiniteQuery(allTags), "tags");
  const close = () => url({ tag: undefined }, "closes");
  return (
    <Arranged
      title="Tags"
      what="tag"
      query={tags}
      refusal={refusal}
      add={() => url({ tag: "" }, "opens")}
      none={{ title: "No tags yet", says: "Tags tell tasks apart on all boards." }}
      row={(tag) => (
        <Table.Tr key={tag.id}>
          <Table.Td>
            <span className={classes.dot} style={{ background: tag.colour }} /> {tag.name}
          </Table.Td>
          <Table.Td c="dimmed" visibleFrom="sm">
            {tag.slug}
          </Table.Td>
          <Table.Td ta="right" w={56}>
            <EditIcon
              label={`Edit the tag ${tag.name}`}
              refusal={refusal}
              onAct={() => url({ tag: tag.id }, "opens")}
            />
          </Table.Td>
        </Table.Tr>
      )}
    >
      {(items) => {
        if (edit === "") return <TagForm close={close} />;
        return items.filter(({ id }) => id === edit).map((tag) => <TagForm key={tag.id} tag={tag} close={close} />);
      }}
    </Arranged>
  );
}

function TagForm({ tag, close }: { tag?: Model<"Tag">; close: () => void }) {
  const [name, setName] = useState(tag?.name ?? "");
  const [colour, setColour] = useState(tag?.colour ?? "#64748b");
  const [version] = useState(tag?.version);
  const params = { path: { tag_id: tag?.id ?? "" } };
  const save = () =>
    tag === undefined
      ? answered(api.POST("/api/v1/tags", { body: { name, colour } }))
      : answered(api.PATCH("/api/v1/tags/{tag_id}", { params, body: { name, colour, version } }));
  const remove = () => answered(api.DELETE("/api/v1/tags/{tag_id}", { params }));
  const saving = useSaving<unknown>(save, ["boards"], close);
  const removing = useSaving(remove, ["boards"], close);
  return (
    <FormDialog
      title={tag === undefined ? "New tag" : `Tag ${tag.name}`}
      close={close}
      saving={saving}
      act="Save"
      removing={
        tag && {
          ...removing,
          question: `Delete the tag ${tag.name}?`,
          consequence: "Every task that has it loses it.",
        }
      }
    >
      <NameField value={name} onChange={setName} maxLength={100} />
      <ColorInput
        label="Colour"
        size="xs"
        format="hex"
        swatches={COLOURS}
        eyeDropperButtonProps={{ "aria-label": "Take a colour from the screen" }}
        value={colour}
        onChange={setColour}
      />
    </FormDialog>
  );
}
