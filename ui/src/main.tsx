import "@mantine/core/styles.css";
import "./app/page.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { closeOneAtATime } from "./app/escape";
import { Notices } from "./app/notices";
import { createQueries } from "./app/queries";
import { createPages } from "./app/router";
import { readable, theme } from "./app/theme";
import { LiveStreams } from "./streams/live";

const queries = createQueries();
const pages = createPages(queries);
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

closeOneAtATime();
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={readable} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <LiveStreams>
          <Notices />
          <RouterProvider router={pages} />
        </LiveStreams>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
