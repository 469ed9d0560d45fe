import { Button, Menu } from "@mantine/core";
import { IconUser } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { api } from "~/api/client";
import { useWhoAmI, whoAmI } from "~/api/session";
import { PageButton } from "~/parts/link";

/** Who is signed in here, and the way in and out. */
export function Whoever() {
  const me = useWhoAmI();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const href = useLocation({ select: (location) => location.href });
  if (me === undefined) return null;
  if (me === null) {
    return (
      <PageButton to="/login" search={{ next: href }} variant="light">
        Sign in
      </PageButton>
    );
  }
  const signOut = async () => {
    await api.DELETE("/api/v1/auth/session");
    queries.clear();
    queries.setQueryData(whoAmI.queryKey, null);
    await navigate({ to: "/login", search: {} });
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconUser size={16} />}
          aria-label={`Signed in as ${me.name}`}
        >
          {me.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name}
          {me.role === null ? "" : `, ${me.role}`}
        </Menu.Label>
        <Menu.Item renderRoot={(props) => <Link to="/settings" {...props} />}>Settings</Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
