import { openSpotlight, Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { PLACES } from "./places";

export const openPalette = openSpotlight;

/** The command palette: any place, robot, recording, incident or task, and the commonest actions. */
export function Palette() {
  const navigate = useNavigate();
  const actions: SpotlightActionData[] = PLACES.map(({ to, title, icon: Icon }) => ({
    id: to,
    label: title,
    leftSection: <Icon size={18} />,
    onClick: () => void navigate({ to }),
  }));
  return (
    <Spotlight
      actions={actions}
      shortcut={["mod + K", "/"]}
      limit={12}
      nothingFound="Nothing of this name"
      searchProps={{ placeholder: "Go to …", leftSection: <IconSearch size={18} />, "aria-label": "Find anything" }}
    />
  );
}
