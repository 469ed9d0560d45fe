import { createFileRoute } from "@tanstack/react-router";
import { UploadPage } from "~/pages/recordings/upload/upload-page";

export const Route = createFileRoute("/recordings/upload")({ component: UploadPage });
