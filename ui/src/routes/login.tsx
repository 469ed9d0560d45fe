import { createFileRoute } from "@tanstack/react-router";
import { text } from "~/app/search";
import { LoginPage } from "~/pages/login/login-page";

export const Route = createFileRoute("/login")({
  validateSearch: (search): { code?: string; next?: string } => ({ code: text(search.code), next: text(search.next) }),
  component: function Login() {
    return <LoginPage {...Route.useSearch()} />;
  },
});
