import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answered, api } from "~/api/client";
import { useWhoAmI } from "~/api/session";
import { Failure } from "~/parts/failure";
import { Page } from "~/parts/page";
import { Panel } from "~/parts/panel";
import { SecretOnce } from "../secret-once";

/** Somebody who was invited comes in: as who they are, or as somebody new who is signed in at once. */
export function AcceptPage() {
  const me = useWhoAmI();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [invite, setInvite] = useState(() => decodeURIComponent(window.location.hash.slice(1)));
  const [name, setName] = useState("");
  const [secret, setSecret] = useState<string | null>(null);
  const isNew = me === null || me?.user_id === null;
  const enter = async () => {
    await queries.invalidateQueries();
    await navigate({ to: "/" });
  };
  const accept = useMutation({
    mutationFn: async () => {
      const joined = await answered(
        api.POST("/api/v1/organizations/invites/accept", {
          body: { token: invite.trim(), name: isNew ? name.trim() : undefined },
        }),
      );
      const token = joined.token?.token;
      if (token !== undefined) await answered(api.POST("/api/v1/auth/session", { body: { token } }));
      return token ?? null;
    },
    onSuccess: async (token) => {
      if (token === null) await enter();
      else setSecret(token);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <Page title="Accept an invite">
      <Panel>
        <form onSubmit={submit}>
          <Stack gap="sm" maw={460}>
            <TextInput
              label="Invite"
              required
              value={invite}
              onChange={(event) => setInvite(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
            />
            {isNew ? (
              <TextInput
                label="What you are called"
                required
                maxLength={100}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            ) : (
              <Text size="sm">You join as {me?.name}.</Text>
            )}
            {accept.isError ? <Failure error={accept.error} /> : null}
            <Group>
              <Button type="submit" loading={accept.isPending}>
                Come in
              </Button>
            </Group>
          </Stack>
        </form>
      </Panel>
      <SecretOnce title="Your token" secret={secret} onClose={() => void enter()}>
        <Text size="sm" mt="sm">
          This browser is signed in with it already; another one, or a terminal, will ask for it.
        </Text>
      </SecretOnce>
    </Page>
  );
}
