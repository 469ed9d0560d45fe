import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { after, MOST } from "../model/queries";

export type PayloadState = Model<"PayloadState">;
export type DeliveryState = Model<"DeliveryState">;

const PAGE = 50;
// What waits for its next attempt is told by no event.
const WAITING_MS = 15_000;

export const webhooks = (boardId: string) =>
  queryOptions({
    queryKey: ["webhooks", boardId, "in"],
    refetchInterval: WAITING_MS,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/webhooks", {
          params: { path: { board_id: boardId }, query: { limit: MOST } },
          signal,
        }),
      ),
  });

export const payloads = (boardId: string, webhookId: string, state?: PayloadState) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", boardId, "in", webhookId, state ?? ""],
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/webhooks/{webhook_id}/payloads", {
          params: {
            path: { board_id: boardId, webhook_id: webhookId },
            query: { state, limit: PAGE, offset: pageParam },
          },
          signal,
        }),
      ),
    getNextPageParam: after,
  });

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
  queryOptions({
    queryKey: ["webhooks", boardId, "out"],
    refetchInterval: WAITING_MS,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/subscriptions", {
          params: { path: { board_id: boardId }, query: { limit: MOST } },
          signal,
        }),
      ),
  });

export const deliveries = (boardId: string, subscriptionId: string, state?: DeliveryState) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", boardId, "out", subscriptionId, state ?? ""],
    refetchInterval: WAITING_MS,
    initialPageParam: 0,
    queryFn: ({ signal, pageParam }) =>
      answered(
        api.GET("/api/v1/boards/{board_id}/subscriptions/{subscription_id}/deliveries", {
          params: {
            path: { board_id: boardId, subscription_id: subscriptionId },
            query: { state, limit: PAGE, offset: pageParam },
          },
          signal,
        }),
      ),
    getNextPageParam: after,
  });

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
