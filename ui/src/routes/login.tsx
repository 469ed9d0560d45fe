import { createFileRoute } from "@tanstack/react-router";
import { oneOf, text } from "~/app/search";
import { LoginPage, type LoginSearch } from "~/pages/login/login-page";

export const Route = createFileRoute("/login")({
  validateSearch: (search): LoginSearch => ({
    code: text(search.code),
    next: text(search.next),
    by: oneOf(search.by, ["password"]),
  }),
  component: function Login() {
    return <LoginPage {...Route.useSearch()} />;
  },
});
