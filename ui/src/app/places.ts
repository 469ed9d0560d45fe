import {
  type Icon,
  IconActivity,
  IconAlertOctagon,
  IconFlask,
  IconLayoutKanban,
  IconMovie,
  IconRobot,
  IconSettings,
} from "@tabler/icons-react";

/** The places of the menu, in the order an incident takes. */
export const PLACES: { to: string; title: string; icon: Icon }[] = [
  { to: "/", title: "Now", icon: IconActivity },
  { to: "/incidents", title: "Incidents", icon: IconAlertOctagon },
  { to: "/recordings", title: "Recordings", icon: IconMovie },
  { to: "/fleet", title: "Fleet", icon: IconRobot },
  { to: "/boards", title: "Boards", icon: IconLayoutKanban },
  { to: "/lab", title: "Lab", icon: IconFlask },
  { to: "/settings", title: "Settings", icon: IconSettings },
];
