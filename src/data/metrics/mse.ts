/** Mean squared error. */
import { regression } from './squared.ts';

export const mse = regression(
  { name: 'mse', summary: 'mean squared difference from the labels', automatic: true },
  ({ squares, count }) => squares / count,
);
