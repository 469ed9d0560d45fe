#!/bin/sh
# An agent in plain curl: it takes one task from the inbox of its board to done. A person approves in between.
# It needs HUB (such as http://localhost:8000), AGENT_NAME, BOARD and AGENT_TOKEN, which registering it has shown.
set -eu

ask() {  # ask METHOD PATH [JSON]: the answer, or the error on standard error
  answer=$(curl -sS -X "$1" "$HUB/api/v1/agent/$2" -H "X-Agent-Token: $AGENT_TOKEN" \
    -H 'Content-Type: application/json' ${3:+-d "$3"} -w '\n%{http_code}')
  status=${answer##*
}
  body=${answer%
*}
  case $status in
    2*) printf '%s\n' "$body" ;;
    *) printf '%s %s: %s %s\n' "$1" "$2" "$status" "$body" >&2; return 1 ;;
  esac
}

first() {  # first FIELD: its first value in the JSON on standard input
  grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4
}

heartbeat() {
  ask POST heartbeat "{\"name\":\"$AGENT_NAME\",\"board_id\":\"$BOARD\",\"status\":\"$1\"}" >/dev/null
}

heartbeat online
echo "$AGENT_NAME is online"

TASK=$(ask GET "boards/$BOARD/tasks?status=inbox&limit=10" | first id)
ask POST "boards/$BOARD/tasks/$TASK/claim" >/dev/null
echo "claimed $TASK"

ask POST "boards/$BOARD/tasks/$TASK/comments" '{"body":"The door sensor is off; the last run stopped in front of it."}' >/dev/null
ask POST "boards/$BOARD/memory" '{"content":"Door 3 needs its sensor cleaned every Monday.","tags":["door-3"]}' >/dev/null
ask PATCH "boards/$BOARD/tasks/$TASK" '{"status":"review"}' >/dev/null
echo "sent $TASK to review"

APPROVAL=$(ask POST "boards/$BOARD/approvals" "{\"action_type\":\"task.done\",\"task_ids\":[\"$TASK\"],
  \"reason\":\"The sensor is cleaned and the run passes.\",\"confidence\":90}" | first id)
echo "asked for $APPROVAL"

# Only a person decides. Heartbeats keep the task ours meanwhile.
tries=0
until [ "$(ask GET "boards/$BOARD/approvals/$APPROVAL" | first status)" != pending ]; do
  tries=$((tries + 1))
  [ "$tries" -lt "${TRIES:-3600}" ] || { echo "nobody has decided" >&2; exit 1; }
  heartbeat waiting
  sleep "${PAUSE:-5}"
done

INBOX=$(ask GET inbox)
printf '%s\n' "$INBOX" | grep -q '"reason":"approval_decided"'
CURSOR=$(printf '%s\n' "$INBOX" | grep -o '"next_cursor":[0-9]*' | cut -d : -f 2)
ask POST inbox/ack "{\"cursor\":$CURSOR}" >/dev/null

DONE=$(ask PATCH "boards/$BOARD/tasks/$TASK" '{"status":"done"}')
printf '%s\n' "$DONE" | first status
heartbeat idle
