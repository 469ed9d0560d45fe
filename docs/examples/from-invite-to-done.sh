#!/bin/sh
# From an invite to a task that is done, in plain curl: a person is invited, opens a board and registers an agent; the
# agent (agent.sh) claims the task, comments, remembers, asks for approval; the person approves; it is done.
# It needs HUB (such as http://localhost:8000) and TOKEN, an owner's.
set -eu

call() {  # call TOKEN METHOD PATH [JSON]: the answer; nothing and a failure when it is refused
  curl -sSf -X "$2" "$HUB/api/v1/$3" ${1:+-H "Authorization: Bearer $1"} \
    -H 'Content-Type: application/json' ${4:+-d "$4"}
}

first() {  # first FIELD: its first value in the JSON on standard input
  grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

INVITE=$(call "$TOKEN" POST organizations/home/invites '{"role":"admin","expires_in_h":1,
  "access":{"all_boards_read":true,"all_boards_write":true}}' | first token)
MARA=$(call "" POST organizations/invites/accept "{\"token\":\"$INVITE\",\"name\":\"Mara\"}" | first token)
echo "Mara is in"

BOARD=$(call "$MARA" POST boards '{"name":"Night shift","require_approval_for_done":true,
  "comment_required_for_review":true}' | first id)
call "$MARA" POST "boards/$BOARD/tasks" '{"title":"Look at door 3"}' >/dev/null
AGENT_NAME=Rob
AGENT_TOKEN=$(call "$MARA" POST agents "{\"name\":\"$AGENT_NAME\",\"board_id\":\"$BOARD\"}" | first token)
export HUB BOARD AGENT_NAME AGENT_TOKEN
echo "$AGENT_NAME is registered"

sh "$(dirname "$0")/agent.sh" &
ROB=$!

# Approvals are for people: Mara reads what Rob asks for, and approves exactly what she has read.
tries=0
until PENDING=$(call "$MARA" GET "boards/$BOARD/approvals?status=pending") && APPROVAL=$(printf '%s' "$PENDING" | first id) &&
  [ -n "$APPROVAL" ]; do
  kill -0 "$ROB" && tries=$((tries + 1)) && [ "$tries" -lt "${TRIES:-3600}" ]
  sleep "${PAUSE:-5}"
done
DIGEST=$(printf '%s' "$PENDING" | first digest)
call "$MARA" PATCH "boards/$BOARD/approvals/$APPROVAL" \
  "{\"status\":\"approved\",\"note\":\"Seen it.\",\"digest\":\"$DIGEST\"}" >/dev/null
echo "Mara approved"
wait "$ROB"
call "$MARA" GET "boards/$BOARD/tasks" | first status
