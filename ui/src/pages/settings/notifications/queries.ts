import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";
import { inParts, MOST } from "~/parts/listed";

export type Destination = Model<"Destination">;
export type Delivery = Model<"Delivery">;

export const DELIVERY_STATES = ["waiting", "delivered", "dead"] as const;

export type NotificationsSearch = {
  /** The destination that is changed; empty for a new one. */
  edit?: string;
  destination?: string;
  state?: (typeof DELIVERY_STATES)[number];
  delivery?: string;
  offset?: number;
};

export const destinationsQuery = inParts(
  ["notifications", "destinations"],
  (query, signal) => answered(api.GET("/api/v1/notifications/destinations", { params: { query }, signal })),
  MOST,
);

export const deliveriesQuery = ({ destination, state, offset }: NotificationsSearch) =>
  queryOptions({
    queryKey: ["notifications", "deliveries", destination, state, offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/notifications/deliveries", {
          params: { query: { destination_id: destination, state, limit: 50, offset } },
          signal,
        }),
      ),
  });

export const deliveryQuery = (delivery_id: string) =>
  queryOptions({
    queryKey: ["notifications", "delivery", delivery_id],
    queryFn: ({ signal }) =>
      answered(
        api.GET("/api/v1/notifications/deliveries/{delivery_id}", { params: { path: { delivery_id } }, signal }),
      ),
  });
