import {
  Alert,
  Box,
  Button,
  Code,
  Group,
  Paper,
  PasswordInput,
  SegmentedControl,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { answered, api, asProblem, type Model } from "~/api/client";
import { useUrl } from "~/parts/use-url";
import { safeNext } from "./safe-next";

export type LoginSearch = {
  code?: string;
  next?: string;
  /** With what; a token unless told. */
  by?: "password";
};

/** Signs this browser in, by a link's code, a token or the hub's password. */
export function LoginPage({ code, next, by }: LoginSearch) {
  useDocumentTitle("Sign in · Pilothouse");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const url = useUrl();
  const [secret, setSecret] = useState("");
  const signIn = useMutation({
    mutationFn: (what: Model<"SignIn">) => answered(api.POST("/api/v1/auth/session", { body: what })),
    onSuccess: async () => {
      queries.clear();
      await navigate({ href: safeNext(next), replace: true });
    },
  });
  const used = useRef(false);
  const { mutate } = signIn;
  useEffect(() => {
    if (code === undefined || used.current) return;
    used.current = true;
    // A code must stay neither in the history nor in a referrer.
    void navigate({ to: "/login", search: next === undefined ? {} : { next }, replace: true });
    mutate({ code });
  }, [code, next, mutate, navigate]);

  const problem = signIn.isError ? asProblem(signIn.error) : null;
  return (
    <Box component="main" mih="100vh" px="md" style={{ display: "grid", placeItems: "center" }}>
      <Paper withBorder p="lg" w="100%" maw={400}>
        <Group gap="sm" mb="md">
          <img src="/mark.svg" width={28} height={28} alt="" />
          <Title order={1}>Sign in to Pilothouse</Title>
        </Group>
        {problem === null ? null : (
          <Alert color="red" mb="md" role="alert">
            {problem.status === 401 && signIn.variables?.code !== undefined
              ? "This link was used before, or is too old."
              : problem.detail}
          </Alert>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            mutate(by === undefined ? { token: secret } : { password: secret });
          }}
        >
          <Stack gap="sm">
            <SegmentedControl
              aria-label="Sign in with"
              value={by ?? "token"}
              onChange={(value) => url({ by: value === "password" ? value : undefined })}
              data={[
                { value: "token", label: "A token of mine" },
                { value: "password", label: "The hub's password" },
              ]}
            />
            <PasswordInput
              label={by === undefined ? "Token" : "Password"}
              size="sm"
              required
              withAsterisk={false}
              value={secret}
              autoComplete="current-password"
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
            <Button type="submit" size="sm" loading={signIn.isPending}>
              Sign in
            </Button>
            <Text size="xs" c="dimmed">
              On the hub's machine <Code>pilothouse hub login-link --data DIR --url {window.location.origin}</Code>{" "}
              prints a link that signs in once.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Box>
  );
}
