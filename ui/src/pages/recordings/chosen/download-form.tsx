import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Command } from "~/parts/command";
import type { FormProps } from "./acting";
import { fileUrl } from "./cuts";
import { download } from "./downloads";

/** One file each. */
export function DownloadForm({ ids }: FormProps) {
  const [isBusy, setBusy] = useState(false);
  const fetchAll = async () => {
    setBusy(true);
    await download(ids.map(fileUrl));
    setBusy(false);
  };
  return (
    <Stack gap="sm">
      <Text size="sm">
        The browser fetches one file each, and may ask whether it should take several. Many and large ones are better
        fetched at a terminal, which goes on where it was interrupted:
      </Text>
      <Command text={ids.map((id) => `pilothouse recordings download ${id}`).join("\n")} />
      <Group justify="flex-end">
        <Button onClick={() => void fetchAll()} loading={isBusy} data-autofocus>
          Download
        </Button>
      </Group>
    </Stack>
  );
}
