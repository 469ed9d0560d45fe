import { queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { inParts } from "~/parts/listed";

export type PayloadState = Model<"PayloadState">;
export type DeliveryState = Model<"DeliveryState">;

// What waits for its next attempt is told by no event.
export const WAITING_MS = 15_000;

export const webhooks = (boardId: string) =>
  inParts(["webhooks", boardId, "in"], (query, signal) =>
    answered(api.GET("/api/v1/boards/{board_id}/webhooks", { params: { path: { board_id: boardId }, query }, signal })),
  );

export const payloads = (boardId: string, webhookId: string, state?: PayloadState) =>
  inParts(["webhooks", boardId, "in", webhookId, state ?? ""], (part, signal) =>
    answered(
      api.GET("/api/v1/boards/{board_id}/webhooks/{webhook_id}/payloads", {
        params: { path: { board_id: boardId, webhook_id: webhookId }, query: { state, ...part } },
        signal,
      }),
    ),
  );

export const payload = (boardId: string, webhookId: string, payloadId: string) =>
  queryOptions({
    queryKey: ["webhooks", boardId, "in", webhookId, "one", payloadId],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/webhooks/{webhook_id}/payloads/{payload_id}", {
          params: { path: { board_id: boardId, webhook_id: webhookId, payload_id: payloadId } },
          signal,
        }),
      ),
  });

export const subscriptions = (boardId: string) =>
  inParts(["webhooks", boardId, "out"], (query, signal) =>
    answered(
      api.GET("/api/v1/boards/{board_id}/subscriptions", { params: { path: { board_id: boardId }, query }, signal }),
    ),
  );

export const deliveries = (boardId: string, subscriptionId: string, state?: DeliveryState) =>
  inParts(["webhooks", boardId, "out", subscriptionId, state ?? ""], (part, signal) =>
    answered(
      api.GET("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/deliveries", {
        params: { path: { board_id: boardId, subscription_id: subscriptionId }, query: { state, ...part } },
        signal,
      }),
    ),
  );

export const delivery = (boardId: string, subscriptionId: string, deliveryId: string) =>
  queryOptions({
    queryKey: ["webhooks", boardId, "out", subscriptionId, "one", deliveryId],
    refetchInterval: WAITING_MS,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/deliveries/{delivery_id}", {
          params: { path: { board_id: boardId, subscription_id: subscriptionId, delivery_id: deliveryId } },
          signal,
        }),
      ),
  });
