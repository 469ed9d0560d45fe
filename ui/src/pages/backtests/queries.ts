import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, api, type Model } from "~/api/client";

export type Backtest = Model<"Backtest">;
/** A moment in nanoseconds and a value; the client knows no pairs. */
export type Point = (number | null)[];
export type Firing = Omit<Model<"BacktestFiring">, "curve"> & { curve?: Point[] };
export type Result = Omit<Model<"BacktestResult">, "firings"> & { firings: Firing[] };

export const PAGE = 50;

export const backtestsQuery = (offset: number) =>
  queryOptions({
    queryKey: ["backtests", "list", offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/backtests", { params: { query: { limit: PAGE, offset } }, signal })),
  });

export const backtestQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtests", "one", id],
    queryFn: ({ signal }) =>
      answered(api.GET("/api/v1/backtests/{backtest_id}", { params: { path: { backtest_id: id } }, signal })),
  });

export const resultsQuery = (id: string, isFiredOnly: boolean, offset: number) =>
  queryOptions({
    queryKey: ["backtests", "results", id, isFiredOnly, offset],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => {
      const params = { path: { backtest_id: id }, query: { fired_only: isFiredOnly, limit: PAGE, offset } };
      return answered(api.GET("/api/v1/backtests/{backtest_id}/results", { params, signal }));
    },
  });
