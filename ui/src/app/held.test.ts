import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/**
 * What components hold beside the URL, file by file and under the exception of ADR 0016 that it is. Whoever adds to it
 * has decided that nobody would want to send it to somebody, or to come back to it; else it belongs into the URL.
 */
const HELD: Record<string, string> = {
  "written, not sent": `
    pages/backtests/new-backtest-page.tsx typed name
    pages/boards/agents/agent-drawer.tsx begun draft
    pages/boards/agents/register-agent.tsx draft
    pages/boards/approvals/ask-approval.tsx reason confidence
    pages/boards/approvals/decide.tsx seen note
    pages/boards/board/moving.tsx comment
    pages/boards/group-form.tsx name description version
    pages/boards/incidents/bring-incident.tsx incidentId
    pages/boards/incidents/rule-form.tsx draft version
    pages/boards/memory/memory-entry.tsx begun content tags
    pages/boards/memory/write-memory.tsx draft
    pages/boards/new-board.tsx draft
    pages/boards/settings/board-settings-page.tsx begun draft
    pages/boards/settings/fields.tsx draft
    pages/boards/settings/tags.tsx name colour version
    pages/boards/task/comments.tsx body
    pages/boards/task/edit-task.tsx begun draft
    pages/boards/task/new-task.tsx draft
    pages/boards/webhooks/subscription-form.tsx name address kinds enabled version
    pages/boards/webhooks/webhook-form.tsx draft version
    pages/fleet/enrol/enrol-page.tsx robotId site tags hours
    pages/fleet/robot/about-panel.tsx name site tags
    pages/incidents/chosen/judge-form.tsx draft
    pages/incidents/judgement-panel.tsx reason typed
    pages/incidents/new-incident.tsx title severity robot description
    pages/incidents/timeline-panel.tsx body
    pages/lab/artifacts/artifacts-tab.tsx globs
    pages/lab/batches/new-batch-page.tsx draft name recordings commits mistakes
    pages/lab/new-session-page.tsx draft mistakes
    pages/lab/session/command-controls.tsx text
    pages/lab/session/commands-tab.tsx line interactive mistake
    pages/lab/session/files-tab.tsx text
    pages/live/boundaries/boundary-editor.tsx base name draft
    pages/player/panels/notes-panel.tsx body
    pages/recordings/chosen/cut-form.tsx seconds topics
    pages/recordings/chosen/delete-form.tsx reason
    pages/recordings/chosen/pin-form.tsx reason
    pages/settings/me-page.tsx name expiry
    pages/settings/notifications/destination-form.tsx kind name url recipients filters
    pages/settings/people/accept-page.tsx name
    pages/settings/people/invites.tsx role access
    pages/settings/people/member-access.tsx changed
    pages/settings/tokens-page.tsx scopes expiry
    parts/use-draft.ts draft
    parts/use-words.ts typed`,
  secret: `
    pages/boards/agents/agents-page.tsx given
    pages/boards/webhooks/incoming-panel.tsx made
    pages/boards/webhooks/outgoing-panel.tsx made
    pages/fleet/enrol/enrol-page.tsx given
    pages/lab/repositories-page.tsx secret value
    pages/login/login-page.tsx secret
    pages/settings/me-page.tsx made
    pages/settings/notifications/notifications-page.tsx secret
    pages/settings/organization-panel.tsx token
    pages/settings/people/accept-page.tsx invite secret
    pages/settings/people/invites.tsx made
    pages/settings/tokens-page.tsx made`,
  "under way, or told by the hub": `
    app/lost-notice.tsx lost
    pages/fleet/enrol/given-code.tsx enrolled wasListed
    pages/incidents/change.ts conflict
    pages/lab/artifacts/artifact-view.tsx url
    pages/lab/log/log-panel.tsx wasRunning
    pages/lab/log/use-log.ts found
    pages/live/estop-button.tsx estop
    pages/live/feed/feed-context.tsx feed
    pages/live/risk/risk-tab.tsx seen
    pages/player/panels/cameras-panel.tsx shown problem
    pages/player/playing.tsx calm
    pages/recordings/chosen/delete-form.tsx outcomes
    pages/recordings/chosen/download-form.tsx isBusy
    pages/recordings/recordings-page.tsx total
    streams/live.tsx streams`,
  "pointed at, or the question before what cannot be taken back": `
    app/finder/finder.tsx chosen
    pages/boards/board/lane.tsx isOver
    pages/boards/task/assignee-select.tsx words
    pages/lab/form/session-fields.tsx words
    pages/player/plots/field-picker.tsx marked
    pages/recordings/recordings-table.tsx current
    pages/recordings/upload/upload-page.tsx isOver
    parts/confirm.tsx opened`,
  "measured of what the URL places": `
    pages/lab/log/log-view.tsx scrollTop
    pages/player/timeline/stack.tsx measures
    pages/recordings/recordings-table.tsx known`,
};

const SOURCE = join(import.meta.dirname, "..");
const HOOKS =
  /const \[\s*(\w+)[^\]=]*\]\s*=\s*use(?:State|Reducer|Disclosure|Toggle|SetState|ListState|Uncontrolled)\b/g;
const ANY_HOOK = /\buse(?:State|Reducer|Disclosure|Toggle|SetState|ListState|Uncontrolled)[(<]/g;
// Parts that would open, choose or keep something by themselves.
const BY_THEMSELVES =
  /<details|component="details"|<Spoiler|defaultOpened|defaultExpanded|use(?:Local|Session)Storage|sessionStorage|<(?:Tabs|Accordion|Pagination|Stepper)(?![.\w])(?!\s+(?:\w+="[^"]*"\s+)*value=)/;

function sources(): [file: string, text: string][] {
  const files = (readdirSync(SOURCE, { recursive: true }) as string[]).filter(
    (file) => /\.tsx?$/.test(file) && !/\.test\.|\.gen\.|^api\/schema/.test(file),
  );
  return files.map((file) => [file, readFileSync(join(SOURCE, file), "utf8")]);
}

test("what the URL does not hold is one of the exceptions, and nothing else is held", () => {
  const found = sources().flatMap(([file, text]) => [...text.matchAll(HOOKS)].map(([, name]) => `${file} ${name}`));
  const told = Object.values(HELD).flatMap((lines) =>
    lines
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [file, ...names] = line.trim().split(" ");
        return names.map((name) => `${file} ${name}`);
      }),
  );
  expect(found.toSorted()).toEqual(told.toSorted());
});

test("no other way to hold something goes unseen", () => {
  for (const [file, text] of sources()) {
    expect([file, text.match(ANY_HOOK)?.length ?? 0]).toEqual([file, [...text.matchAll(HOOKS)].length]);
    expect([file, BY_THEMSELVES.exec(text)?.[0]]).toEqual([file, undefined]);
  }
});
