import { Button, Group, Modal, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { answered, api } from "~/api/client";
import { toTend } from "~/api/rights";
import { Command } from "~/parts/command";
import { Failure } from "~/parts/failure";
import { Moment } from "~/parts/moment";
import { Permitted } from "~/parts/permitted";
import { openedAt } from "./model/cut";
import { momentOf, nsAt } from "./model/times";
import { usePlaying } from "./playing";

/** Makes a signed link and starts a viewer with it at the cursor. The viewer is another site: a person decides. */
export function ViewerDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Open in a viewer at this time">
      <Permitted to={toTend}>
        <Viewers />
      </Permitted>
    </Modal>
  );
}

function Viewers() {
  const { recording, player, startNs } = usePlaying();
  const { mutate, data, error } = useMutation({
    mutationFn: () => {
      const params = { path: { session_id: recording.session_id } };
      return answered(api.POST("/api/v1/recordings/{session_id}/links", { params, body: { expires_in_s: 3_600 } }));
    },
  });
  useEffect(() => mutate(), [mutate]);
  const moment = momentOf(nsAt(startNs, player.state.cursor));
  return (
    <>
      {error === null ? null : <Failure error={error} retry={() => mutate()} />}
      {data === undefined ? null : (
        <>
          <Text size="sm">
            The viewer's page reads the recording by the link below. Whoever has the link can read this recording; it
            expires <Moment at={data.expires_at} />.
          </Text>
          <Group my="md">
            <Viewer name="Lichtblick" href={openedAt(data.open.lichtblick, moment)} />
            <Viewer name="Foxglove" href={openedAt(data.open.foxglove, moment)} />
          </Group>
          <Command text={data.url} label="Copy the link to the file" />
        </>
      )}
    </>
  );
}

function Viewer({ name, href }: { name: string; href: string }) {
  return (
    <Button component="a" href={href} target="_blank" rel="noreferrer noopener">
      Open {name}
    </Button>
  );
}
