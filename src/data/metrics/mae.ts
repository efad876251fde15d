/** Mean absolute error. */
import { regression } from './squared.ts';

export const mae = regression(
  { name: 'mae', summary: 'mean distance from the labels', automatic: true },
  ({ magnitudes, count }) => magnitudes / count,
);
