import {
  ActionIcon,
  Anchor,
  AppShell,
  Box,
  Burger,
  Group,
  NavLink,
  Text,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import { useInUrl } from "~/parts/use-in-url";
import { LostNotice } from "./lost-notice";
import { Palette, usePalette } from "./palette";
import { PLACES } from "./places";
import { Underway } from "./underway";
import { useFocusReturn } from "./use-focus-return";
import { Whoever } from "./whoever";

/** Where everything stands: places on the left, what is current at the top, the page in the middle. */
export function Shell() {
  const [menu, setMenu] = useInUrl("menu");
  useFocusReturn();
  const opened = menu !== undefined;
  const [, openPalette] = usePalette();
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <AppShell header={{ height: 44 }} navbar={{ width: 168, breakpoint: "sm", collapsed: { mobile: !opened } }}>
      <Skip />
      <Underway />
      <AppShell.Header>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={() => (opened ? setMenu(undefined, "closes") : setMenu("open", "opens"))}
              hiddenFrom="sm"
              size="sm"
              aria-label="Menu"
            />
            <Anchor component={Link} to="/" underline="never" c="inherit" aria-label="Pilothouse, now">
              <Group gap={8} wrap="nowrap">
                <img src="/mark.svg" width={22} height={22} alt="" />
                <Text fw={650} visibleFrom="xs">
                  Pilothouse
                </Text>
              </Group>
            </Anchor>
          </Group>
          <Group gap={4} wrap="nowrap">
            <Tooltip label="Find anything (Ctrl K)">
              <ActionIcon onClick={() => openPalette("", "opens")} aria-label="Find anything">
                <IconSearch size={18} />
              </ActionIcon>
            </Tooltip>
            <Scheme />
            <Whoever />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar py="xs" aria-label="Places">
        {PLACES.map(({ to, title, icon: Icon }) => (
          <NavLink
            key={to}
            renderRoot={(props) => <Link to={to} replace={opened} {...props} />}
            label={title}
            leftSection={<Icon size={17} stroke={1.7} />}
            active={to === "/" ? path === "/" : path.startsWith(to)}
            aria-current={(to === "/" ? path === "/" : path.startsWith(to)) ? "page" : undefined}
            py={6}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <LostNotice />
        <Box maw={1680} mx="auto">
          <Outlet />
        </Box>
      </AppShell.Main>
      <Palette />
    </AppShell>
  );
}

/** The first that Tab finds: it is seen while it has the focus. */
function Skip() {
  const skip = (event: MouseEvent) => {
    // Not by the address: behind # it holds what is chosen in a list.
    event.preventDefault();
    document.getElementById("main")?.focus();
  };
  return (
    <Anchor href="#main" className="skip" onClick={skip}>
      Skip to the page
    </Anchor>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme("light");
  const other = shown === "light" ? "dark" : "light";
  return (
    <Tooltip label={`Show it ${other}`}>
      <ActionIcon onClick={() => setColorScheme(other)} aria-label={`Show it ${other}`}>
        {shown === "light" ? <IconMoon size={18} /> : <IconSun size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}
